import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { StartError } from '../../src/base/start-error.ts'
import { sql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { secrets, testConfig } from '../support/config.ts'
import { addPartner, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startTestServer } from '../support/server.ts'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type IdentityProvider,
  newBrowser,
  signInThere,
  startIdentityProvider
} from './identity-provider.ts'
import { comeBack, type Listening, ssoEnvironment, startListening } from './sso-server.ts'

let store: TestDatabase
let idp: IdentityProvider
let server: Listening
beforeAll(async () => {
  store = await createTestDatabase()
  await addPartner(store.database, 'demo', 'PARTNER-1')
  idp = await startIdentityProvider()
  server = await startListening(store, idp)
  await idp.open(`${server.origin}/sso/callback`)
})
afterAll(async () => {
  await server.close()
  await idp.close()
  await store.drop()
})

async function signIn(login: string, at: Listening = server) {
  const browser = newBrowser()
  const answer = await browser.visit(await comeBack(browser, login, at))
  return { status: answer.status, headers: answer.headers, body: parsed(await answer.text()), browser }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('who signs in at the provider', () => {
  test('gets a token with the scopes of their roles, which opens the API', async () => {
    const { status, headers, body, browser } = await signIn('ann')
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'bill:read bill:write'
    })
    expect([...browser.cookies.keys()].filter((name) => name.startsWith('sso-'))).toEqual([])
    const headersOf = bearer(body.access_token)
    expect((await server.call('GET', 'customerBill', undefined, headersOf)).status).toBe(200)
    expect((await server.call('GET', '/admin/v1/audit', undefined, headersOf)).status).toBe(403)
  })

  test('is named by the audit', async () => {
    const { body } = await signIn('ann')
    const bill = await server.call('POST', 'customerBill', { billingAccount: { id: 'A1' } }, bearer(body.access_token))
    const { rows } = await store.database.run(
      sql`SELECT "tenant_id", "actor_type", "actor_id" FROM "audit" WHERE "resource_id" = ${bill.body.id}`
    )
    expect(rows).toEqual([['demo', 'sso', 'sso:ann']])
  })

  test('belongs to the tenant of the claim, with a role that is one text', async () => {
    const { body } = await signIn('otto')
    expect(body.scope).toBe('bill:read account:read')
    expect(tokenClaims(body.access_token)).toMatchObject({ tenant: 'other', sub: 'sso:otto', actor_type: 'sso' })
  })

  test('belongs to the partner of the claim', async () => {
    const { body } = await signIn('pat')
    const headers = bearer(body.access_token)
    expect((await server.call('POST', 'customerBill', { billingAccount: { id: 'A2' } }, headers)).status).toBe(201)
    const seen = await server.call('GET', 'customerBill?fields=id', undefined, headers)
    expect(seen.body).toHaveLength(1)
  })

  test('loses the token when its grant is revoked', async () => {
    const { body } = await signIn('ann')
    const { grant } = tokenClaims(body.access_token)
    await store.database.run(sql`UPDATE "oauth_grant" SET "revoked_at" = now() WHERE "id" = ${grant}`)
    expect((await server.call('GET', 'customerBill', undefined, bearer(body.access_token))).status).toBe(401)
  })

  test.each([
    ['tom', 'names no provider'],
    ['tess', 'names no provider'],
    ['rob', 'no role'],
    ['rita', 'no role'],
    ['pia', 'names no partner'],
    ['paul', 'names no partner'],
    ['olga', 'names no partner']
  ])('is refused when the claims fit nothing here: %s %s', async (login, reason) => {
    const { status, body } = await signIn(login)
    expect(status).toBe(403)
    expect(body.message).toContain(reason)
  })

  test('is refused with the reason when they give up there', async () => {
    const { status, body } = await signIn('')
    expect(status).toBe(403)
    expect(body.message).toBe('The identity provider did not sign you in: access_denied')
  })
})

function tokenClaims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

describe('the provider', () => {
  test('may be down when the server starts, and come later', async () => {
    const late = await startIdentityProvider()
    await late.close()
    const waiting = await startListening(store, late, { SSO_TENANT_CLAIM: '', SSO_TENANT: 'other' })
    const answer = await fetch(`${waiting.origin}/sso/login`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '10'])
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('identity provider') })
    expect((await waiting.call('GET', 'customerBill')).status).toBe(200)
    await late.open(`${waiting.origin}/sso/callback`)
    const { status, body } = await signIn('ann', waiting)
    expect(status).toBe(200)
    // With a fixed tenant, the claim does not count.
    expect(tokenClaims(body.access_token)).toMatchObject({ tenant: 'other' })
    await waiting.close()
    await late.close()
  })

  test('may go down during a sign-in', async () => {
    const frail = await startIdentityProvider()
    const waiting = await startListening(store, frail)
    await frail.open(`${waiting.origin}/sso/callback`)
    const browser = newBrowser()
    const url = await comeBack(browser, 'ann', waiting)
    await frail.close()
    const answer = await browser.visit(url)
    expect(answer.status).toBe(503)
    expect(await answer.text()).not.toContain(new URL(url).searchParams.get('code'))
    await waiting.close()
  })

  test('must know this server by the secret', async () => {
    const wrong = await startListening(store, idp, { SSO_CLIENT_SECRET: 'wrong' })
    const browser = newBrowser()
    const back = new URL(await comeBack(browser, 'ann', server))
    const answer = await browser.visit(`${wrong.origin}${back.pathname}${back.search}`)
    expect(answer.status).toBe(503)
    await wrong.close()
  })
})

test('no log holds anything that opens something', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line) => lines.push(line) })
  for (const secret of [CLIENT_SECRET, 'not-the-secret']) {
    const config = testConfig({ ...ssoEnvironment(idp.issuer), SSO_CLIENT_SECRET: secret })
    const app = await buildApp({ config, secrets, database: store.database, logger })
    const begun = await app.inject('/sso/login')
    const browser = newBrowser()
    for (const { name, value } of begun.cookies) browser.cookies.set(name, value)
    const location = new URL(String(begun.headers.location))
    location.searchParams.set('redirect_uri', `${server.origin}/sso/callback`)
    const back = new URL(await signInThere(browser, location.href, 'ann'))
    const url = back.pathname + back.search
    const headers = { host: new URL(server.origin).host }
    const answer = await app.inject({ url, headers, cookies: Object.fromEntries(browser.cookies) })
    expect(answer.statusCode).toBe(secret === CLIENT_SECRET ? 200 : 503)
    const { access_token = 'nothing' } = answer.json<{ access_token?: string }>()
    const basic = Buffer.from(`${CLIENT_ID}:${secret}`).toString('base64')
    const hidden = [
      secret,
      basic,
      access_token,
      back.searchParams.get('code'),
      ...begun.cookies.map(({ value }) => value)
    ]
    for (const one of hidden) expect(lines.join('')).not.toContain(one)
    await app.close()
  }
  expect(lines.join('')).toContain('401')
})

test('nothing of it is there without an issuer', async () => {
  const plain = await startTestServer({}, store)
  for (const path of ['/sso/login', '/sso/callback']) expect((await plain.call('GET', path)).status).toBe(404)
  await plain.close()
})

test('a map to a scope that does not exist keeps the server from starting', async () => {
  const env = { ...ssoEnvironment('https://idp.example.com'), SSO_SCOPE_MAP: '{"staff": ["bill:eat"]}' }
  const start = startTestServer(env, store)
  await expect(start).rejects.toThrow(new StartError('The configuration is wrong. SSO_SCOPE_MAP: bill:eat is no scope'))
})
