import { createHash } from 'node:crypto'
import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  answerOf,
  type Changes,
  ISSUER,
  NATIVE_REDIRECT_URI,
  PASSWORD,
  type Portal,
  QUERY_REDIRECT_URI,
  REDIRECT_URI,
  startPortal
} from './portal.ts'

const MINUTE_MS = 60_000

let portal: Portal
beforeAll(async () => {
  portal = await startPortal()
})
afterAll(() => portal.drop())

describe('the sign-in page', () => {
  test('names the client, where it returns to and what it asks for, and has a labelled form', async () => {
    const page = await portal.ask({ scope: 'bill:read bill:write' })
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.body).toContain('<strong>portal</strong> at portal.example.com')
    expect(page.body).toContain('bill:read, bill:write')
    for (const name of ['username', 'password']) {
      expect(page.body).toContain(`<label for="${name}">`)
      expect(page.body).toMatch(new RegExp(`<input id="${name}" name="${name}"`))
    }
    expect(page.body).toContain('<form method="post" action="/tmf/oauth/authorize">')
    expect(page.body).not.toMatch(/<script|\son\w+=/)
  })

  test('may be neither stored, framed nor followed by a referrer, and loads nothing', async () => {
    const { headers, body } = await portal.ask()
    const style = /<style>([\s\S]*)<\/style>/.exec(body)?.[1] ?? ''
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': [
        "default-src 'none'",
        `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
        "form-action 'self' https://portal.example.com",
        "base-uri 'none'",
        "frame-ancestors 'none'"
      ].join('; ')
    })
  })

  test.each([
    [NATIVE_REDIRECT_URI, 'com.example.portal:'],
    ['http://[::1]:8080/callback', 'http:']
  ])('lets its form be redirected to %s', async (redirectUri, source) => {
    const { headers } = await portal.ask({ redirect_uri: redirectUri })
    expect(headers['content-security-policy']).toContain(`form-action 'self' ${source};`)
  })

  test('escapes whatever it was given', async () => {
    const nasty = `"'><script>alert(1)</script>&amp;`
    const pages = [await portal.ask({ state: nasty }), await portal.signIn({ state: nasty, username: nasty })]
    for (const { body } of pages) {
      expect(body).not.toContain('<script')
      expect(body).toContain('&#34;&#39;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#38;amp;')
    }
  })

  test('leads back to the client when the user gives up', async () => {
    const { body } = await portal.ask()
    const href = /<a href="([^"]+)">Cancel/.exec(body)?.[1]?.replaceAll('&#38;', '&') ?? ''
    expect(href.startsWith(`${REDIRECT_URI}?`)).toBe(true)
    expect(Object.fromEntries(new URL(href).searchParams)).toMatchObject({ error: 'access_denied', state: 'xyz <&>' })
  })
})

describe('signing in', () => {
  test('redirects to the client with a code, its state and who answers', async () => {
    const answer = await portal.signIn()
    expect(answer.statusCode).toBe(303)
    expect(String(answer.headers.location).startsWith(`${REDIRECT_URI}?`)).toBe(true)
    expect(answer.headers['cache-control']).toBe('no-store')
    const { code, ...rest } = Object.fromEntries(answerOf(answer))
    expect(code).toMatch(/^[\w-]{43}$/)
    expect(rest).toEqual({ state: 'xyz <&>', iss: ISSUER })
  })

  test('gives back a state of any characters', async () => {
    const answer = answerOf(await portal.signIn({ state: 'é\r\n' }))
    expect([answer.get('state'), answer.has('code')]).toEqual(['é\r\n', true])
  })

  test('leaves out a state that was not sent', async () => {
    expect([...answerOf(await portal.signIn({ state: undefined })).keys()]).toEqual(['code', 'iss'])
  })

  test('keeps the query of the redirect URI as it is registered', async () => {
    const { headers } = await portal.signIn({ redirect_uri: QUERY_REDIRECT_URI })
    expect(headers.location).toMatch(/^https:\/\/portal\.example\.com\/callback\?app=a%20b&code=[\w-]{43}&/)
    const refused = await portal.ask({ redirect_uri: QUERY_REDIRECT_URI, scope: 'admin' })
    expect(refused.headers.location).toMatch(/callback\?app=a%20b&error=invalid_scope&/)
  })

  test('is taken from a form of this site only', async () => {
    for (const site of ['same-origin', 'none']) {
      expect((await portal.signIn({}, { 'sec-fetch-site': site })).statusCode).toBe(303)
    }
    for (const site of ['cross-site', 'same-site']) {
      const page = await portal.signIn({}, { 'sec-fetch-site': site })
      expect([page.statusCode, page.headers.location]).toEqual([403, undefined])
    }
  })

  test.each([
    ['a wrong password', { password: 'wrong' }, 403, 'is wrong'],
    ['the encoded password', { password: createHash('sha256').update(PASSWORD).digest('hex') }, 403, 'is wrong'],
    ['an unknown user', { username: 'nobody' }, 403, 'is wrong'],
    ['no password', { password: undefined }, 400, 'Enter your username'],
    ['no username', { username: undefined }, 400, 'Enter your username']
  ])('shows the form again for %s, without the password', async (_, changes, status, message) => {
    const page = await portal.signIn(changes)
    expect([page.statusCode, page.headers.location]).toEqual([status, undefined])
    expect(page.body).toMatch(new RegExp(`<p role="alert">[^<]*${message}`))
    expect(page.body).toContain('<form method="post"')
    expect(page.body).not.toContain('wrong"')
  })

  test('says when too many attempts have failed, even with the right password then', async () => {
    for (let attempt = 0; attempt < 6; attempt++) await portal.signIn({ username: 'bob', password: 'wrong' })
    const page = await portal.signIn({ username: 'bob' })
    expect(page.statusCode).toBe(429)
    expect(page.headers['retry-after']).toMatch(/^\d+$/)
    expect(page.body).toContain('<p role="alert">Too many failed attempts; try again later</p>')
    portal.turn(MINUTE_MS)
  })
})

