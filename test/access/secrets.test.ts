import { Writable } from 'node:stream'
import type { InjectOptions } from 'fastify'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashSecret } from '../../src/auth/keys/secret.ts'
import { encodePassword } from '../../src/auth/sign-in/password.ts'
import { rawSql, sql } from '../../src/db/sql.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { addApiKey, TENANT } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { addEverybody, BY_CLIENT, BY_PASSWORD, CLIENT, ENCODED_PASSWORD, PASSWORD, SECRET } from './people.ts'
import { basic, type Form, type Sending, startTokenServer, type TokenServer } from './token-server.ts'

const KEY = 'an-api-key-of-the-trace-test'
const WRONG = {
  password: 'a wrong password that somebody tried',
  secret: 'a wrong secret that somebody tried',
  key: 'a-wrong-key-that-somebody-tried',
  token: 'eyJhbGciOiJub25lIn0.a-wrong-token-that-somebody-tried.x',
  refresh: 'a-wrong-refresh-token-that-somebody-tried'
}

let server: TokenServer
/** All log lines and error responses. */
const logged: string[] = []
const failures: string[] = []
/** All credentials, right or wrong. */
const secrets = new Set<string>([PASSWORD, ENCODED_PASSWORD, SECRET, KEY, hashSecret(SECRET), hashSecret(KEY)])

beforeAll(async () => {
  for (const wrong of Object.values(WRONG)) secrets.add(wrong)
  secrets.add(encodePassword(WRONG.password))
  const stream = new Writable({
    write: (chunk, _, done) => {
      logged.push(String(chunk))
      done()
    }
  })
  server = await startTokenServer({}, undefined, pino({ level: 'trace' }, stream))
  await addEverybody(server.database)
  await addApiKey(server.database, { tenantId: TENANT, key: KEY })
  await server.database.run(sql`UPDATE "api_key" SET "name" = 'the one that is used' WHERE "name" = ${KEY}`)
})
afterAll(() => server.close())

test('a log line has the pattern of a route, and nothing of a path, which may be a phone number', async () => {
  const number = '4915112345678'
  const before = logged.length
  const asked: readonly (readonly [string, string])[] = [
    [`${BASE}/customerBill/+${number}?fields=id`, `${BASE}/customerBill/:id`],
    [`${BASE}/accounts/+${number}`, `${BASE}/accounts/:id`],
    [`${BASE}/accounts/+${number}/statement?from=2026-01-01&to=2026-01-31`, `${BASE}/accounts/:id/statement`],
    [`${BASE}/customerBill/+${number}/document/1`, `${BASE}/customerBill/:id/document/:documentId`],
    [`/nowhere/${number}`, 'none']
  ]
  for (const [url] of asked) expect((await server.app.inject({ url, headers: { token: KEY } })).statusCode).toBe(404)
  const lines = logged.slice(before)
  expect(lines.join('')).not.toContain(number)
  const routes = lines.map(parsed).flatMap(({ route }) => route ?? [])
  expect(routes).toEqual(asked.map(([, route]) => route))
})

test('no secret is in a log, in the answer of a failure, or in the audit, whatever happens', async () => {
  await signInEveryWay()
  await failEveryWay()
  await administer()
  await breakTheDatabase()
  expectNowhere('the log', logged.join(''))
  expectNowhere('an answer', failures.join('\n'))
  // The set is not empty by mistake.
  expect(secrets.size).toBeGreaterThan(30)
  expect(logged.filter((line) => line.includes('"status":500')).length).toBeGreaterThan(5)
  expect(logged.filter((line) => line.includes('relation \\"')).length).toBeGreaterThan(5)
  expect(failures.length).toBeGreaterThan(40)
})

