import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identifier, type Sql, sql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { addClient, addEverybody, addUser, BY_CLIENT, BY_PASSWORD, CLIENT, SECRET } from './people.ts'
import { startTokenServer, type TokenAnswer, type TokenServer } from './token-server.ts'

/** Seconds until a revocation takes effect on every process. */
const EFFECTIVE_AFTER_S = 5
/** Seconds in which a refresh may be repeated. */
const REPEATABLE_S = 10
const FORTNIGHT_S = 14 * 24 * 3_600
const INVALID_GRANT = [400, 'invalid_grant']

let server: TokenServer
let second: TokenServer
let people = 0

beforeAll(async () => {
  server = await startTokenServer()
  second = await server.another()
  await addEverybody(server.database)
})
afterAll(async () => {
  await second.close()
  await server.close()
})

function refresh(token: string, more: object = {}, on = server): Promise<TokenAnswer> {
  return on.post({ ...CLIENT, grant_type: 'refresh_token', refresh_token: token, ...more })
}

const outcome = ({ status, body }: TokenAnswer) => [status, body.error]

/** Signs a new user in at a new client. */
async function logIn(scope: readonly string[] = ['trust']) {
  people++
  const [clientId, username] = [`client-${people}`, `user-${people}`]
  const own = { tenantId: TENANT, scope }
  const client = await addClient(server.database, { ...own, clientId, secret: SECRET })
  const user = await addUser(server.database, { ...own, username })
  const { body } = await server.post({ ...CLIENT, ...BY_PASSWORD, client_id: clientId, username })
  return { clientId, client, user, accessToken: body.access_token, refreshToken: body.refresh_token }
}

describe('a refresh token', () => {
  test('is exchanged for a new pair; the access tokens of both stay good', async () => {
    const first = (await server.post({ ...CLIENT, ...BY_PASSWORD })).body
    const { status, headers, body } = await refresh(first.refresh_token)
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'trust' })
    expect(body.refresh_token).not.toBe(first.refresh_token)
    expect(await server.open(first.access_token)).toBe(200)
    expect(await server.open(body.access_token)).toBe(200)
    expect((await refresh(body.refresh_token, {}, second)).status).toBe(200)
  })

  test('used twice ends its whole family, tokens of every process included', async () => {
    const first = (await server.post({ ...CLIENT, ...BY_PASSWORD })).body
    const next = (await refresh(first.refresh_token)).body
    const last = (await refresh(next.refresh_token)).body
    expect(await second.open(last.access_token)).toBe(200)
    server.pass(REPEATABLE_S)
    const again = await refresh(first.refresh_token, {}, second)
    expect(outcome(again)).toEqual(INVALID_GRANT)
    expect(outcome(await refresh(last.refresh_token))).toEqual(INVALID_GRANT)
    server.pass(EFFECTIVE_AFTER_S)
    for (const { access_token } of [first, next, last]) {
      expect([await server.open(access_token), await second.open(access_token)]).toEqual([401, 401])
    }
    const other = (await server.post({ ...CLIENT, ...BY_PASSWORD })).body
    expect(await server.open(other.access_token)).toBe(200)
  })

  test('whose answer was lost is taken again for some seconds, then it ends its family', async () => {
    const form = { client_id: 'refreshing' }
    const { refresh_token } = (await server.post({ ...CLIENT, ...BY_CLIENT, ...form })).body
    const served = await Promise.all([server, second, server].map((on) => refresh(refresh_token, form, on)))
    server.pass(REPEATABLE_S - 1)
    served.push(await refresh(refresh_token, form, second))
    expect(served.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(outcome(await refresh(refresh_token, { client_id: 'plain' }))).toEqual(INVALID_GRANT)
    for (const { body } of served) expect(await server.open(body.access_token)).toBe(200)
    server.pass(1)
    expect(outcome(await refresh(refresh_token, form))).toEqual(INVALID_GRANT)
    server.pass(EFFECTIVE_AFTER_S)
    for (const { body } of served) expect(await server.open(body.access_token)).toBe(401)
    for (const { body } of served) expect(outcome(await refresh(body.refresh_token, form))).toEqual(INVALID_GRANT)
  })

  test('is good for a fortnight', async () => {
    const early = (await server.post({ ...CLIENT, ...BY_PASSWORD })).body.refresh_token
    const late = (await server.post({ ...CLIENT, ...BY_PASSWORD })).body.refresh_token
    server.pass(FORTNIGHT_S - 1)
    expect((await refresh(early)).status).toBe(200)
    server.pass(2)
    expect(outcome(await refresh(late))).toEqual(INVALID_GRANT)
  })

  test('is nothing to another client, and stays good for its own', async () => {
    const { refresh_token } = (await server.post({ ...CLIENT, ...BY_PASSWORD })).body
    expect(outcome(await refresh(refresh_token, { client_id: 'plain' }))).toEqual(INVALID_GRANT)
    expect(outcome(await refresh(refresh_token, { client_id: 'other' }))).toEqual(INVALID_GRANT)
    expect((await refresh(refresh_token)).status).toBe(200)
  })

  test.each([
    [['trust'], undefined, 'trust'],
    [['trust'], 'bill:read', 'bill:read'],
    [['trust'], ' bill:read  account:read ', 'bill:read account:read'],
    [['bill:read', 'bill:write'], 'bill:write', 'bill:write'],
    [['bill:read', 'bill:write'], 'account:read', undefined],
    [['bill:read'], 'trust', undefined],
    [['trust'], 'unknown', undefined]
  ])('of the scopes %j, asked for %s, is granted %s, and all of them the next time', async (granted, wanted, got) => {
    const { clientId, refreshToken } = await logIn(granted)
    const client = { client_id: clientId }
    const { status, body } = await refresh(refreshToken, { ...client, ...(wanted && { scope: wanted }) })
    expect([status, got === undefined ? body.error : body.scope]).toEqual(
      got === undefined ? [400, 'invalid_scope'] : [200, got]
    )
    const next = await refresh(body.refresh_token ?? refreshToken, client)
    expect(next.body.scope).toBe(granted.join(' '))
  })
})

