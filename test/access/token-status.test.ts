import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { OTHER_TENANT, TENANT } from '../support/database.ts'
import { addEverybody, addUser, BY_CLIENT, BY_PASSWORD, CLIENT, SECRET } from './people.ts'
import { basic, expectFailure, startTokenServer, type TokenAnswer, type TokenServer } from './token-server.ts'

const EFFECTIVE_AFTER_S = 5
/** Seconds in which a refresh may be repeated. */
const REPEATABLE_S = 10
const INACTIVE = { active: false }
const ENDPOINTS = ['/oauth/revoke', '/oauth/introspect']

let server: TokenServer
let second: TokenServer

beforeAll(async () => {
  server = await startTokenServer()
  second = await server.another()
  await addEverybody(server.database)
})
afterAll(async () => {
  await second.close()
  await server.close()
})

async function logIn(username = 'admin', clientId: string = TENANT) {
  const { body } = await server.post({ ...CLIENT, ...BY_PASSWORD, client_id: clientId, username })
  return { access: String(body.access_token), refresh: String(body.refresh_token) }
}

function revoke(token: string, clientId: string = TENANT): Promise<TokenAnswer> {
  return server.post({ ...CLIENT, client_id: clientId, token }, { path: '/oauth/revoke' })
}

async function introspect(token: string, clientId: string = TENANT, on = server): Promise<unknown> {
  const { status, headers, body } = await on.post(
    { ...CLIENT, client_id: clientId, token },
    { path: '/oauth/introspect' }
  )
  expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
  return body
}

const refreshed = (token: string) => server.post({ ...CLIENT, grant_type: 'refresh_token', refresh_token: token })

describe('revocation', () => {
  test.each(['access', 'refresh'] as const)('of the %s token ends both, on every process', async (kind) => {
    const tokens = await logIn()
    for (const on of [server, second]) expect(await on.open(tokens.access)).toBe(200)
    const { status, headers, text } = await revoke(tokens[kind])
    expect([status, text, headers['cache-control']]).toEqual([200, '', 'no-store'])
    server.pass(EFFECTIVE_AFTER_S)
    for (const on of [server, second]) expect(await on.open(tokens.access)).toBe(401)
    expect((await refreshed(tokens.refresh)).body.error).toBe('invalid_grant')
    expect((await revoke(tokens[kind])).status).toBe(200)
  })

  test('ends one grant and no other of the same user', async () => {
    const [ended, kept] = [await logIn(), await logIn()]
    await revoke(ended.access)
    server.pass(EFFECTIVE_AFTER_S)
    expect([await server.open(ended.access), await server.open(kept.access)]).toEqual([401, 200])
  })

  test('by HTTP Basic, with a hint that is wrong, and in the query works as well', async () => {
    const [first, next] = [await logIn(), await logIn()]
    const hint = { token_type_hint: 'refresh_token' }
    const sending = { path: '/oauth/revoke', headers: basic(TENANT, SECRET) }
    expect((await server.post({ token: first.access, ...hint }, sending)).status).toBe(200)
    const query = { ...CLIENT, token: next.refresh }
    expect((await server.post({}, { path: '/oauth/revoke', query })).status).toBe(200)
    server.pass(EFFECTIVE_AFTER_S)
    expect([await server.open(first.access), await server.open(next.access)]).toEqual([401, 401])
  })

  test.each(['nothing', 'a.b.c', `${'x'.repeat(80)}.y.z`, 'x'.repeat(4_000)])(
    'of no token is done: %s',
    async (token) => {
      expect((await revoke(token)).status).toBe(200)
    }
  )

  test.each(['plain', 'of-partner', OTHER_TENANT])(
    'by the client %s, whose token it is not, is refused',
    async (clientId) => {
      const tokens = await logIn()
      for (const token of Object.values(tokens)) {
        const { status, headers, body } = await revoke(token, clientId)
        expect([status, body.error]).toEqual([400, 'unauthorized_client'])
        expectFailure(headers, body)
      }
      server.pass(EFFECTIVE_AFTER_S)
      expect(await server.open(tokens.access)).toBe(200)
      expect((await refreshed(tokens.refresh)).status).toBe(200)
    }
  )
})

