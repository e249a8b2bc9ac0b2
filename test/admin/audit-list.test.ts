import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sealAudit } from '../../src/audit/seal.ts'
import type { Answer } from '../support/answer.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { post } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { ADMIN, add } from './administration.ts'

const AUDIT = `${ADMIN}/audit`

let server: TestServer
let bill: { id: string }
let user: { id: string }
beforeAll(async () => {
  server = await startTestServer()
  await add(server, 'partner', { accountNumber: 'P-1' })
  bill = await post(server, 'customerBill')
  const proxy = { proxy_accountNumber: 'P-1', 'x-request-id': 'audited-request' }
  await server.call('POST', 'billCycle', { name: 'March' }, proxy)
  user = await add(server, 'user', { scope: ['bill:read'] })
  await server.call('PATCH', `${ADMIN}/user/${user.id}`, { scope: ['trust'] })
  await server.call('POST', 'billCycle', { name: 'April' }, { token: 'other-key' })
})
afterAll(() => server.close())

async function list(query: string): Promise<readonly Answer[]> {
  const { status, body, text } = await server.call('GET', `${AUDIT}?${query}`)
  if (status >= 300) throw new Error(text)
  return body
}

test('The audit says who did what, when, from where and on whose behalf', async () => {
  const [entry] = await list('resourceType=BillCycle')
  const { body } = await server.call('GET', `${AUDIT}/${entry?.id}`)
  expect(body).toEqual(entry)
  expect(entry).toEqual({
    id: expect.any(String),
    href: `http://localhost:80${AUDIT}/${entry?.id}`,
    recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    actorType: 'apiKey',
    actorId: expect.any(String),
    actorName: KEYS[TENANT],
    onBehalfOf: 'P-1',
    address: '127.0.0.1',
    requestId: 'audited-request',
    action: 'create',
    resourceType: 'BillCycle',
    resourceId: expect.any(String),
    after: { name: 'March' }
  })
})

test('A patch shows what changed, before and after', async () => {
  expect(await list('action=patch')).toEqual([
    expect.objectContaining({ resourceId: user.id, before: { scope: ['bill:read'] }, after: { scope: ['trust'] } })
  ])
})

describe('The audit is filtered', () => {
  test.each<[string, readonly string[]]>([
    ['resourceType=Partner', ['create Partner']],
    ['resourceType=User&action=create', ['create User']],
    ['onBehalfOf=P-1', ['create BillCycle']],
    ['requestId=audited-request', ['create BillCycle']],
    ['action=patch,remove', ['patch User']],
    ['actorName=other-key', []],
    ['recordedAt.lt=2020-01-01', []],
    ['recordedAt.gte=2020-01-01&resourceType=CustomerBill', ['create CustomerBill']],
    ["filter=$[?(@.resourceType=='User' %26%26 @.action=='patch')]", ['patch User']],
    ['sort=-id&limit=2', ['patch User', 'create User']]
  ])('by %s', async (query, found) => {
    const entries = await list(query)
    expect(entries.map(({ action, resourceType }) => `${action} ${resourceType}`)).toEqual(found)
  })

  test('by the resource and the actor', async () => {
    const [entry] = await list(`resourceId=${bill.id}`)
    expect(entry?.resourceType).toBe('CustomerBill')
    expect(await list(`actorId=${entry?.actorId}`)).toHaveLength(5)
  })
})

test('The audit is paged, by cursor too', async () => {
  const first = await server.call('GET', `${AUDIT}?limit=3`)
  expect([first.status, first.body.length, first.headers['x-total-count']]).toEqual([206, 3, '5'])
  const next = /<([^>]+)>; rel="next"/.exec(String(first.headers.link))?.[1] ?? ''
  const second = await server.call('GET', next.slice('http://localhost:80'.length))
  const whole = await list('limit=10')
  expect([...first.body, ...second.body]).toEqual(whole)
  expect(await list('limit=1&fields=action')).toEqual([{ id: whole[0]?.id, href: whole[0]?.href, action: 'create' }])
})

test('A sealed entry has its position and hash', async () => {
  await sealAudit(server.database)
  const [entry, ...others] = await list('position=2')
  expect(others).toEqual([])
  expect(entry).toMatchObject({ position: 2, hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect((await list('position.gt=2&sort=-position')).map(({ position }) => position)).toEqual([5, 4, 3])
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('Nobody may %s an entry', async (method) => {
  const [entry] = await list('limit=1')
  const path = method === 'POST' ? AUDIT : `${AUDIT}/${entry?.id}`
  const { status, headers } = await server.call(method, path, method === 'DELETE' ? undefined : { action: 'x' })
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
})
