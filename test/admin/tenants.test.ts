import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTenant } from '../../src/admin/tenant-creation.ts'
import { encodePassword } from '../../src/auth/sign-in/password.ts'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addTenant } from '../support/database.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { ADMIN, add, bearer, requestToken } from './administration.ts'

const TENANTS = `${ADMIN}/tenant`
const OPERATOR = { token: 'operator-key' }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await addTenant(server.database, 'operator', true)
  await addApiKey(server.database, { tenantId: 'operator', key: OPERATOR.token, scopes: ['admin'] })
})
afterAll(() => server.close())

const ids = ({ body }: { body: readonly { id: string }[] }) => body.map(({ id }) => id)

describe('The administrator of a tenant', () => {
  test('sees that tenant and no other', async () => {
    const list = await server.call('GET', TENANTS)
    const href = `http://localhost:80${TENANTS}/demo`
    expect(list.body).toEqual([
      {
        ...{ id: 'demo', href, name: 'demo', isOperator: false, timeZone: 'UTC', currency: 'EUR', language: 'en' },
        billNumberPattern: 'INV-{yyyy}-{000001}',
        creditNoteNumberPattern: 'CRN-{yyyy}-{000001}',
        correctionReasons: ['wrongAmount', 'wrongCustomer', 'notDelivered', 'goodwill', 'other'],
        disputeReasons: ['wrongAmount', 'unknownCharge', 'notDelivered', 'alreadyPaid', 'other'],
        unknownAccounts: 'accept',
        releaseRequires: [],
        callChargeTypes: ['usageCharge'],
        createdAt: expect.any(String)
      }
    ])
    expect(list.headers['x-total-count']).toBe('1')
    expect((await server.call('GET', `${TENANTS}/demo`)).body).toEqual(list.body[0])
    const [foreign, none] = [
      await server.call('GET', `${TENANTS}/other`),
      await server.call('GET', `${TENANTS}/nobody`)
    ]
    expect(foreign.status).toBe(404)
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...none.body, requestId: '' })
  })

  test('gives it a name, and none to others', async () => {
    const renamed = await server.call('PATCH', `${TENANTS}/demo`, { name: 'Demo Ltd' })
    expect([renamed.status, renamed.body.name]).toEqual([200, 'Demo Ltd'])
    expect((await server.call('PATCH', `${TENANTS}/demo`, { name: 'Demo Ltd' })).body).toEqual(renamed.body)
    expect((await server.call('PATCH', `${TENANTS}/other`, { name: 'Mine' })).status).toBe(404)
    expect((await server.call('GET', TENANTS, undefined, { token: 'other-key' })).body[0].name).toBe('other')
    const { body } = await server.call('GET', `${ADMIN}/audit?resourceType=Tenant`)
    expect(body).toHaveLength(1)
    expect(body[0]).toMatchObject({ action: 'patch' as const, before: { name: 'demo' }, after: { name: 'Demo Ltd' } })
  })

  test('creates none', async () => {
    const { status, body } = await server.call('POST', TENANTS, { id: 'mine', name: 'Mine' })
    expect([status, body.message]).toEqual([403, 'Only the tenant that operates this service creates tenants'])
  })
})