describe('introspection', () => {
  test('of an access token says what it is', async () => {
    const { access } = await logIn('reader')
    const payload = parsed(Buffer.from(String(access.split('.')[1]), 'base64url').toString())
    const rest = { token_type: 'Bearer', client_id: TENANT, tenant: TENANT, aud: 'tmf678-server', exp: payload.exp }
    const whose = { username: 'reader', sub: 'reader', scope: 'bill:read account:read' }
    expect(await introspect(access)).toEqual({ active: true, ...rest, ...whose })
    const own = (await server.post({ ...CLIENT, ...BY_CLIENT })).body.access_token
    expect(await introspect(own)).toMatchObject({ active: true, sub: TENANT, scope: 'trust' })
    expect(await introspect(own)).not.toHaveProperty('username')
  })

  test('of a refresh token says that it is active until it was used and can be repeated no more', async () => {
    const { refresh } = await logIn()
    expect(await introspect(refresh)).toEqual({ active: true, token_type: 'refresh_token' })
    const next = (await refreshed(refresh)).body.refresh_token
    expect(await introspect(refresh)).toEqual({ active: true, token_type: 'refresh_token' })
    server.pass(REPEATABLE_S)
    expect(await introspect(refresh)).toEqual(INACTIVE)
    expect(await introspect(next)).toMatchObject({ active: true })
  })

  test.each([
    ['admin', TENANT, TENANT, true],
    ['admin', TENANT, 'plain', true],
    ['admin', TENANT, OTHER_TENANT, false],
    ['admin', TENANT, 'of-partner', false],
    ['partner1', TENANT, 'of-partner', true],
    ['partner1', 'of-partner', 'of-partner', true],
    ['partner1', 'of-partner', TENANT, true],
    ['partner1', 'of-partner', OTHER_TENANT, false]
  ])('of the tokens of %s by %s, asked by %s, says active: %s', async (username, clientId, asking, isActive) => {
    const { access, refresh } = await logIn(username, clientId)
    for (const token of [access, refresh]) {
      if (isActive) expect(await introspect(token, asking)).toMatchObject({ active: true })
      else expect(await introspect(token, asking)).toEqual(INACTIVE)
    }
  })

  test('of what is no token, or of nobody here, says that it is not active and no more', async () => {
    const { access } = await logIn()
    const broken = [access.slice(0, -1), `${access}x`, access.replace('.', '.x'), 'nothing', 'a.b.c', 'x'.repeat(4_096)]
    for (const token of broken) expect(await introspect(token), token).toEqual(INACTIVE)
  })

  test.each(['access', 'refresh'] as const)(
    'of an %s token that was revoked, or whose user is disabled, says no',
    async (kind) => {
      const tokens = await logIn()
      expect(await introspect(tokens[kind])).toMatchObject({ active: true })
      await revoke(tokens[kind])
      for (const on of [server, second]) expect(await introspect(tokens[kind], TENANT, on)).toEqual(INACTIVE)
      const username = `leaving with ${kind}`
      const id = await addUser(server.database, { tenantId: TENANT, username })
      const leaving = await logIn(username)
      await server.database.run(sql`UPDATE "oauth_user" SET "is_enabled" = false WHERE "id" = ${id}`)
      expect(await introspect(leaving[kind])).toEqual(INACTIVE)
    }
  )

  test('of an access token that has expired says no, of its refresh token yes', async () => {
    const { access, refresh } = await logIn()
    server.pass(3_700)
    expect(await introspect(access)).toEqual(INACTIVE)
    expect(await introspect(refresh)).toMatchObject({ active: true })
  })

  test('is not for public clients', async () => {
    const { access } = await logIn()
    const { status, headers, body } = await server.post(
      { client_id: 'public', token: access },
      { path: '/oauth/introspect' }
    )
    expect([status, body.error]).toEqual([400, 'unauthorized_client'])
    expectFailure(headers, body)
  })
})

describe.each(ENDPOINTS)('%s', (path) => {
  test.each([
    ['without a client', { token: 'x' }, {}, 401, 'invalid_client'],
    ['with an unknown client', { ...CLIENT, client_id: 'nobody', token: 'x' }, {}, 401, 'invalid_client'],
    ['with a wrong secret', { ...CLIENT, client_secret: 'wrong', token: 'x' }, {}, 401, 'invalid_client'],
    ['without a secret', { client_id: TENANT, token: 'x' }, {}, 401, 'invalid_client'],
    ['with a NUL in the client', { ...CLIENT, client_id: 'a\u0000b', token: 'x' }, {}, 400, 'invalid_request'],
    ['with a NUL in HTTP Basic', { token: 'x' }, basic('a\u0000b', SECRET), 401, 'invalid_client'],
    ['with Basic and a secret', { ...CLIENT, token: 'x' }, basic(TENANT, SECRET), 400, 'invalid_request'],
    [
      'with Basic and another client',
      { client_id: 'plain', token: 'x' },
      basic(TENANT, SECRET),
      400,
      'invalid_request'
    ],
    ['without a token', CLIENT, {}, 400, 'invalid_request'],
    ['with a token of 5 kB', { ...CLIENT, token: 'x'.repeat(5_000) }, {}, 400, 'invalid_request']
  ])('refuses a request %s', async (_, form, headers, status, error) => {
    const answer = await server.post(form, { path, headers })
    expect([answer.status, answer.body.error]).toEqual([status, error])
    expectFailure(answer.headers, answer.body)
  })
})
