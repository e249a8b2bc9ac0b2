import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, KEYS, OTHER_TENANT, TENANT } from '../support/database.ts'
import { PATHS, SAMPLES } from '../support/samples.ts'
import { BASE, type Reply, startTestServer, type TestServer } from '../support/server.ts'

const PARTNER_1 = { proxy_accountNumber: 'P-1' }
let server: TestServer
let partnerId: string

beforeAll(async () => {
  server = await startTestServer()
  const { database } = server
  partnerId = await addPartner(database, TENANT, 'P-1')
  await addPartner(database, TENANT, 'P-2')
  await addPartner(database, OTHER_TENANT, 'P-9')
  await addApiKey(database, { tenantId: TENANT, key: 'own', partnerId })
  await addApiKey(database, { tenantId: TENANT, key: 'no-partner-scope', scopes: ['bill:read', 'bill:write'] })
  await addApiKey(database, { tenantId: TENANT, key: 'partner-scope', scopes: ['bill:read', 'partner'] })
  await addApiKey(database, { tenantId: TENANT, key: 'no-bill-scope', scopes: ['partner', 'admin'] })
})
afterAll(() => server.close())

describe('proxy_accountNumber', () => {
  const NONE = 'proxy_accountNumber names no partner of this provider'
  const FOR_PROVIDERS = 'proxy_accountNumber is for the provider; a partner acts as itself'
  const DIFFERENT = 'proxy_accountNumber and proxy-accountNumber name different partners; send one of them'
  test.each<[string, Record<string, string>, number, string]>([
    ['an unknown partner', { proxy_accountNumber: 'P-3' }, 403, NONE],
    ['a partner of another tenant', { proxy_accountNumber: 'P-9' }, 403, NONE],
    ['nobody', { proxy_accountNumber: '' }, 403, NONE],
    ['nobody in the other spelling', { 'proxy-accountNumber': '' }, 403, NONE],
    ['the id of a partner', { proxy_accountNumber: 'id' }, 403, NONE],
    ['another case', { proxy_accountNumber: 'p-1' }, 403, NONE],
    ['a list', { proxy_accountNumber: 'P-1, P-2' }, 403, NONE],
    ['SQL', { proxy_accountNumber: "P-1' OR '1'='1" }, 403, NONE],
    ['what no database stores', { proxy_accountNumber: 'P-1\u00ff' }, 403, NONE],
    ['something long', { proxy_accountNumber: 'P'.repeat(10_000) }, 403, NONE],
    ['the partner itself, sent by the partner', { ...PARTNER_1, token: 'own' }, 403, FOR_PROVIDERS],
    ['another partner, sent by a partner', { proxy_accountNumber: 'P-2', token: 'own' }, 403, FOR_PROVIDERS],
    ['an unknown partner, sent by a partner', { proxy_accountNumber: 'P-3', token: 'own' }, 403, FOR_PROVIDERS],
    ['different partners in both spellings', { ...PARTNER_1, 'proxy-accountNumber': 'P-2' }, 400, DIFFERENT],
    ['nobody in one of both spellings', { ...PARTNER_1, 'proxy-accountNumber': '' }, 400, DIFFERENT],
    [
      'a partner, sent without the scope for it',
      { ...PARTNER_1, token: 'no-partner-scope' },
      403,
      'proxy_accountNumber needs the scope partner'
    ],
    [
      'a partner, sent without the scope of the route',
      { ...PARTNER_1, token: 'no-bill-scope' },
      403,
      'This needs the scope bill:read'
    ],
    ['a partner, sent without a good credential', { ...PARTNER_1, token: 'unknown' }, 401, 'There is no such API key']
  ])('that names %s is refused with the reason', async (name, headers, status, message) => {
    const sent = name === 'the id of a partner' ? { proxy_accountNumber: partnerId } : headers
    const asked = await server.call('GET', 'customerBill', undefined, sent)
    expect([asked.status, asked.body.message]).toEqual([status, message])
    const posted = await server.call('POST', 'customerBill', SAMPLES.customerBill?.body, sent)
    expect([posted.status, posted.body.message]).toEqual([status, message.replace('bill:read', 'bill:write')])
  })

  test('that is missing its scope says so in the challenge', async () => {
    const { headers } = await server.call('GET', 'customerBill', undefined, { ...PARTNER_1, token: 'no-partner-scope' })
    expect(headers['www-authenticate']).toBe('Bearer realm="tmf678", error="insufficient_scope", scope="partner"')
  })

  test('is refused from every sender where it is not supported', async () => {
    const asProvider = await server.call('GET', '/admin/v1/partner', undefined, PARTNER_1)
    expect([asProvider.status, asProvider.body.message]).toEqual([403, 'proxy_accountNumber is not supported here'])
    const asPartner = await server.call('GET', '/admin/v1/partner', undefined, { ...PARTNER_1, token: 'own' })
    expect([asPartner.status, asPartner.body.message]).toEqual([403, 'This is for the provider, not for partners'])
  })

  test('says nothing on public routes', async () => {
    expect((await server.call('GET', '/health/live', undefined, { proxy_accountNumber: 'P-3' })).status).toBe(200)
  })

  test.each<[string, Record<string, string | string[]>, number]>([
    ['as documented', { proxy_accountNumber: 'P-1' }, 200],
    ['as proxies let it through', { 'proxy-accountNumber': 'P-1' }, 200],
    ['in other capitals', { PROXY_ACCOUNTNUMBER: 'P-1' }, 200],
    ['in both spellings, the same', { proxy_accountNumber: 'P-1', 'proxy-accountNumber': 'P-1' }, 200],
    ['twice, with different partners', { proxy_accountNumber: ['P-1', 'P-2'] }, 403],
    ['by a key with just the two scopes', { proxy_accountNumber: 'P-1', token: 'partner-scope' }, 200]
  ])('is understood %s', async (_, headers, status) => {
    const sent = { token: KEYS[TENANT], ...headers }
    const { statusCode } = await server.app.inject({ url: `${BASE}/customerBill`, headers: sent })
    expect(statusCode).toBe(status)
  })
})