/** Uses every grant and every place of a credential; issued tokens become secrets. */
async function signInEveryWay(): Promise<void> {
  const good = { ...CLIENT, ...BY_PASSWORD }
  const ways: readonly (readonly [Form, Sending])[] = [
    [good, {}],
    [{}, { query: good }],
    [{}, { query: good, path: '/oauth2/token/' }],
    [BY_PASSWORD, { headers: basic(TENANT, SECRET) }],
    [{ ...good, client_id: 'plain', password: PASSWORD }, {}],
    [{}, { query: { ...good, client_id: 'plain', password: PASSWORD } }],
    [{ ...CLIENT, ...BY_CLIENT, client_id: 'refreshing' }, {}]
  ]
  secrets.add(String(basic(TENANT, SECRET).authorization).slice('Basic '.length))
  for (const [form, sending] of ways) {
    const { body } = await server.post(form, sending)
    issued(body)
    expect(await server.open(body.access_token)).toBe(200)
    await server.app.inject({ url: `${BASE}/billCycle?access_token=${body.access_token}` }).then(noteFailure)
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      expect((await server.post({ ...CLIENT, token: body.access_token }, { path })).status).toBeLessThan(500)
    }
  }
  const { refresh_token } = issued((await server.post(good)).body)
  const refresh = { ...CLIENT, grant_type: 'refresh_token', refresh_token: String(refresh_token) }
  issued((await server.post({}, { query: refresh })).body)
  noteText((await server.post({}, { query: refresh })).text)
  for (const headers of [{ token: KEY }, { authorization: `ApiKey ${KEY}` }]) {
    const payload = { name: 'A cycle' }
    const made = await server.app.inject({ method: 'POST', url: `${BASE}/billCycle`, headers, payload })
    expect(made.statusCode).toBe(201)
  }
}

/** Sends wrong credentials everywhere, and right ones where they are not allowed. */
async function failEveryWay(): Promise<void> {
  const good = { ...CLIENT, ...BY_PASSWORD }
  const wrongs: readonly Form[] = [
    { ...good, password: WRONG.password },
    { ...good, password: encodePassword(WRONG.password) },
    { ...good, client_secret: WRONG.secret },
    { ...good, username: PASSWORD },
    { ...good, grant_type: SECRET },
    { ...good, scope: SECRET },
    { ...good, client_id: SECRET },
    { ...good, grant_type: 'refresh_token', refresh_token: WRONG.refresh },
    { ...good, grant_type: 'authorization_code', code: WRONG.token, redirect_uri: `https://example.com/${SECRET}` },
    [...Object.entries(good), ['client_secret', SECRET]],
    { ...good, [SECRET]: 'x', token: WRONG.token }
  ]
  for (const path of ['/oauth/token', '/oauth/revoke', '/oauth/introspect', '/nowhere']) {
    for (const form of wrongs) {
      noteText((await server.post(form, { path })).text)
      noteText((await server.post({}, { path, query: form })).text)
    }
    noteText((await server.post({}, { path, payload: JSON.stringify(good) })).text)
    noteText((await server.post(good, { path, headers: { 'content-type': 'application/json' } })).text)
    noteText((await server.post(good, { path, headers: basic(TENANT, WRONG.secret) })).text)
    noteText((await server.post({}, { path, query: good, method: 'GET', payload: '' })).text)
  }
  const headers: readonly Record<string, string>[] = [
    { token: WRONG.key },
    { token: KEY, authorization: `ApiKey ${KEY}` },
    { authorization: `ApiKey ${WRONG.key}` },
    { authorization: `Bearer ${WRONG.token}` },
    { authorization: `Bearer ${KEY}` },
    { authorization: `Digest ${SECRET}` },
    { authorization: SECRET },
    { token: KEY, proxy_accountNumber: SECRET },
    { token: KEY, 'idempotency-key': `${SECRET}\t` },
    { token: KEY, 'if-match': SECRET },
    { 'x-request-id': `Bearer ${SECRET}` }
  ]
  for (const sent of headers) {
    for (const method of ['GET', 'POST', 'PUT'] as const) await ask({ method, url: `${BASE}/billCycle`, headers: sent })
  }
}