describe('what was let in', () => {
  const set = (table: string, id: string, assignment: Sql) =>
    server.database.run(sql`UPDATE ${identifier(table)} SET ${assignment} WHERE "id" = ${id}`)

  test.each<[string, (one: Awaited<ReturnType<typeof logIn>>) => Promise<unknown>, unknown[]]>([
    [
      'its client is disabled',
      ({ client }) => set('oauth_client', client, sql`"is_enabled" = false`),
      [401, 'invalid_client']
    ],
    [
      'its client is gone',
      ({ client }) => server.database.run(sql`DELETE FROM "oauth_client" WHERE "id" = ${client}`),
      [401, 'invalid_client']
    ],
    [
      'its client may do less',
      ({ client }) => set('oauth_client', client, sql`"scope" = '["bill:read"]'`),
      INVALID_GRANT
    ],
    ['its user is disabled', ({ user }) => set('oauth_user', user, sql`"is_enabled" = false`), INVALID_GRANT],
    [
      'its user is gone',
      ({ user }) => server.database.run(sql`DELETE FROM "oauth_user" WHERE "id" = ${user}`),
      INVALID_GRANT
    ],
    ['its user may do less', ({ user }) => set('oauth_user', user, sql`"scope" = '["bill:read"]'`), INVALID_GRANT],
    [
      'its user belongs to a partner now',
      async ({ user }) =>
        set('oauth_user', user, sql`"partner_id" = ${await addPartner(server.database, TENANT, 'new')}`),
      INVALID_GRANT
    ],
    [
      'its client may not refresh',
      ({ client }) => set('oauth_client', client, sql`"grant_types" = '["password"]'`),
      [400, 'unauthorized_client']
    ]
  ])('is let in no more when %s', async (why, change, refused) => {
    const one = await logIn()
    expect(await Promise.all([server, second].map((on) => on.open(one.accessToken)))).toEqual([200, 200])
    await change(one)
    server.pass(EFFECTIVE_AFTER_S)
    const isAccessLeft = why === 'its client may not refresh'
    for (const on of [server, second]) expect(await on.open(one.accessToken)).toBe(isAccessLeft ? 200 : 401)
    expect(outcome(await refresh(one.refreshToken, { client_id: one.clientId }))).toEqual(refused)
  })

  test('by an access token is let in for an hour, by its second', async () => {
    const { access_token } = (await server.post({ ...CLIENT, ...BY_CLIENT })).body
    server.pass(3_599)
    expect(await server.open(access_token)).toBe(200)
    server.pass(10)
    const headers = { authorization: `Bearer ${access_token}` }
    const answer = await server.app.inject({ url: '/customerBillManagement/v4/billCycle', headers })
    expect([answer.statusCode, parsed(answer.body).code]).toEqual([401, '42'])
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  test.each([
    ['is disabled', sql`"is_enabled" = false`],
    ['expires', sql`"expires_at" = '2000-01-01'`],
    ['may be used elsewhere only', sql`"allowed_addresses" = '["192.0.2.1"]'`]
  ])('by an API key is let in no more when it %s', async (why, assignment) => {
    const key = `key that ${why}`
    await addApiKey(server.database, { tenantId: TENANT, key })
    const ask = async () => {
      const asked = [server, second].map(({ app }) => app.inject({ url: '/admin/v1/partner', headers: { token: key } }))
      return (await Promise.all(asked)).map(({ statusCode }) => statusCode)
    }
    expect(await ask()).toEqual([200, 200])
    await server.database.run(sql`UPDATE "api_key" SET ${assignment} WHERE "name" = ${key}`)
    server.pass(EFFECTIVE_AFTER_S)
    expect(await ask()).toEqual([401, 401])
  })
})