describe('a request whose answer has nowhere to go', () => {
  const cases: readonly (readonly [string, Changes])[] = [
    ['no client', { client_id: undefined }],
    ['an unknown client', { client_id: 'nobody' }],
    ['a client that cannot be stored', { client_id: 'port\0al' }],
    ['no redirect URI', { redirect_uri: undefined }],
    ['a redirect URI that is not registered', { redirect_uri: 'https://evil.example.com/callback' }],
    ['a redirect URI below a registered one', { redirect_uri: `${REDIRECT_URI}/more` }],
    ['a redirect URI in other letters', { redirect_uri: 'https://PORTAL.example.com/callback' }],
    ['a registered script', { redirect_uri: 'javascript:alert(1)//' }],
    ['a registered fragment', { redirect_uri: 'https://portal.example.com/#fragment' }]
  ]

  test.each(cases)('is refused on a page: %s', async (_, changes) => {
    const pages: LightMyRequestResponse[] = [await portal.ask(changes), await portal.signIn(changes)]
    for (const { statusCode, headers, body } of pages) {
      expect([statusCode, headers.location]).toEqual([400, undefined])
      expect(body).toContain('<p role="alert">')
      expect(body).not.toContain('<form')
      expect(headers['content-security-policy']).toContain("form-action 'none'")
    }
  })

  test.each([
    ['a parameter that comes twice', 'client_id=portal&client_id=portal', 'application/x-www-form-urlencoded', 400],
    ['a body that is no form', '{}', 'application/json', 415],
    ['a form that is too long', 'a='.padEnd(40_000, 'x'), 'application/x-www-form-urlencoded', 413]
  ])('is refused on a page: %s', async (_, payload, type, status) => {
    const headers = { 'content-type': type }
    const page = await portal.app.inject({ method: 'POST', url: '/oauth/authorize', payload, headers })
    expect(page.statusCode).toBe(status)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  })
})

describe('a request that the client got wrong', () => {
  const cases: readonly (readonly [string, Changes, string])[] = [
    ['no response_type', { response_type: undefined }, 'invalid_request'],
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['no code_challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a short code_challenge', { code_challenge: 'a'.repeat(42) }, 'invalid_request'],
    ['no code_challenge_method', { code_challenge_method: undefined }, 'invalid_request'],
    ['a plain code_challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['an unknown scope', { scope: 'bill:read everything' }, 'invalid_scope'],
    ['a scope that the client may not have', { scope: 'trust' }, 'invalid_scope'],
    ['a client without this grant', { client_id: 'batch' }, 'unauthorized_client']
  ]

  test.each(cases)('is told to it by redirect: %s', async (_, changes, error) => {
    for (const answer of [await portal.ask(changes), await portal.signIn(changes)]) {
      expect(answer.statusCode).toBe(303)
      const told = Object.fromEntries(answerOf(answer))
      expect(told).toEqual({ error, error_description: expect.any(String), state: 'xyz <&>', iss: ISSUER })
      expect(told.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    }
  })

  test('a scope that the user may not have is told after the sign-in', async () => {
    expect((await portal.ask({ scope: 'account:read' })).statusCode).toBe(200)
    expect(answerOf(await portal.signIn({ scope: 'account:read' })).get('error')).toBe('invalid_scope')
  })
})
