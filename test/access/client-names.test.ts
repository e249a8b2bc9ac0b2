import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { OTHER_TENANT, TENANT } from '../support/database.ts'
import { addClient, addUser, BY_PASSWORD, SECRET } from './people.ts'
import { startTokenServer, type TokenServer } from './token-server.ts'

/** Clients of two tenants share this name. */
const SAME = 'same'
const SECRETS = { [TENANT]: SECRET, [OTHER_TENANT]: 'the-other-secret' } as const
const TENANTS = [TENANT, OTHER_TENANT] as const
const REDIRECT = 'https://portal.example.com/callback'

let server: TokenServer
const ids: Record<string, string> = {}

beforeAll(async () => {
  server = await startTokenServer()
  const { database } = server
  for (const tenantId of TENANTS) {
    ids[tenantId] = await addClient(database, { tenantId, clientId: SAME, secret: SECRETS[tenantId] })
    await addUser(database, { tenantId, username: 'admin' })
    const grantTypes = ['authorization_code', 'refresh_token', 'password']
    ids[`public ${tenantId}`] = await addClient(database, { tenantId, clientId: 'public', grantTypes })
  }
  await database.run(sql`UPDATE "oauth_client" SET "redirect_uris" = ${JSON.stringify([REDIRECT])}
    WHERE "client_id" = 'public'`)
})
afterAll(() => server.close())

const tenantOf = (token: string) => parsed(Buffer.from(String(token.split('.')[1]), 'base64url').toString()).tenant

test.each(TENANTS)('a client of %s is known by its secret, and by the id that nobody chose', async (tenantId) => {
  for (const client_id of [SAME, String(ids[tenantId])]) {
    const form = { ...BY_PASSWORD, client_id, client_secret: SECRETS[tenantId] }
    const { status, body } = await server.post(form)
    expect([status, tenantOf(body.access_token)]).toEqual([200, tenantId])
    const refreshing = { client_id, client_secret: SECRETS[tenantId], refresh_token: body.refresh_token }
    const refreshed = await server.post({ ...refreshing, grant_type: 'refresh_token' })
    expect([refreshed.status, tenantOf(refreshed.body.access_token)]).toEqual([200, tenantId])
  }
})

test('the secret of one is none of the other', async () => {
  const form = { ...BY_PASSWORD, client_id: String(ids[TENANT]), client_secret: SECRETS[OTHER_TENANT] }
  expect((await server.post(form)).body.error).toBe('invalid_client')
})

test.each(TENANTS)('a public client of %s is known by what it was given', async (tenantId) => {
  const secret = { client_id: SAME, client_secret: SECRETS[tenantId] }
  const { body } = await server.post({ ...BY_PASSWORD, ...secret })
  await server.database.run(sql`UPDATE "oauth_grant" SET "client_id" = ${ids[`public ${tenantId}`]}
    WHERE "tenant_id" = ${tenantId} AND "client_id" = ${ids[tenantId]}`)
  const form = { grant_type: 'refresh_token', client_id: 'public', refresh_token: body.refresh_token }
  const refreshed = await server.post(form)
  expect([refreshed.status, tenantOf(refreshed.body.access_token)]).toEqual([200, tenantId])
})

test('who is called back at the same address comes later, and does not take the place of who is there', async () => {
  const page = async (client_id: string) => {
    const query = { response_type: 'code', client_id, redirect_uri: REDIRECT, code_challenge_method: 'S256' }
    const all = new URLSearchParams({ ...query, code_challenge: 'x'.repeat(43) })
    return (await server.app.inject(`/oauth/authorize?${all}`)).statusCode
  }
  const first = String(ids[`public ${TENANT}`])
  const disable = (id: string, is: boolean) =>
    server.database.run(sql`UPDATE "oauth_client" SET "is_enabled" = ${is} WHERE "id" = ${id}`)
  expect([await page('public'), await page(String(ids[`public ${OTHER_TENANT}`]))]).toEqual([200, 200])
  await disable(String(ids[`public ${OTHER_TENANT}`]), false)
  expect(await page('public')).toBe(200)
  await disable(first, false)
  expect(await page('public')).toBe(400)
})
