import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { paymentOf } from '../support/payments.ts'
import { BASE } from '../support/server.ts'
import { startTokenServer, type TokenServer } from './token-server.ts'

/** Free refusals. */
const FREE = 100

let server: TokenServer
let second: TokenServer

beforeAll(async () => {
  server = await startTokenServer()
  second = await server.another()
  const partnerId = await addPartner(server.database, TENANT, 'P-1')
  await addApiKey(server.database, { tenantId: TENANT, key: 'of-partner', partnerId })
})
afterAll(async () => {
  await second.close()
  await server.close()
})

async function ask(token: string, path: string, payload: object, on = server) {
  const url = path.startsWith('/') ? path : `${BASE}/${path}`
  const answer = await on.app.inject({ method: 'POST', url, headers: { token }, payload })
  return { status: answer.statusCode, wait: answer.headers['retry-after'], body: answer.json() }
}

const rows = async (resourceId?: string) =>
  (
    await server.database.run(sql`SELECT "actor_name", "after"->>'reason' FROM "audit" WHERE "action" = 'refuse'
      AND (${resourceId ?? null}::text IS NULL OR "resource_id" = ${resourceId}) ORDER BY "id"`)
  ).rows

test('a refusal because of a name is in the audit, and too many of them make one wait', async () => {
  const wrong = { id: 'A-1', name: 'Account', customerId: 'nobody' }
  const first = await ask('of-partner', 'accounts', wrong)
  const reason = '$.customerId names no customer of this service'
  expect(await rows(first.body.requestId)).toEqual([['of-partner', reason]])
  for (let at = 1; at < FREE; at++) await ask('of-partner', 'accounts', wrong)
  expect((await ask('of-partner', 'accounts', wrong)).status).toBe(400)
  expect(await ask('of-partner', 'accounts', wrong)).toMatchObject({ status: 429, wait: '1' })
  const mirrored = `/tmf-api${BASE}/accounts`
  expect((await ask('of-partner', mirrored, wrong)).status).toBe(429)
  expect((await ask('of-partner', 'customers', { name: 'x' })).status).toBe(201)
  expect((await ask('demo-api-key', 'accounts', wrong)).status).toBe(400)
  expect(await rows()).toHaveLength(FREE + 2)
  server.pass(1)
  expect((await ask('of-partner', 'accounts', wrong)).status).toBe(400)
  expect((await ask('of-partner', 'accounts', wrong)).wait).toBe('2')
  expect((await ask('of-partner', 'accounts', wrong, second)).status).toBe(400)
  expect(await ask('of-partner', 'accounts', wrong, second)).toMatchObject({ status: 429, wait: '4' })
})

test.each<[string, string, object, object?]>([
  ['a customer', 'customers', { id: 'C-1', name: 'x' }, { id: 'C-1', name: 'x' }],
  [
    'a rate',
    'appliedCustomerBillingRate',
    { externalId: 'x', billingAccount: { id: 'y' } },
    { externalId: 'x', billingAccount: { id: 'y' } }
  ],
  ['an account that is paid', '/billing/v1/payment', paymentOf('nobody', 1)],
  [
    'a client',
    '/admin/v1/client',
    { clientId: 'x', grantTypes: ['password'], scope: ['trust'] },
    { clientId: 'x', grantTypes: ['password'], scope: ['trust'] }
  ],
  ['a user', '/admin/v1/user', { username: 'x', scope: ['trust'] }, { username: 'x', scope: ['trust'] }],
  ['a partner', '/admin/v1/partner', { accountNumber: 'x' }, { accountNumber: 'x' }]
])('that of the name of %s is', async (_, path, refused, before) => {
  if (before) expect((await ask('demo-api-key', path, before)).status).toBe(201)
  const { status, body } = await ask('demo-api-key', path, refused)
  expect([400, 409]).toContain(status)
  expect(await rows(body.requestId)).toEqual([['demo-api-key', body.message]])
})

test('that of the name of a partner as whom somebody wants to act is', async () => {
  const headers = { token: 'demo-api-key', proxy_accountNumber: 'P-9' }
  const probe = async () => server.app.inject({ url: `${BASE}/customerBill`, headers })
  const { requestId, message } = parsed((await probe()).body)
  expect(await rows(requestId)).toEqual([['demo-api-key', message]])
  for (let at = 0; at < FREE; at++) await probe()
  expect((await probe()).statusCode).toBe(429)
  const known = await server.app.inject({
    url: `${BASE}/customerBill`,
    headers: { ...headers, proxy_accountNumber: 'P-1' }
  })
  expect(known.statusCode).toBe(429)
})

test('that of anything else is not', async () => {
  const { status, body } = await ask('demo-api-key', 'customers', { id: 'C-3' })
  expect([status, await rows(body.requestId)]).toEqual([400, []])
})
