import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addPartner } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { ADMIN, ADMIN_SAMPLES, add, SECRETS } from './administration.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

describe.each(Object.entries(ADMIN_SAMPLES))('A %s', (path, { body, patch }) => {
  const collection = `${ADMIN}/${path}`

  test('is created, read, found, patched and deleted', async () => {
    const created = await server.call('POST', collection, body)
    expect(created.status).toBe(201)
    const { id } = created.body
    const item = `${collection}/${id}`
    expect(created.headers.location).toBe(`http://localhost:80${item}`)
    const { [SECRETS[path] ?? '']: _, ...shown }: Record<string, unknown> = { ...created.body }
    expect(shown).toMatchObject({ ...body, id, href: created.headers.location, lastUpdate: expect.any(String) })
    const read = await server.call('GET', item)
    expect(read.body).toEqual(shown)
    expect((await server.call('GET', `${collection}?id=${id}`)).body).toEqual([shown])

    const patched = await server.call('PATCH', item, patch, { 'if-match': String(read.headers.etag) })
    expect(patched.status).toBe(200)
    const kept = Object.entries(patch).filter(([, value]) => value !== null)
    expect(patched.body).toMatchObject(Object.fromEntries(kept))
    expect((await server.call('PATCH', item, patch, { 'if-match': '"1"' })).status).toBe(412)

    expect((await server.call('DELETE', item)).status).toBe(204)
    expect((await server.call('GET', item)).status).toBe(404)
  })

  test('of another tenant is not there', async () => {
    const { id } = await add(server, path)
    const other = { token: 'other-key' }
    const item = `${collection}/${id}`
    const unknown = `${collection}/01HZZZZZZZZZZZZZZZZZZZZZZZ`
    for (const [method, sent] of [['GET'], ['PATCH', patch], ['DELETE']] as const) {
      const [foreign, none] = [
        await server.call(method, item, sent, other),
        await server.call(method, unknown, sent, other)
      ]
      expect(foreign.status).toBe(404)
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...none.body, requestId: '' })
    }
    expect((await server.call('GET', `${collection}?id=${id}`, undefined, other)).body).toEqual([])
    expect((await server.call('DELETE', item)).status).toBe(204)
  })
})

test('What is left out gets its default', async () => {
  expect(await add(server, 'user', { username: 'defaults' })).toMatchObject({ isEnabled: true })
  expect(await add(server, 'client', { clientId: 'defaults' })).toMatchObject({
    isEnabled: true,
    isPublic: false,
    passwordEncoding: 'sha256',
    refreshesClientCredentials: false
  })
  expect(await add(server, 'apiKey')).toMatchObject({ isEnabled: true })
})

const URI = 'https://portal.example.com/callback'
const code = { grantTypes: ['authorization_code'], redirectUris: [URI] }

