import { setImmediate as nextTurn } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import { registerDocs } from '../../src/docs.ts'
import { collectMethods, refuseOtherMethods, registerErrors } from '../../src/http/errors.ts'
import { registerHardening } from '../../src/http/hardening.ts'
import { registerRequestIds, requestId } from '../../src/http/request-id.ts'
import { Problem } from '../../src/messages/problem.ts'
import { testConfig } from '../support/config.ts'
import { until } from '../support/until.ts'

const PUBLIC = { config: { access: 'public' } } as const

const apps: FastifyInstance[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

/** An app with the hooks and plugins of the real one, in their order. */
async function hardened(env: Record<string, string> = {}): Promise<FastifyInstance> {
  const config = testConfig(env)
  const app = Fastify({ genReqId: requestId, routerOptions: { ignoreTrailingSlash: true } })
  apps.push(app)
  registerRequestIds(app)
  registerErrors(app)
  await registerHardening(app, config)
  const methods = collectMethods(app)
  app.addHook('onRequest', async ({ is404, routeOptions }) => {
    if (!is404 && routeOptions.config.access !== 'public')
      throw new Problem('forbidden', 'test.closed', 'This is not public')
  })
  app.get('/health/live', PUBLIC, async () => ({ status: 'live' }))
  app.get('/health/ready', PUBLIC, async () => ({ status: 'ready' }))
  app.get('/bill', PUBLIC, async () => [])
  app.post('/bill', PUBLIC, async ({ body }) => body)
  await registerDocs(app, config.PUBLIC_URL)
  refuseOtherMethods(app, methods)
  return app
}

const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

describe('security headers', () => {
  test.each([
    ['GET', '/bill', 200],
    ['GET', '/nowhere', 404],
    ['DELETE', '/bill', 405],
    ['POST', '/bill', 415],
    ['GET', '/openapi.json', 200]
  ] as const)('%s %s, which is %i, has them and says nothing about the software', async (method, url, status) => {
    const app = await hardened()
    const answer = await app.inject({ method, url, ...(status === 415 && { payload: Buffer.from('x') }) })
    expect(answer.statusCode).toBe(status)
    expect(answer.headers).toMatchObject(SECURITY_HEADERS)
    for (const name of ['x-powered-by', 'server', 'strict-transport-security'])
      expect(answer.headers).not.toHaveProperty(name)
  })

  test.each([
    ['https://bills.example.com/tmf', 'max-age=31536000'],
    ['http://bills.example.com', undefined]
  ])('at %s Strict-Transport-Security is %s', async (PUBLIC_URL, expected) => {
    const app = await hardened({ PUBLIC_URL })
    expect((await app.inject('/bill')).headers['strict-transport-security']).toBe(expected)
  })

  test('the documentation keeps its own policy, under which its scripts run', async () => {
    const app = await hardened()
    const page = await app.inject('/docs/')
    expect(page).toMatchObject({ statusCode: 200, headers: { 'x-content-type-options': 'nosniff' } })
    expect(page.headers['content-security-policy']).toContain("script-src 'self'; style-src 'self'")
    const scripts = [...page.body.matchAll(/<script src="\.?([^"]+)"/g)].map(([, path]) => path)
    expect(scripts.length).toBeGreaterThan(1)
    for (const path of scripts) {
      const script = await app.inject(path?.startsWith('/docs') ? path : `/docs${path}`)
      expect(script.headers['content-type'], path).toMatch(/^application\/javascript/)
    }
  })
})

const PORTAL = 'https://portal.example.com'

describe('CORS', () => {
  const asks = (origin: string, method = 'PATCH') => ({ origin, 'access-control-request-method': method })

  test('is off unless it is configured', async () => {
    const app = await hardened()
    const preflight = await app.inject({ method: 'OPTIONS', url: '/bill', headers: asks(PORTAL) })
    expect(preflight.statusCode).toBe(405)
    const answers = [preflight, await app.inject({ url: '/bill', headers: { origin: PORTAL } })]
    for (const { headers } of answers) expect(JSON.stringify(headers)).not.toContain('access-control')
  })

  test.each([PORTAL, 'http://localhost:5173'])('answers the preflight of the listed %s', async (origin) => {
    const app = await hardened({ CORS_ORIGINS: `${PORTAL}/, http://LOCALHOST:5173` })
    const { statusCode, headers, body } = await app.inject({ method: 'OPTIONS', url: '/bill', headers: asks(origin) })
    expect([statusCode, body]).toEqual([204, ''])
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
      'access-control-max-age': '3600',
      vary: 'Origin'
    })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    const allowed = String(headers['access-control-allow-headers']).split(', ')
    for (const name of ['Authorization', 'token', 'proxy_accountNumber', 'proxy-accountNumber', 'If-Match'])
      expect(allowed).toContain(name)
  })

  test('lets the page read the headers of answers and of refusals', async () => {
    const app = await hardened({ CORS_ORIGINS: PORTAL })
    for (const url of ['/bill', '/nowhere']) {
      const { headers } = await app.inject({ url, headers: { origin: PORTAL } })
      expect(headers).toMatchObject({ 'access-control-allow-origin': PORTAL, vary: 'Origin' })
      const exposed = String(headers['access-control-expose-headers']).split(', ')
      for (const name of ['X-Total-Count', 'Link', 'ETag', 'Location', 'X-Request-Id', 'Retry-After'])
        expect(exposed).toContain(name)
    }
  })

  test.each(['https://portal.example.com.evil.example', 'http://portal.example.com', 'null'])(
    'tells %s, which is not listed, nothing',
    async (origin) => {
      const app = await hardened({ CORS_ORIGINS: PORTAL })
      const preflight = await app.inject({ method: 'OPTIONS', url: '/bill', headers: asks(origin) })
      expect(preflight.statusCode).toBe(405)
      const answers = [preflight, await app.inject({ url: '/bill', headers: { origin } })]
      for (const { headers } of answers) {
        expect(headers.vary).toBe('Origin')
        expect(JSON.stringify(headers)).not.toContain('access-control')
      }
    }
  )

  test('takes * for every origin', async () => {
    const app = await hardened({ CORS_ORIGINS: '*' })
    const { headers } = await app.inject({ url: '/bill', headers: { origin: 'https://any.example' } })
    expect(headers['access-control-allow-origin']).toBe('*')
  })

  test.each([
    ['OPTIONS', '/bill', 405],
    ['OPTIONS', '/nowhere', 404],
    ['DELETE', '/nowhere', 404]
  ] as const)('leaves %s %s, no preflight, %i', async (method, url, status) => {
    const app = await hardened({ CORS_ORIGINS: PORTAL })
    const answer = await app.inject({ method, url, headers: { origin: PORTAL } })
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ '@type': 'Error', status: String(status) })
  })

  test.each([
    'portal.example.com',
    'ftp://portal.example.com',
    `${PORTAL}/app`,
    'https://user@portal.example.com',
    'https://*.example.com',
    'https://portal.example.com:99999',
    'null',
    `${PORTAL},`,
    `${PORTAL},*`
  ])('refuses the configuration %s', (CORS_ORIGINS) => {
    expect(() => testConfig({ CORS_ORIGINS })).toThrow(
      /^The configuration is wrong\. CORS_ORIGINS: must be \*, or a list/
    )
  })
})

