import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Browser,
  CLIENT_ID,
  type IdentityProvider,
  newBrowser,
  signInThere,
  startIdentityProvider
} from './identity-provider.ts'
import { begin, comeBack, type Listening, startListening } from './sso-server.ts'

let store: TestDatabase
let idp: IdentityProvider
let server: Listening
beforeAll(async () => {
  store = await createTestDatabase()
  idp = await startIdentityProvider()
  server = await startListening(store, idp)
  await idp.open(`${server.origin}/sso/callback`)
})
afterAll(async () => {
  await server.close()
  await idp.close()
  await store.drop()
})

test('the way there is a code with PKCE, state and nonce, none of which names its cookie', async () => {
  const browser = newBrowser()
  const answer = await browser.visit(`${server.origin}/sso/login`)
  expect(answer.status).toBe(302)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const location = answer.headers.get('location') ?? ''
  const query = Object.fromEntries(new URL(location).searchParams)
  expect(query).toEqual({
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: `${server.origin}/sso/callback`,
    scope: 'openid profile email',
    state: browser.cookies.get('sso-state'),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256'
  })
  expect(location).not.toContain(browser.cookies.get('sso-nonce'))
  expect(location).not.toContain(browser.cookies.get('sso-verifier'))
})

test.each([
  [{}, 'Path=/sso; HttpOnly; SameSite=Lax'],
  [{ PUBLIC_URL: 'https://bills.example.com/tmf' }, 'Path=/tmf/sso; HttpOnly; Secure; SameSite=Lax']
])('the way there keeps its cookies to itself: %o', async (env, attributes) => {
  const other = await startListening(store, idp, env)
  const answer = await fetch(`${other.origin}/sso/login`, { redirect: 'manual' })
  const lines = answer.headers.getSetCookie()
  expect(lines.map((line) => line.split('=')[0]).sort()).toEqual(['sso-nonce', 'sso-state', 'sso-verifier'])
  for (const line of lines) expect(line.replace(/^[^;]+; /, '')).toBe(`Max-Age=600; ${attributes}`)
  await other.close()
})

const changes: readonly (readonly [string, number, string, (url: URL, browser: Browser) => void])[] = [
  ['another state', 400, 'begin again', (url) => url.searchParams.set('state', 'x')],
  ['no state', 400, 'begin again', (url) => url.searchParams.delete('state')],
  ['another browser', 400, 'begin again', (_, { cookies }) => cookies.clear()],
  ['the nonce lost', 400, 'begin again', (_, { cookies }) => cookies.delete('sso-nonce')],
  ['another nonce', 403, 'not from this sign-in', (_, { cookies }) => cookies.set('sso-nonce', 'x')],
  ['another verifier', 400, 'does not take its code', (_, { cookies }) => cookies.set('sso-verifier', 'x'.repeat(43))],
  ['another code', 400, 'does not take its code', (url) => url.searchParams.set('code', 'x')],
  ['no code', 400, 'no code', (url) => url.searchParams.delete('code')],
  ['another issuer', 400, 'another issuer', (url) => url.searchParams.set('iss', 'https://idp.example.com')],
  ['a parameter twice', 400, 'twice', (url) => url.searchParams.append('code', 'x')],
  ['an error that is no name', 403, ': an error', (url) => url.searchParams.set('error', '<b>')]
]

test.each(changes)('the way back is refused with %s', async (_, status, reason, change) => {
  const browser = newBrowser()
  const url = new URL(await comeBack(browser, 'ann', server))
  change(url, browser)
  const answer = await browser.visit(url.href)
  expect(answer.status).toBe(status)
  expect(await answer.text()).toContain(reason)
})

test('the way back is refused for an ID token with the nonce of another sign-in', async () => {
  const browser = newBrowser()
  const location = new URL(await begin(browser, server.origin))
  location.searchParams.set('nonce', 'planted')
  const answer = await browser.visit(await signInThere(browser, location.href, 'ann'))
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('not from this sign-in')])
})

test('the way back can be gone once', async () => {
  const browser = newBrowser()
  const url = await comeBack(browser, 'ann', server)
  const kept = new Map(browser.cookies)
  expect((await browser.visit(url)).status).toBe(200)
  expect((await browser.visit(url)).status).toBe(400)
  for (const [name, value] of kept) browser.cookies.set(name, value)
  expect((await browser.visit(url)).status).toBe(400)
})