test.each<[string, object, string]>([
  ['partner', { accountNumber: undefined }, '$.accountNumber is required'],
  ['partner', { accountNumber: 'P 1' }, '$.accountNumber must match'],
  ['partner', { accountNumber: 'é' }, '$.accountNumber must match'],
  ['partner', { accountNumber: 'x'.repeat(65) }, '$.accountNumber must be at most 64'],
  ['partner', { password: 'x' }, 'has password'],
  ['user', { username: undefined }, '$.username is required'],
  ['user', { username: ' ' }, '$.username must not be blank'],
  ['user', { username: 'a\nb' }, '$.username must match'],
  ['user', { scope: undefined }, '$.scope is required'],
  ['user', { scope: [] }, '$.scope must have at least one'],
  ['user', { scope: ['root'] }, '$.scope[0] must be one of trust'],
  ['user', { scope: ['admin', 'admin'] }, '$.scope must not have an element twice'],
  ['user', { isEnabled: 'yes' }, '$.isEnabled must be of type boolean'],
  ['user', { password: 'seven77' }, '$.password must be a text of 8 to 256'],
  ['user', { password: 'x'.repeat(257) }, '$.password must be a text of 8 to 256'],
  ['user', { password: 12345678 }, '$.password must be a text of 8 to 256'],
  ['user', { partner: { id: '01HZZZZZZZZZZZZZZZZZZZZZZZ' } }, '$.partner.id names no partner'],
  ['client', { clientId: 'a/b' }, '$.clientId must match'],
  ['client', { clientId: '..' }, '$.clientId must match'],
  ['client', { grantTypes: [] }, '$.grantTypes must have at least one'],
  ['client', { grantTypes: ['implicit'] }, '$.grantTypes[0] must be one of'],
  ['client', { passwordEncoding: 'md5' }, '$.passwordEncoding must be one of sha256, plain'],
  ['client', { secret: 'chosen-by-me' }, 'has secret'],
  ['client', { '@type': 'Mine', secret: 'chosen-by-me' }, '$.secret is given by the server; leave it out'],
  ['client', { isPublic: true }, '$.grantTypes of a public client may be authorization_code, refresh_token only'],
  ['client', { grantTypes: ['authorization_code'] }, '$.redirectUris is required'],
  ['client', { ...code, redirectUris: [] }, '$.redirectUris is required'],
  ['client', { ...code, redirectUris: [URI, '/callback'] }, '$.redirectUris[1] must be an absolute URI'],
  ['client', { ...code, redirectUris: [`${URI}#part`] }, '$.redirectUris[0] must be an https URI'],
  ['client', { ...code, redirectUris: ['http://portal.example.com'] }, '$.redirectUris[0] must be an https URI'],
  ['client', { ...code, redirectUris: ['javascript:alert(1)'] }, '$.redirectUris[0] must be an https URI'],
  ['client', { ...code, redirectUris: [`${URI} `] }, '$.redirectUris[0] must be an https URI'],
  ['client', { ...code, redirectUris: ['https://me:pw@example.com'] }, '$.redirectUris[0] must be an https URI'],
  ['client', { ...code, redirectUris: new Array(101).fill(URI) }, '$.redirectUris must be at most 100'],
  ['apiKey', { name: undefined }, '$.name is required'],
  ['apiKey', { allowedAddresses: [] }, '$.allowedAddresses allows nobody'],
  ['apiKey', { allowedAddresses: ['10.0.0.1', '10.0.0.0/33'] }, '$.allowedAddresses has "10.0.0.0/33"'],
  ['apiKey', { allowedAddresses: ['localhost'] }, '$.allowedAddresses has "localhost"'],
  ['apiKey', { allowedAddresses: new Array(1_001).fill('::1') }, '$.allowedAddresses must be at most 1000'],
  ['apiKey', { expiresAt: 'tomorrow' }, '$.expiresAt must be a date-time'],
  ['apiKey', { '@type': 'Mine', key: 'chosen-by-me' }, '$.key is given by the server; leave it out']
])('A %s with %j is refused', async (path, more, message) => {
  const { status, body } = await server.call('POST', `${ADMIN}/${path}`, { ...ADMIN_SAMPLES[path]?.body, ...more })
  expect(status).toBe(400)
  expect(body.message).toContain(message)
})

/** By path: a used row of a partner. */
let owned: Readonly<Record<string, string>>
beforeAll(async () => {
  const partner = await add(server, 'partner', { accountNumber: 'P-OWNING' })
  const more = { partner: { id: partner.id } }
  const names = { user: { username: 'owned' }, client: { clientId: 'owned' }, apiKey: {} }
  const ids = Object.entries(names).map(async ([path, name]) => [
    path,
    (await add(server, path, { ...more, ...name })).id
  ])
  owned = { partner: partner.id, ...Object.fromEntries(await Promise.all(ids)) }
  await server.database.run(sql`UPDATE "api_key" SET "last_used_at" = now() WHERE "id" = ${owned.apiKey}`)
})