describe('an event loop that is blocked', () => {
  const BLOCKED_MS = 1_200

  async function block(): Promise<void> {
    for (const end = performance.now() + BLOCKED_MS; performance.now() < end; );
    // Two turns: in any phase, the measuring timers have run by then.
    await nextTurn()
    await nextTurn()
  }

  test('sheds requests, lives on, and serves again', async () => {
    const app = await hardened({ MAX_EVENT_LOOP_DELAY_MS: '500', CORS_ORIGINS: PORTAL })
    await app.ready()
    const bill = { url: '/bill', headers: { origin: PORTAL, 'x-request-id': 'trace-1' } }
    // The mean of a second counts, and turns before the first block may have been quick.
    const [shed, live, ready] = await until('requests are shed', async () => {
      await block()
      const answers = await Promise.all([app.inject(bill), app.inject('/health/live'), app.inject('/health/ready')])
      return answers[0].statusCode === 503 && answers
    })
    expect(shed.json()).toEqual({
      code: '503',
      reason: 'Service unavailable',
      message: 'The server is overloaded; try again later',
      messageCode: 'server.overloaded',
      status: '503',
      requestId: 'trace-1',
      '@type': 'Error'
    })
    expect(shed.headers).toMatchObject({ ...SECURITY_HEADERS, 'retry-after': '5', 'x-request-id': 'trace-1' })
    expect(shed.headers['access-control-allow-origin']).toBe(PORTAL)
    expect([live.statusCode, ready.statusCode]).toEqual([200, 503])
    await expect.poll(async () => (await app.inject('/bill')).statusCode).toBe(200)
  })

  test('sheds nothing when the limit is 0', async () => {
    const app = await hardened({ MAX_EVENT_LOOP_DELAY_MS: '0' })
    await app.ready()
    await block()
    expect((await app.inject('/bill')).statusCode).toBe(200)
  })
})
