import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BASE_PATHS } from '../../src/endpoints.ts'
import { openApiText } from '../../src/openapi-file.ts'
import { portablePattern } from '../../src/tmf/declaration/scalar.ts'
import { routesOf } from '../access/route-list.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Document, OPENAPI_FILE, operationsOf, readDocument } from './document.ts'

/** An identity provider brings further routes. Nothing asks it. */
const SSO = {
  SSO_ISSUER: 'https://login.example',
  SSO_CLIENT_ID: 'bills',
  SSO_CLIENT_SECRET: 'a-secret',
  SSO_TENANT: 'demo',
  SSO_SCOPE_CLAIM: 'roles',
  SSO_SCOPE_MAP: '{"clerk":["bill:read"]}'
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer(SSO)
})
afterAll(() => server.close())

test('the committed document is what the declarations give (npm run openapi writes it)', () => {
  expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(openApiText())
})

test('every reference leads somewhere', () => {
  const document = JSON.parse(openApiText())
  const missing = [...new Set([...referencesIn(document)])].filter((reference) => {
    const steps = reference.slice('#/'.length).split('/')
    return steps.reduce((value, step) => value?.[step], document) === undefined
  })
  expect(missing).toEqual([])
})

test('every pattern is one that generators read: no look-around, named groups or Unicode escapes, and no flag', () => {
  const patterns = [...valuesOf(JSON.parse(openApiText()), 'pattern')].map(String)
  expect(patterns.length).toBeGreaterThan(10)
  expect(patterns.filter((pattern) => /\(\?(?!:)|\\[pPuk]/.test(pattern))).toEqual([])
  for (const pattern of patterns) expect(() => [new RegExp(pattern), new RegExp(pattern, 'u')], pattern).not.toThrow()
})

test.each([
  [/^\P{Cc}+$/u, '^[^\\x00-\\x1f\\x7f-\\x9f]+$'],
  [/^(?!\s)[^\p{C}]{3,50}(?<!\s)$/u, '^[^\\x00-\\x1f\\x7f-\\x9f]{3,50}$'],
  [/^(?:[A-Z]{2}:)?(?!\.{1,2}$)[^\s\p{C}]{1,50}$/u, '^(?:[A-Z]{2}:)?[^\\s\\x00-\\x1f\\x7f-\\x9f]{1,50}$']
])('%s is described as a pattern that takes no less', (pattern, described) => {
  expect(portablePattern(pattern)).toBe(described)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => !pattern.test(text) || new RegExp(described, 'u').test(text))
  )
})

test('nothing is described that nothing refers to', () => {
  const document = JSON.parse(openApiText())
  const used = new Set([...referencesIn(document), ...schemesIn(document)])
  const described = Object.entries(document.components as Record<string, object>).flatMap(([kind, components]) =>
    Object.keys(components).map((name) => `#/components/${kind}/${name}`)
  )
  expect(described.filter((reference) => !used.has(reference))).toEqual([])
})

test('every operation has an id of its own, a mark, a summary, and parameters that its path has', () => {
  const operations = operationsOf(JSON.parse(openApiText()))
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { path, operation } of operations) {
    expect(operation).toMatchObject({ summary: expect.any(String), description: expect.any(String) })
    expect(['standard', 'extension']).toContain(operation['x-tmf-operation'])
    const takesId = JSON.stringify(operation.parameters).includes('#/components/parameters/Id"')
    expect(takesId).toBe(path.includes('/{id}'))
  }
})

/** Paths without a description, with the reason. */
const NOT_DESCRIBED: readonly (readonly [url: RegExp, reason: string])[] = [
  [/^\/$/, 'a page with links; programs find the same links in the document'],
  [/^\/openapi\.json$/, 'the document itself'],
  [/^\/asyncapi\.json$/, 'the document of the events'],
  [/^\/docs(\/.*)?$/, 'the documentation, a page for people, with what it is made of'],
  [/^\/oauth2\/token$/, 'the same as /oauth/token, under another name'],
  [/^\/sso\/login$/, 'a browser goes there, and only where an identity provider is set'],
  [/^\/sso\/callback$/, 'a browser comes back there from the identity provider'],
  [/^\/portal(\/.*)?$/, 'pages for customers, with their forms']
]

test('every path of the router is described with all of its methods, or is an exception with a reason', async () => {
  const document = readDocument()
  const described = Object.entries(document.paths).flatMap(([name, { servers, ...item }]) => {
    const methods = Object.keys(item).map((method) => method.toUpperCase())
    return (servers ? [''] : BASE_PATHS).map((base) => `${base}${name} ${methods.sort()}`)
  })
  const urls = [...new Set(routesOf(server.app).map(({ url }) => url))]
  const isException = (url: string) => NOT_DESCRIBED.some(([exception]) => exception.test(url))
  const served = urls
    .filter((url) => !isException(url))
    .map(async (url) => `${url.replace(/:(\w+)/g, '{$1}')} ${[...(await methodsOf(url))].sort()}`)
  expect((await Promise.all(served)).sort()).toEqual(described.sort())
  expect(NOT_DESCRIBED.filter(([exception]) => !urls.some((url) => exception.test(url)))).toEqual([])
})

test('every operation has the scopes of its route in each security scheme, or none if the route is public', () => {
  const document = readDocument()
  const { client: _, ...schemes } = document.components.securitySchemes
  const described = operationsOf(document).flatMap(({ path, method, operation, isOfApi }) =>
    (isOfApi ? BASE_PATHS : ['']).map((base) => [`${method.toUpperCase()} ${base}${path}`, operation.security] as const)
  )
  const wanted = new Map(
    routesOf(server.app).map(({ method, url, access }) => [
      `${method} ${url.replace(/:(\w+)/g, '{$1}')}`,
      access === 'public' ? [] : Object.keys(schemes).map((scheme) => ({ [scheme]: access?.scopes }))
    ])
  )
  // Operations of OAuth authenticate clients themselves.
  const own = new Set(['POST /oauth/token', 'POST /oauth/revoke', 'POST /oauth/introspect'])
  for (const [name, security] of described) {
    expect([name, security]).toEqual([name, own.has(name) ? [{ client: [] }, {}] : wanted.get(name)])
  }
  expect(Object.keys(schemes)).toEqual(['oauth', 'bearer', 'apiKey', 'apiKeyInAuthorization'])
})

/** Returns a path's methods from the `Allow` of its 405, without HEAD, which comes with GET. */
async function methodsOf(path: string): Promise<readonly string[]> {
  // No path has both.
  const asked = await Promise.all(['PUT', 'DELETE'].map((method) => server.call(method, path)))
  const refused = asked.find(({ status }) => status === 405)
  return String(refused?.headers.allow)
    .split(', ')
    .filter((method) => method !== 'HEAD')
}

/** Returns the schemes of all operations; they are named without a reference. */
function schemesIn(document: Document): readonly string[] {
  const named = operationsOf(document).flatMap(({ operation }) => operation.security.flatMap(Object.keys))
  return named.map((name) => `#/components/securitySchemes/${name}`)
}

function* referencesIn(value: unknown): Generator<string> {
  for (const reference of valuesOf(value, '$ref')) yield String(reference)
}

/** Yields the values of a name at any depth. */
function* valuesOf(value: unknown, wanted: string): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (name === wanted) yield member
    else yield* valuesOf(member, wanted)
  }
}
