import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addPartner, TENANT } from '../support/database.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { ADMIN, add, auditText, bearer, requestToken, SECRETS } from './administration.ts'

const BILLS = `${BASE}/customerBill`

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Reads everything stored as text. */
async function kept(): Promise<string> {
  const tables = ['audit', 'idempotency_key', 'oauth_user', 'oauth_client', 'api_key', 'event']
  const texts = await Promise.all(
    tables.map((table) => server.database.query(`SELECT t::text AS name FROM ${table} t`))
  )
  return texts.flatMap(({ rows }) => rows.map(({ name }) => name)).join('\n')
}

describe.each(Object.entries(SECRETS))('The secret of a new %s, its %s,', (path, member) => {
  test('is shown once and kept nowhere', async () => {
    const names = { user: { username: 'once' }, client: { clientId: 'once' }, apiKey: { name: 'once' } }
    const body = { scope: ['trust'], grantTypes: ['client_credentials'], ...names[path as keyof typeof names] }
    const { grantTypes: _, ...plain } = body
    const ask = () =>
      server.call('POST', `${ADMIN}/${path}`, path === 'client' ? body : plain, { 'idempotency-key': `once-${path}` })
    const first = await ask()
    const { [member]: secret, ...shown }: Record<string, unknown> = { ...first.body }
    expect(secret).toMatch(path === 'apiKey' ? /^tmf678_[\w-]{43}$/ : /^[\w-]{43}$/)
    const again = await ask()
    expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([201, 'true', shown])
    const item = `${ADMIN}/${path}/${first.body.id}`
    const later = [
      await server.call('GET', item),
      await server.call('GET', `${ADMIN}/${path}?limit=1000`),
      await server.call('GET', `${item}?fields=${member}`),
      await server.call('PATCH', item, { name: 'renamed' })
    ]
    for (const { text } of later) expect(text).not.toContain(`"${member}"`)
    expect(await kept()).not.toContain(secret)
    expect(await auditText(server)).not.toContain(secret)
  })
})

test('A chosen password is not shown at all, and a repetition with another one is the same request', async () => {
  const ask = (password: string) =>
    server.call(
      'POST',
      `${ADMIN}/user`,
      { username: 'chooser', scope: ['trust'], password },
      { 'idempotency-key': 'c' }
    )
  const first = await ask('my own password')
  expect(first.status).toBe(201)
  expect(first.text).not.toContain('password')
  expect((await ask('another password')).headers['idempotency-replayed']).toBe('true')
  expect(await kept()).not.toContain('my own password')
  const plain = { clientId: 'plain', grantTypes: ['password'], passwordEncoding: 'plain', scope: ['trust'] }
  const { secret } = await add(server, 'client', plain)
  const sign = { grant_type: 'password', client_id: 'plain', client_secret: secret, username: 'chooser' }
  expect((await requestToken(server, { ...sign, password: 'my own password' })).status).toBe(200)
  expect((await requestToken(server, { ...sign, password: 'another password' })).status).toBe(400)
})

describe('A new key', () => {
  const read = (key: string) => server.call('GET', BILLS, undefined, { token: key })

  test('opens what its scope says', async () => {
    const { key } = await add(server, 'apiKey', {
      name: 'reader',
      scope: ['bill:read'],
      allowedAddresses: ['127.0.0.1']
    })
    expect((await read(key)).status).toBe(200)
    expect((await server.call('POST', BILLS, {}, { token: key })).status).toBe(403)
  })

  test('does not open it to addresses that are not on its list, nor when it is disabled or expired', async () => {
    const { key } = await add(server, 'apiKey', { name: 'elsewhere', scope: ['trust'] })
    expect((await read(key)).status).toBe(401)
    const more = { scope: ['trust'], allowedAddresses: null }
    const disabled = await add(server, 'apiKey', { ...more, isEnabled: false })
    expect((await read(disabled.key)).status).toBe(401)
    const expired = await add(server, 'apiKey', more)
    await server.call('PATCH', `/admin/v1/apiKey/${expired.id}`, { expiresAt: '2026-01-01T00:00:00Z' })
    expect((await read(expired.key)).status).toBe(401)
    const past = { name: 'past', ...more, expiresAt: '2026-01-01T00:00:00Z' }
    const refused = await server.call('POST', '/admin/v1/apiKey', past)
    expect([refused.status, refused.body.message]).toEqual([400, '$.expiresAt must lie in the future'])
  })

  test('of a partner opens the rows of that partner', async () => {
    const id = await addPartner(server.database, TENANT, 'P-KEY')
    const more = { scope: ['trust'], allowedAddresses: null, partner: { id } }
    const { key } = await add(server, 'apiKey', { name: 'partner', ...more })
    const body = { billingAccount: { id: 'A1' } }
    const own = await server.call('POST', BILLS, body, { token: key })
    const ofProvider = await server.call('POST', BILLS, body)
    expect((await read(key)).body.map((bill: { id: string }) => bill.id)).toEqual([own.body.id])
    expect((await server.call('GET', `${BILLS}/${ofProvider.body.id}`, undefined, { token: key })).status).toBe(404)
  })
})

describe('A new client', () => {
  test('gets tokens with its secret', async () => {
    const { secret } = await add(server, 'client', { clientId: 'machine', scope: ['bill:read'] })
    const ask = (client_secret: string) =>
      requestToken(server, { grant_type: 'client_credentials', client_id: 'machine', client_secret })
    const token = await ask(secret)
    expect(token.status).toBe(200)
    expect((await server.call('GET', BILLS, undefined, bearer(token))).status).toBe(200)
    expect((await server.call('POST', BILLS, {}, bearer(token))).status).toBe(403)
    expect((await ask(`${secret}x`)).status).toBe(401)
  })

  test('that is public has no secret, and no use for one', async () => {
    const redirectUris = ['https://portal.example.com/callback']
    const grantTypes = ['authorization_code', 'refresh_token']
    const made = await add(server, 'client', { clientId: 'spa', isPublic: true, grantTypes, redirectUris })
    expect(made).not.toHaveProperty('secret')
    const { rows } = await server.database.run(sql`SELECT "secret_hash" FROM "oauth_client" WHERE "id" = ${made.id}`)
    expect(rows).toEqual([[null]])
    const rotated = await server.call('POST', `${ADMIN}/client/${made.id}/rotate`)
    expect([rotated.status, rotated.body.message]).toEqual([409, 'A public client has no secret'])
    const patched = await server.call('PATCH', `${ADMIN}/client/${made.id}`, { grantTypes: ['client_credentials'] })
    expect(patched.status).toBe(400)
  })
})
