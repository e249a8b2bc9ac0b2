import { afterAll, beforeAll, expect, test } from 'vitest'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { ADMIN, ADMIN_SAMPLES, add } from './administration.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const partnerId = await addPartner(server.database, TENANT, 'P-ACCESS')
  await addApiKey(server.database, { tenantId: TENANT, key: 'partner-key', partnerId })
  await addApiKey(server.database, { tenantId: TENANT, key: 'bills-key', scopes: ['bill:read', 'partner'] })
  await addApiKey(server.database, { tenantId: TENANT, key: 'admin-key', scopes: ['admin'] })
})
afterAll(() => server.close())

const resources = [...Object.keys(ADMIN_SAMPLES), 'tenant'].flatMap((path) => [
  ['GET', path],
  ['POST', path],
  ['GET', `${path}/x`],
  ['PATCH', `${path}/x`],
  ...(path === 'tenant' ? [] : [['DELETE', `${path}/x`]])
])
const others = ['apiKey/x/rotate', 'client/x/rotate', 'user/x/password'].map((path) => ['POST', path])
const routes = [...resources, ...others, ['GET', 'audit'], ['GET', 'audit/x']] as ['GET' | 'POST' | 'PATCH', string][]

test.each(routes)('%s %s is for the provider with the scope admin, and not for proxies', async (method, path) => {
  const ask = (headers: Record<string, string>) => server.call(method, `${ADMIN}/${path}`, undefined, headers)
  const partner = await ask({ token: 'partner-key' })
  expect([partner.status, partner.body.message]).toEqual([403, 'This is for the provider, not for partners'])
  for (const header of ['proxy_accountNumber', 'proxy-accountNumber']) {
    const proxy = await ask({ [header]: 'P-ACCESS' })
    expect([proxy.status, proxy.body.message]).toEqual([403, 'proxy_accountNumber is not supported here'])
  }
  const bills = await ask({ token: 'bills-key' })
  expect([bills.status, bills.body.message]).toEqual([403, 'This needs the scope admin'])
  expect((await ask({ token: 'unknown' })).status).toBe(401)
})

test('The administration is open to the scope admin, whose answers nobody may keep', async () => {
  const { id } = await add(server, 'apiKey')
  const reply = await server.call('GET', `${ADMIN}/apiKey/${id}`, undefined, { token: 'admin-key' })
  expect(reply.status).toBe(200)
  expect(reply.headers['cache-control']).toBe('no-store')
  expect((await server.call('GET', 'customerBill', undefined, { token: 'admin-key' })).status).toBe(403)
})
