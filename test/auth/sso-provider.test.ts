import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ssoProvider } from '../../src/auth/sso/provider.ts'

const START_MS = Date.parse('2026-11-21T10:00:00.000Z')
const HOUR_MS = 3_600_000

let origin = ''
let nowMs = START_MS
let metadata: unknown
let status = 200
/** Requests so far: path, body and credentials. */
let asked: { readonly url: string; readonly body: string; readonly headers: IncomingHttpHeaders }[] = []

const server = createServer(async (request, response) => {
  const body = (await request.toArray()).join('')
  asked.push({ url: String(request.url), body, headers: request.headers })
  const isToken = request.url === '/token?v=2'
  response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' })
  response.end(JSON.stringify(isToken ? { access_token: 'a', token_type: 'Bearer', id_token: 'i' } : metadata))
})
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((done) => server.close(done)))
beforeEach(() => {
  asked = []
  status = 200
  nowMs = START_MS
  metadata = described({})
})

const described = (changes: object) => ({
  issuer: `${origin}/`,
  authorization_endpoint: `${origin}/authorize?realm=main`,
  token_endpoint: `${origin}/token?v=2`,
  jwks_uri: `${origin}/jwks`,
  ...changes
})

const newProvider = () =>
  ssoProvider(
    {
      issuer: `${origin}/`,
      clientId: 'tmf678',
      clientSecret: 's:e',
      tenant: { id: 'demo' },
      scopeClaim: 'roles',
      scopeMap: new Map(),
      partnerClaim: undefined
    },
    () => new Date(nowMs).toISOString(),
    { callbackUri: 'http://127.0.0.1/sso/callback', generateStateFunction: () => 's', checkStateFunction: () => true }
  )

describe('the metadata', () => {
  test('is asked for once by all that need it, and again when an hour is over', async () => {
    const provider = newProvider()
    expect(asked).toEqual([])
    const [one, two] = await Promise.all([provider(), provider()])
    nowMs += HOUR_MS - 1
    expect([one, two]).toEqual([await provider(), one])
    expect(one.authorizationEndpoint).toBe(`${origin}/authorize?realm=main`)
    expect(asked.map(({ url }) => url)).toEqual(['/.well-known/openid-configuration'])
    nowMs += 1
    await provider()
    expect(asked).toHaveLength(2)
  })

  test('is asked for again after a failure', async () => {
    const provider = newProvider()
    status = 500
    await expect(provider()).rejects.toMatchObject({ kind: 'unavailable' })
    status = 200
    expect(await provider()).toMatchObject({ authorizationEndpoint: `${origin}/authorize?realm=main` })
  })

  test.each<readonly [string, () => unknown]>([
    ['is of another issuer', () => described({ issuer: 'https://idp.example.com' })],
    ['has a token endpoint elsewhere', () => described({ token_endpoint: 'https://idp.example.com/token' })],
    ['has its keys elsewhere', () => described({ jwks_uri: 'https://idp.example.com/jwks' })],
    ['has no token endpoint', () => described({ token_endpoint: undefined })],
    ['sends browsers to a script', () => described({ authorization_endpoint: 'javascript:alert(1)' })],
    ['is nothing', () => undefined]
  ])('is not taken when it %s', async (_, make) => {
    metadata = make()
    await expect(newProvider()()).rejects.toMatchObject({ kind: 'unavailable', headers: { 'Retry-After': '10' } })
  })

  test('is not looked for elsewhere', async () => {
    status = 302
    await expect(newProvider()()).rejects.toMatchObject({ kind: 'unavailable' })
    expect(asked).toHaveLength(1)
  })
})

test.each<readonly [string, readonly string[] | undefined, string | undefined, string | null]>([
  ['by HTTP Basic', undefined, `Basic ${Buffer.from('tmf678:s%3Ae').toString('base64')}`, null],
  ['by HTTP Basic', ['client_secret_post', 'client_secret_basic'], expect.stringContaining('Basic '), null],
  ['in the form', ['client_secret_post'], undefined, 's:e']
])('the secret goes to the token endpoint %s where %o is supported', async (_, methods, authorization, secret) => {
  metadata = described({ token_endpoint_auth_methods_supported: methods })
  const { client } = await newProvider()()
  const app = Fastify()
  app.get('/', async (request) => (await client.getAccessTokenFromAuthorizationCodeFlow(request)).token)
  expect((await app.inject('/?code=c')).json()).toMatchObject({ id_token: 'i' })
  const request = asked.find(({ url }) => url === '/token?v=2')
  expect(request?.headers.authorization).toEqual(authorization)
  expect(new URLSearchParams(request?.body).get('client_secret')).toBe(secret)
  await app.close()
})
