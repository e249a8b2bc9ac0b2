import { Readable } from 'node:stream'
import type { LightMyRequestResponse as Answer, FastifyInstance, InjectOptions } from 'fastify'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { SCOPES } from '../../src/auth/access/scopes.ts'
import { newId } from '../../src/base/ulid.ts'
import { parsed } from '../support/answer.ts'
import { secrets, testConfig } from '../support/config.ts'
import { addApiKey, addTenant, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { guardedRoutes, pathTo, type Route, routesOf } from './route-list.ts'

/** Public routes; HEAD comes with every GET. */
const PUBLIC: readonly (string | RegExp)[] = [
  'GET /',
  'GET /health/live',
  'GET /health/ready',
  'GET /openapi.json',
  'GET /asyncapi.json',
  /^GET \/docs(\/(json|yaml|static\/.*)?)?$/,
  'POST /oauth/token',
  'POST /oauth2/token',
  'POST /oauth/revoke',
  'POST /oauth/introspect',
  'GET /oauth/authorize',
  'POST /oauth/authorize',
  // A session of a customer opens the other pages; without one they lead to the page to sign in.
  /^(GET|POST) \/portal(\/.*)?$/,
  'GET /.well-known/jwks.json',
  'GET /.well-known/oauth-authorization-server'
]
const NOBODY = newId()
const READS = ['GET', 'HEAD']

let server: TestServer
let routes: readonly Route[]
const keyOf = (scope: string) => `key-${scope}`

beforeAll(async () => {
  server = await startTestServer()
  routes = routesOf(server.app)
  await addTenant(server.database, 'operator', true)
  await addApiKey(server.database, { tenantId: 'operator', key: keyOf('operator') })
  for (const scope of SCOPES) {
    await addApiKey(server.database, { tenantId: TENANT, key: keyOf(scope), scopes: [scope] })
  }
})
afterAll(() => server.close())

describe('the routes', () => {
  test('are known to this test: those of every resource, under both base paths', () => {
    const known = new Set(routes.map(({ method, url }) => `${method} ${url}`))
    for (const base of ['/customerBillManagement/v4', '/tmf-api/customerBillManagement/v4']) {
      for (const path of ['customerBill', 'customerBillOnDemand', 'appliedCustomerBillingRate', 'billCycle']) {
        for (const method of ['GET', 'HEAD', 'POST']) expect(known).toContain(`${method} ${base}/${path}`)
        for (const method of ['GET', 'HEAD', 'PATCH', 'DELETE'])
          expect(known).toContain(`${method} ${base}/${path}/:id`)
      }
    }
  })

  test('declare their access, all of them, also those that come with CORS', async () => {
    const shared = await startTestServer({ CORS_ORIGINS: '*' }, server)
    const all = [...routes, ...routesOf(shared.app)]
    expect(all.filter(({ access }) => access === undefined)).toEqual([])
    await shared.close()
  })

  test('that are public are listed here, or refuse a method that their path does not take', async () => {
    const isListed = ({ method, url }: Route) => {
      const name = `${method === 'HEAD' ? 'GET' : method} ${url}`
      return PUBLIC.some((known) => (typeof known === 'string' ? known === name : known.test(name)))
    }
    const others = routes.filter((route) => route.access === 'public' && !isListed(route))
    const open: string[] = []
    for (const route of others) {
      const { statusCode, headers } = await server.app.inject(asked(route))
      if (statusCode !== 405 || headers.allow === undefined) open.push(`${route.method} ${route.url}: ${statusCode}`)
    }
    expect(open).toEqual([])
    expect(others.length).toBeGreaterThan(0)
  })

  test('that are public answer without a credential', async () => {
    for (const url of [
      '/health/live',
      '/health/ready',
      '/openapi.json',
      '/asyncapi.json',
      '/docs/',
      '/.well-known/jwks.json'
    ]) {
      expect((await server.app.inject(url)).statusCode, url).toBe(200)
    }
  })

  test('that do not exist are not found, with a credential or without', async () => {
    for (const headers of [{}, { token: keyOf('trust') }, { token: 'unknown' }]) {
      expect((await server.app.inject({ url: '/customerBillManagement/v4/secret', headers })).statusCode).toBe(404)
    }
  })
})

/** The other paths are those of bills and what belongs to them. */
const KINDS: Readonly<Record<string, string>> = {
  customers: 'account',
  accounts: 'account',
  hub: 'event',
  events: 'event'
}

describe('a route that is not public', () => {
  test('answers 401 without a credential, whatever the request is', async () => {
    const wrong: string[] = []
    for (const route of guardedRoutes(server.app)) {
      const { statusCode, headers, body } = await server.app.inject(asked(route, { payload: '{"no JSON' }))
      const isChallenge = headers['www-authenticate'] === 'Bearer realm="tmf678"'
      const code = route.url.startsWith('/partner/') ? 401 : '40'
      const isTold = route.method === 'HEAD' || parsed(body).code === code
      if (statusCode !== 401 || !isChallenge || !isTold) wrong.push(`${route.method} ${route.url}: ${statusCode}`)
    }
    expect(wrong).toEqual([])
  })

  test.each([
    ['without a credential, before', {}, 401, false],
    ['with a credential of another scope, before', { token: keyOf('partner') }, 403, false],
    ['with one that opens it, after', { token: keyOf('operator') }, 0, true]
  ])('answers %s it reads a body', async (_, headers, status, reads) => {
    const wrong: string[] = []
    for (const route of guardedRoutes(server.app).filter(({ method }) => ['POST', 'PATCH', 'PUT'].includes(method))) {
      let wasRead = false
      const payload = new Readable({
        read() {
          wasRead = true
          this.push('{}')
          this.push(null)
        }
      })
      const type = route.url.endsWith('Upload') ? 'application/x-ndjson' : 'application/json'
      const sent = { ...headers, 'content-type': type }
      const { statusCode } = await server.app.inject(asked(route, { headers: sent, payload }))
      if ((!reads && statusCode !== status) || wasRead !== reads)
        wrong.push(`${route.method} ${route.url}: ${statusCode}`)
    }
    expect(wrong).toEqual([])
  })

  test('of the API is opened by the scopes for bills, accounts or events, one for reading and one for writing', () => {
    const api = guardedRoutes(server.app).filter(({ url }) => url.includes('/customerBillManagement/v4/'))
    expect(api.length).toBeGreaterThan(60)
    for (const { method, url, access } of api) {
      const [, path = ''] = /\/v4\/(\w+)/.exec(url) ?? []
      const kind = KINDS[path] ?? 'bill'
      const wanted = READS.includes(method) ? `${kind}:read` : `${kind}:write`
      expect(access, `${method} ${url}`).toEqual({ scopes: [wanted], supportsProxy: true })
    }
  })

  test('of the administration is opened by admin alone, and nobody acts as a partner there', () => {
    for (const { method, url, access } of guardedRoutes(server.app).filter(({ url }) => url.startsWith('/admin'))) {
      const creates = method === 'POST' && url === '/admin/v1/tenant'
      const more = creates ? { operatorOnly: true } : {}
      expect(access, `${method} ${url}`).toEqual({ scopes: ['admin'], supportsProxy: false, ...more })
    }
  })

  test.each(SCOPES)('is opened by %s where it declares it; else the answer names what is missing', async (scope) => {
    const wrong: unknown[] = []
    for (const route of guardedRoutes(server.app)) {
      const { scopes } = route.access
      const answer = await server.app.inject(asked(route, { headers: { token: keyOf(scope) } }))
      const isOpen = scope === 'trust' || scopes.includes(scope)
      const isRight = isOpen ? !isChallenged(answer) : isRefusalFor(scopes, answer, route.method === 'HEAD')
      if (!isRight) wrong.push([route.method, route.url, answer.statusCode, answer.body])
    }
    expect(wrong).toEqual([])
  })
})

function isChallenged({ statusCode, headers }: Answer): boolean {
  return statusCode === 401 || headers['www-authenticate'] !== undefined
}

function isRefusalFor(scopes: readonly string[], { statusCode, headers, body }: Answer, isHead: boolean): boolean {
  const challenge = `Bearer realm="tmf678", error="insufficient_scope", scope="${scopes.join(' ')}"`
  const isTold = isHead || parsed(body).message === `This needs the scope ${scopes.join(' or ')}`
  return statusCode === 403 && headers['www-authenticate'] === challenge && isTold
}

describe('an app does not start', () => {
  test.each<[string, (app: FastifyInstance) => unknown, string]>([
    ['declares nothing', (app) => app.get('/open', async () => 'in'), 'the route /open does not declare its access'],
    [
      'declares nothing in a plugin',
      (app) => app.register(async (plugin) => plugin.post('/open', async () => 'in'), { prefix: '/within' }),
      'the route /within/open does not declare its access'
    ],
    [
      'has an unknown scope',
      (app) => {
        const access = { scopes: ['bill:read', 'bill:raed'], supportsProxy: false }
        return app.get('/open', { config: { access } }, async () => 'in')
      },
      'the route /open declares the unknown scope bill:raed'
    ]
  ])('when one of its routes %s', async (_, add, message) => {
    const logger = pino({ level: 'silent' })
    const app = await buildApp({ config: testConfig(), secrets, database: server.database, logger })
    add(app)
    await expect(app.ready()).rejects.toThrow(message)
    await app.close().catch(() => undefined)
  })
})

/** Builds a request for a row that does not exist. */
function asked(route: Route, more: InjectOptions = {}): InjectOptions {
  return { method: route.method as InjectOptions['method'], url: pathTo(route, NOBODY).replace('*', 'x'), ...more }
}