/** Creates resources with secrets, which are shown once and masked in the audit. */
async function administer(): Promise<void> {
  const chosen = 'a password that an administrator chose'
  secrets.add(chosen).add(encodePassword(chosen))
  const bodies = {
    user: { username: 'new', scope: ['trust'], password: chosen },
    client: { clientId: 'new', scope: ['trust'], grantTypes: ['client_credentials'] },
    apiKey: { name: 'new', scope: ['trust'] }
  }
  for (const [path, payload] of Object.entries(bodies)) {
    const headers = { token: KEY }
    const made = await server.app.inject({ method: 'POST', url: `/admin/v1/${path}`, headers, payload })
    expect(made.statusCode, made.body).toBe(201)
    const { id, key, secret } = parsed(made.body)
    for (const text of [key, secret].filter((one) => one !== undefined)) secrets.add(text).add(hashSecret(text))
    await ask({ url: `/admin/v1/${path}/${id}`, headers })
    await ask({ method: 'PATCH', url: `/admin/v1/${path}/${id}`, headers, payload: { isEnabled: false } })
    await ask({
      method: 'POST',
      url: `/admin/v1/${path}`,
      headers,
      payload: { ...payload, scope: [SECRET], isEnabled: SECRET }
    })
  }
  const { rows } = await server.database.run(sql`SELECT to_jsonb(a)::text FROM "audit" AS a`)
  expect(rows.length).toBeGreaterThan(6)
  expectNowhere('the audit', rows.join('\n'))
}

/** Removes a table, so that failed statements are logged. */
async function breakTheDatabase(): Promise<void> {
  const good = { ...CLIENT, ...BY_PASSWORD }
  const { access_token } = issued((await server.post(good)).body)
  const refresh = { ...CLIENT, grant_type: 'refresh_token', refresh_token: WRONG.refresh }
  const tables = [
    'oauth_refresh_token',
    'oauth_grant',
    'api_key',
    'oauth_user',
    'oauth_client',
    'sign_in_attempt'
  ] as const
  for (const table of tables) {
    await server.database.run(rawSql(`ALTER TABLE "${table}" RENAME TO "gone_${table}"`))
    // Outlives the cache of credentials.
    server.pass(10)
    for (const form of [good, { ...CLIENT, ...BY_CLIENT, client_id: 'refreshing' }, refresh]) {
      noteText((await server.post(form)).text)
      noteText((await server.post({}, { query: form })).text)
    }
    noteText((await server.post({ ...CLIENT, token: String(access_token) }, { path: '/oauth/introspect' })).text)
    for (const headers of [{ token: KEY }, { authorization: `Bearer ${access_token}` }]) {
      await ask({ url: `${BASE}/billCycle`, headers })
    }
  }
}

async function ask(options: InjectOptions): Promise<void> {
  noteFailure(await server.app.inject(options))
}

function noteFailure({ statusCode, headers, body }: { statusCode: number; headers: object; body: string }): void {
  if (statusCode >= 400) failures.push(JSON.stringify(headers), body)
}

function noteText(text: string): void {
  if (!text.includes('"access_token"')) failures.push(text)
}

function issued(body: Answer): Answer {
  for (const text of [body.access_token, body.refresh_token]) {
    if (text !== undefined)
      secrets
        .add(text)
        .add(hashSecret(text))
        .add(String(text.split('.')[2] ?? text))
  }
  return body
}

function expectNowhere(where: string, text: string): void {
  const found = [...secrets].filter((secret) => [secret, encodeURIComponent(secret)].some((one) => text.includes(one)))
  expect(found.map((secret) => `${where}: ${excerpt(text, secret)}`)).toEqual([])
}

function excerpt(text: string, secret: string): string {
  const at = Math.max(text.indexOf(secret), text.indexOf(encodeURIComponent(secret)))
  return text.slice(Math.max(0, at - 200), at + 100)
}