test.each<[string, object, string]>([
  ['partner', { accountNumber: 'P-200' }, '$.accountNumber may not be patched'],
  ['user', { username: 'else' }, '$.username may not be patched'],
  ['user', { password: 'a new password' }, '$.password may not be patched'],
  ['user', { partner: null }, '$.partner may not be patched'],
  ['user', { isEnabled: null }, '$.isEnabled cannot be removed'],
  ['user', { scope: null }, '$.scope is required'],
  ['client', { clientId: 'else' }, '$.clientId may not be patched'],
  ['client', { isPublic: true }, '$.isPublic may not be patched'],
  ['client', { passwordEncoding: null }, '$.passwordEncoding cannot be removed'],
  ['client', { grantTypes: ['authorization_code'] }, '$.redirectUris is required'],
  ['apiKey', { lastUsedAt: null }, '$.lastUsedAt may not be patched'],
  ['apiKey', { allowedAddresses: [] }, '$.allowedAddresses allows nobody'],
  ['apiKey', { isEnabled: null }, '$.isEnabled cannot be removed']
])('A patch of a %s to %j is refused', async (path, patch, message) => {
  const item = `${ADMIN}/${path}/${owned[path]}`
  const before = await server.call('GET', item)
  const { status, body } = await server.call('PATCH', item, patch)
  expect(status).toBe(400)
  expect(body.message).toContain(message)
  expect((await server.call('GET', item)).body).toEqual(before.body)
})

test.each(['https://app.example.com/x?y=z', 'http://127.0.0.1:8080/callback', 'http://[::1]/', 'http://localhost'])(
  'A client may be called back at %s',
  async (uri) => {
    const { id } = await add(server, 'client', { clientId: 'browser', ...code, redirectUris: [uri] })
    expect((await server.call('DELETE', `${ADMIN}/client/${id}`)).status).toBe(204)
  }
)

test.each([
  ['partner', 'accountNumber'],
  ['user', 'username'],
  ['client', 'clientId']
])('There is one %s with the same %s', async (path, name) => {
  const { id } = await add(server, path)
  const again = await server.call('POST', `${ADMIN}/${path}`, ADMIN_SAMPLES[path]?.body)
  expect(again.status).toBe(409)
  expect(again.body.message).toBe(`There is a ${path} with this ${name} already`)
  const elsewhere = await server.call('POST', `${ADMIN}/${path}`, ADMIN_SAMPLES[path]?.body, { token: 'other-key' })
  expect(elsewhere.status).toBe(201)
  await server.call('DELETE', `${ADMIN}/${path}/${id}`)
})

test('A partner of another tenant owns nothing here', async () => {
  const id = await addPartner(server.database, 'other', 'P-OTHER')
  const reply = await server.call('POST', `${ADMIN}/apiKey`, { name: 'x', scope: ['trust'], partner: { id } })
  expect([reply.status, reply.body.message]).toEqual([400, '$.partner.id names no partner of this service'])
})

test('A partner that owns something is not deleted, and the answer says what', async () => {
  const { id } = await add(server, 'partner', { accountNumber: 'P-OWNER' })
  const item = `${ADMIN}/partner/${id}`
  const bill = await server.call(
    'POST',
    'customerBill',
    { billingAccount: { id: 'A1' } },
    { proxy_accountNumber: 'P-OWNER' }
  )
  expect(bill.status).toBe(201)
  const refused = await server.call('DELETE', item)
  expect(refused.status).toBe(409)
  expect(refused.body.message).toMatch(/at least one (customerBill|event) refers to it$/)

  const { id: idle } = await add(server, 'partner', { accountNumber: 'P-IDLE' })
  const key = await add(server, 'apiKey', { partner: { id: idle } })
  expect((await server.call('DELETE', `${ADMIN}/partner/${idle}`)).body.message).toContain('at least one apiKey refers')
  expect((await server.call('DELETE', `${ADMIN}/apiKey/${key.id}`)).status).toBe(204)
  expect((await server.call('DELETE', `${ADMIN}/partner/${idle}`)).status).toBe(204)
})

test('Lists are filtered by scope, partner and use', async () => {
  const { id } = await add(server, 'partner', { accountNumber: 'P-FILTER' })
  const key = await add(server, 'apiKey', { name: 'filtered', scope: ['billing:run', 'account:read'], partner: { id } })
  const ids = async (query: string) =>
    (await server.call('GET', `${ADMIN}/apiKey?${query}`)).body.map((found: { id: string }) => found.id)
  expect(await ids(`partner.id=${id}`)).toEqual([key.id])
  expect(await ids('scope=billing:run&isEnabled=true')).toEqual([key.id])
  expect(await ids('allowedAddresses=192.0.2.0/24&name=filtered')).toEqual([key.id])
  expect((await server.call('GET', `${ADMIN}/apiKey/${key.id}`)).body.partner).toEqual({
    id,
    href: `http://localhost:80${ADMIN}/partner/${id}`
  })
})
