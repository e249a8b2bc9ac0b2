import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodePassword } from '../../src/auth/sign-in/password.ts'
import { later } from '../../src/base/instant.ts'
import { sql } from '../../src/db/sql.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import {
  ADMIN,
  add,
  auditText,
  bearer,
  type ClockedServer,
  requestToken,
  SECRETS,
  startClockedServer
} from './administration.ts'

const BILLS = `${BASE}/customerBill`
const UNKNOWN = '01HZZZZZZZZZZZZZZZZZZZZZZZ'

/** Time never goes back: each test begins an hour after the one before. */
let start = '2026-11-21T12:00:00.000Z'
/** Returns an instant of the test. Revocations are known everywhere after 2 s. */
const at = (seconds: number) => later(start, seconds)

let store: TestServer
let server: ClockedServer
beforeAll(async () => {
  store = await startTestServer()
  server = await startClockedServer(store, start)
})
beforeEach(() => {
  start = later(start, 3_600)
  server.setTime(start)
})
afterAll(async () => {
  await server.close()
  await store.close()
})

const status = async (key: string) => (await server.call('GET', BILLS, undefined, { token: key })).status

describe('A rotated key', () => {
  const keys = { scope: ['bill:read'], allowedAddresses: ['127.0.0.1'], '@type': 'VoipKey', contract: 'C-1' }
  const rotate = (id: string, body?: object, headers?: Record<string, string>) =>
    server.call('POST', `${ADMIN}/apiKey/${id}/rotate`, body, headers)

  test('goes on for the overlap beside the new one, which has its attributes', async () => {
    const { key, ...old } = await add(server, 'apiKey', keys)
    const rotated = await rotate(old.id, { overlapSeconds: 60 })
    expect(rotated.status).toBe(201)
    const { key: newKey, ...made } = rotated.body
    expect(rotated.headers.location).toBe(made.href)
    expect(made).toEqual({ ...old, id: made.id, href: made.href })
    expect(made.id).not.toBe(old.id)
    expect(newKey).toMatch(/^tmf678_[\w-]{43}$/)
    expect((await server.call('GET', `${ADMIN}/apiKey/${old.id}`)).body.expiresAt).toBe(at(60))
    expect([await status(key), await status(newKey)]).toEqual([200, 200])
    server.setTime(at(59))
    expect([await status(key), await status(newKey)]).toEqual([200, 200])
    server.setTime(at(60))
    expect([await status(key), await status(newKey)]).toEqual([401, 200])
    expect(await auditText(server)).not.toContain(newKey)
  })

  test('stops at once without an overlap, and never works longer than before', async () => {
    const old = await add(server, 'apiKey', { ...keys, expiresAt: at(30) })
    expect((await rotate(old.id, { overlapSeconds: 60 })).body.expiresAt).toBe(at(30))
    expect((await server.call('GET', `${ADMIN}/apiKey/${old.id}`)).body.expiresAt).toBe(at(30))
    expect((await rotate(old.id)).status).toBe(201)
    expect(await status(old.key)).toBe(401)
    const expired = await rotate(old.id)
    expect([expired.status, expired.body.message]).toEqual([
      409,
      'This apiKey has expired and cannot be rotated; create another one'
    ])
  })

  test('is in the audit with its successor', async () => {
    const old = await add(server, 'apiKey', keys)
    const made = (await rotate(old.id)).body
    const { body } = await server.call('GET', `${ADMIN}/audit?resourceId=${old.id}&action=rotate`)
    expect(body).toHaveLength(1)
    expect(body[0]).toMatchObject({ resourceType: 'ApiKey', after: { expiresAt: start, replacedBy: made.id } })
    expect((await server.call('GET', `${ADMIN}/audit?resourceId=${made.id}`)).body[0].action).toBe('create')
  })

  test.each([
    [{ overlapSeconds: -1 }, '$.overlapSeconds must be a whole number from 0 to 604800'],
    [{ overlapSeconds: 604_801 }, '$.overlapSeconds must be a whole number from 0 to 604800'],
    [{ overlapSeconds: 1.5 }, '$.overlapSeconds must be a whole number from 0 to 604800'],
    [{ overlapSeconds: '1' }, '$.overlapSeconds must be a whole number from 0 to 604800'],
    [{ key: 'mine' }, '$.key is nothing that can be set here'],
    [[], 'The body must be a JSON object']
  ])('is refused with %j', async (body, message) => {
    const reply = await rotate(UNKNOWN, body)
    expect([reply.status, reply.body.message]).toEqual([400, message])
  })
})