describe('The administrator of the operator', () => {
  test('sees all tenants, page by page', async () => {
    expect(ids(await server.call('GET', TENANTS, undefined, OPERATOR))).toEqual(['demo', 'operator', 'other'])
    const page = await server.call('GET', `${TENANTS}?offset=1&limit=1`, undefined, OPERATOR)
    expect([page.status, ids(page), page.headers['x-total-count']]).toEqual([206, ['operator'], '3'])
    expect((await server.call('GET', `${TENANTS}?name=demo`, undefined, OPERATOR)).status).toBe(400)
  })

  test('renames another tenant, which both audits tell', async () => {
    expect((await server.call('PATCH', `${TENANTS}/other`, { name: 'Renamed' }, OPERATOR)).status).toBe(200)
    for (const headers of [OPERATOR, { token: 'other-key' }]) {
      const { body } = await server.call('GET', `${ADMIN}/audit?resourceId=other`, undefined, headers)
      expect(body).toHaveLength(1)
      expect(body[0]).toMatchObject({ actorName: OPERATOR.token, after: { name: 'Renamed' } })
    }
  })

  test('creates a tenant, whose administrator signs in with what the answer shows', async () => {
    const created = await server.call('POST', TENANTS, { id: 'fresh.1', name: 'Fresh' }, OPERATOR)
    expect(created.status).toBe(201)
    expect(created.headers.location).toBe(`http://localhost:80${TENANTS}/fresh.1`)
    const { client, user, ...tenant } = created.body
    expect((await server.call('GET', `${TENANTS}/fresh.1`, undefined, OPERATOR)).body).toEqual(tenant)
    expect(tenant).toMatchObject({ name: 'Fresh', isOperator: false })
    expect([client.clientId, user.username]).toEqual(['fresh.1', 'admin'])

    const token = await requestToken(server, {
      grant_type: 'password',
      client_id: client.clientId,
      client_secret: client.secret,
      username: user.username,
      password: encodePassword(user.password)
    })
    expect(token.status).toBe(200)
    const own = bearer(token)
    expect((await server.call('GET', `${BASE}/customerBill`, undefined, own)).body).toEqual([])
    expect(ids(await server.call('GET', TENANTS, undefined, own))).toEqual(['fresh.1'])

    const audits = await Promise.all(
      [own, OPERATOR].map((headers) => server.call('GET', `${ADMIN}/audit?sort=id`, undefined, headers))
    )
    const types = audits.map(({ body }) => body.map((entry: { resourceType: string }) => entry.resourceType))
    expect(types).toEqual([['Tenant', 'Client', 'User'], expect.arrayContaining(['Tenant'])])
    expect(types[1]).not.toContain('User')
    for (const { text } of audits) {
      expect(text).not.toContain(client.secret)
      expect(text).not.toContain(user.password)
    }
  })

  test.each<[object, number, string]>([
    [{ id: 'other', name: 'Again' }, 409, 'There is a tenant with this id already'],
    [{ id: 'a/b', name: 'x' }, 400, '$.id must match'],
    [{ id: '..', name: 'x' }, 400, '$.id must match'],
    [{ id: 'x'.repeat(65), name: 'x' }, 400, '$.id must match'],
    [{ id: 1, name: 'x' }, 400, '$.id must match'],
    [{ name: 'x' }, 400, '$.id is required'],
    [{ id: 'x', name: ' ' }, 400, '$.name must be a line'],
    [{ id: 'x', name: 'x'.repeat(257) }, 400, '$.name must be a line'],
    [{ id: 'x', name: 'two\nlines' }, 400, '$.name must be a line'],
    [{ id: 'x' }, 400, '$.name is required'],
    [{ id: 'x', name: 'x', isOperator: true }, 400, '$.isOperator is nothing that can be set here'],
    [['x'], 400, 'The body must be a JSON object']
  ])('creates none from %j', async (body, status, message) => {
    const reply = await server.call('POST', TENANTS, body, OPERATOR)
    expect(reply.status).toBe(status)
    expect(reply.body.message).toContain(message)
  })

  test('creates one whose name another tenant has given to a client of its own', async () => {
    await add(server, 'client', { clientId: 'taken' })
    const { status, body } = await server.call('POST', TENANTS, { id: 'taken', name: 'Taken' }, OPERATOR)
    expect([status, body.client.clientId]).toEqual([201, 'taken'])
  })
})

test.each([[{}], [{ name: '' }], [{ name: null }], [{ id: 'x', name: 'x' }], [{ name: 'x', isOperator: true }]])(
  'A tenant takes no patch %j',
  async (patch) => {
    expect((await server.call('PATCH', `${TENANTS}/demo`, patch)).status).toBe(400)
  }
)

test('A command, which has no tenant, creates an operator; the audit of that tenant says who', async () => {
  const author = { tenantId: 'operator2', actor: { type: 'command' as const, id: 'cli', name: 'root' } }
  const context = { clock: systemClock, newId, author }
  const made = await createTenant(server.database, context, { id: 'operator2', name: 'Two', isOperator: true })
  expect(made.tenant.isOperator).toBe(true)
  const { rows } = await server.database.run(
    sql`SELECT "resource_type", "actor_name" FROM "audit" WHERE "tenant_id" = 'operator2' ORDER BY "id"`
  )
  expect(rows).toEqual([
    ['Tenant', 'root'],
    ['Client', 'root'],
    ['User', 'root']
  ])
})