describe.each(PATHS)('%s', (path) => {
  const post = async (headers: Record<string, string>) => {
    const { status, body } = await server.call('POST', path, SAMPLES[path]?.body, headers)
    expect(status).toBe(201)
    return String(body.id)
  }

  test('created as a partner belongs to the partner, created without the header to the provider', async () => {
    const [proxied, own, provided] = [await post(PARTNER_1), await post({ token: 'own' }), await post({})]
    for (const id of [proxied, own]) {
      expect((await ask('GET', path, id, PARTNER_1)).status).toBe(200)
      expect((await ask('GET', path, id, { token: 'own' })).status).toBe(200)
      expect((await ask('GET', path, id, {})).status).toBe(200)
      expect((await ask('GET', path, id, { proxy_accountNumber: 'P-2' })).status).toBe(404)
    }
    expect((await ask('GET', path, provided, {})).status).toBe(200)
    expect((await ask('GET', path, provided, PARTNER_1)).status).toBe(404)
    expect((await ask('GET', path, provided, { token: 'own' })).status).toBe(404)
    const seen = async (headers: Record<string, string>) =>
      (await server.call('GET', `${path}?limit=1000`, undefined, headers)).body.map(({ id }: { id: string }) => id)
    expect(await seen(PARTNER_1)).toEqual([proxied, own])
    expect(await seen({ token: 'own' })).toEqual([proxied, own])
    expect(await seen({})).toEqual([proxied, own, provided])
    expect(await seen({ proxy_accountNumber: 'P-2' })).toEqual([])
  })

  test('is audited with who did it and for whom', async () => {
    const id = await post(PARTNER_1)
    await ask('PATCH', path, id, PARTNER_1, SAMPLES[path]?.patch)
    await ask('PATCH', path, id, {}, path === 'customerBill' ? { state: 'onHold' } : { name: 'Other' })
    await ask('PATCH', path, id, { token: 'own' }, path === 'customerBill' ? { state: 'sent' } : { name: 'Own' })
    const { rows } = await server.database.run(
      sql`SELECT "actor_type", "actor_name", "on_behalf_of", "action", "address" IS NOT NULL, "request_id" IS NOT NULL
        FROM "audit" WHERE "resource_id" = ${id} ORDER BY "id"`
    )
    expect(rows).toEqual([
      ['apiKey', KEYS[TENANT], 'P-1', 'create', 't', 't'],
      ['apiKey', KEYS[TENANT], 'P-1', 'patch', 't', 't'],
      ['apiKey', KEYS[TENANT], null, 'patch', 't', 't'],
      ['apiKey', 'own', null, 'patch', 't', 't']
    ])
  })
})

function ask(
  method: 'GET' | 'PATCH',
  path: string,
  id: string,
  headers: Record<string, string>,
  body?: object
): Promise<Reply> {
  return server.call(method, `${path}/${id}`, body, headers)
}