test('A rotated client has a new secret, and the old one gets no more tokens', async () => {
  const old = await add(server, 'client', { clientId: 'rotated' })
  const ask = async (client_secret: string) =>
    (await requestToken(server, { grant_type: 'client_credentials', client_id: 'rotated', client_secret })).status
  expect(await ask(old.secret)).toBe(200)
  const rotated = await server.call('POST', `${ADMIN}/client/${old.id}/rotate`)
  expect([rotated.status, rotated.headers.etag]).toEqual([200, '"2"'])
  expect([await ask(old.secret), await ask(rotated.body.secret)]).toEqual([401, 200])
  expect(await auditText(server)).not.toContain(rotated.body.secret)
  const { body } = await server.call('GET', `${ADMIN}/audit?resourceId=${old.id}&action=rotate`)
  expect(body).toHaveLength(1)
})

describe('A new password', () => {
  let secret: string
  beforeAll(async () => {
    const grantTypes = ['password', 'refresh_token']
    secret = (await add(server, 'client', { clientId: 'demo', grantTypes, scope: ['trust'] })).secret
  })

  const asDemo = (parameters: Record<string, string>) =>
    requestToken(server, { client_id: 'demo', client_secret: secret, ...parameters })
  const signIn = (username: string, password: string) =>
    asDemo({ grant_type: 'password', username, password: encodePassword(password) })

  test.each([
    ['chosen', { password: 'correct horse' }],
    ['generated', undefined]
  ])('that is %s ends whatever the old one opened', async (username, body) => {
    const user = await add(server, 'user', { username })
    const token = await signIn(username, user.password)
    expect(token.status).toBe(200)
    expect((await server.call('GET', BILLS, undefined, bearer(token))).status).toBe(200)
    await saveCode(user.id)

    const changed = await server.call('POST', `${ADMIN}/user/${user.id}/password`, body)
    expect(changed.status).toBe(200)
    if (body) expect(changed.text).not.toContain('password')
    const password = body?.password ?? changed.body.password

    server.setTime(at(5))
    expect((await server.call('GET', BILLS, undefined, bearer(token))).status).toBe(401)
    const refreshed = await asDemo({ grant_type: 'refresh_token', refresh_token: token.body.refresh_token })
    expect(refreshed.status).toBe(400)
    expect((await signIn(username, user.password)).status).toBe(400)
    expect((await signIn(username, password)).status).toBe(200)
    expect(await unusedCodes(user.id)).toBe('0')
    expect(await auditText(server)).not.toContain(password)
    const { body: entries } = await server.call('GET', `${ADMIN}/audit?resourceId=${user.id}&action=password`)
    expect(entries).toHaveLength(1)
  })

  test('leaves the tokens of others alone', async () => {
    const [one, other] = [
      await add(server, 'user', { username: 'one' }),
      await add(server, 'user', { username: 'other' })
    ]
    const token = await signIn('other', other.password)
    await server.call('POST', `${ADMIN}/user/${one.id}/password`)
    server.setTime(at(5))
    expect((await server.call('GET', BILLS, undefined, bearer(token))).status).toBe(200)
  })

  test.each([[{ password: 'short' }], [{ password: 1 }], [{ secret: 'correct horse' }], ['text']])(
    'is refused as %j',
    async (body) => {
      const { id } = await add(server, 'user', { username: `refused ${JSON.stringify(body)}` })
      const sent = typeof body === 'string' ? JSON.stringify(body) : body
      expect((await server.call('POST', `${ADMIN}/user/${id}/password`, sent)).status).toBe(400)
    }
  )
})

test.each(Object.keys(SECRETS))(
  'The secret of a %s is not renewed by strangers nor on a stale version',
  async (path) => {
    const names = { user: { username: 'stale' }, client: { clientId: 'stale' }, apiKey: {} }
    const { id } = await add(server, path, names[path as keyof typeof names])
    const route = (of: string) => `${ADMIN}/${path}/${of}/${path === 'user' ? 'password' : 'rotate'}`
    expect((await server.call('POST', route(id), undefined, { token: 'other-key' })).status).toBe(404)
    expect((await server.call('POST', route(UNKNOWN))).status).toBe(404)
    expect((await server.call('POST', route(id), undefined, { 'if-match': '"7"' })).status).toBe(412)
    expect((await server.call('POST', route(id), undefined, { 'if-match': '"1"' })).status).toBeLessThan(300)
  }
)

async function saveCode(userId: string): Promise<void> {
  await store.database.run(sql`INSERT INTO "oauth_authorization_code" ("tenant_id", "hash", "grant_id", "client_id",
      "user_id", "subject", "scope", "redirect_uri", "code_challenge", "code_challenge_method", "expires_at")
    VALUES ('demo', ${`hash of ${userId}`}, 'G', 'C', ${userId}, 'S', '[]', 'U', 'X', 'S256', ${at(600)})`)
}

async function unusedCodes(userId: string): Promise<string | null | undefined> {
  const { rows } = await store.database.run(
    sql`SELECT count(*) FROM "oauth_authorization_code" WHERE "user_id" = ${userId} AND "used_at" IS NULL`
  )
  return rows[0]?.[0]
}
