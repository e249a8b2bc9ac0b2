import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BASE_PATHS } from '../../src/app.ts'
import { openApiText } from '../../src/openapi-file.ts'
import { portablePattern } from '../../src/tmf/declaration/scalar.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Document, methodsBelow, OPENAPI_FILE, operationsOf, readDocument } from './document.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
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

test('every pattern is one that generators read: without look-around, Unicode properties and escapes of them', () => {
  const patterns = [...valuesOf(JSON.parse(openApiText()), 'pattern')].map(String)
  expect(patterns.length).toBeGreaterThan(10)
  expect(patterns.filter((pattern) => /\(\?<?[=!]|\\[pPu]/.test(pattern))).toEqual([])
  for (const pattern of patterns) expect(() => new RegExp(pattern, 'u'), pattern).not.toThrow()
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

test.each(BASE_PATHS)('below %s exactly the documented paths have exactly the documented methods', async (base) => {
  const expected = methodsBelow(readDocument())
  const served = routePaths(base).map(async (path) => [path.replace(/:(\w+)/g, '{$1}'), await methodsOf(base + path)])
  expect(sortedPairs(await Promise.all(served))).toEqual(sortedPairs(expected))
})

test.each(['/billing/v1', '/admin/v1'])('below %s the documented paths have the documented methods', async (base) => {
  const described = methodsBelow(readDocument(), base)
  expect(described.length).toBeGreaterThan(0)
  for (const [path, methods] of described) {
    expect([path, [...(await methodsOf(path))].sort()]).toEqual([path, [...methods].sort()])
  }
})

/** Returns the router's paths below a base. */
function routePaths(base: string): readonly string[] {
  const stack: string[] = []
  const paths = new Set<string>()
  for (const line of server.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', segment = '', methods] = /^([\s│]*[├└]── )(.*?)(?: \((.+)\))?$/.exec(line) ?? []
    stack.length = Math.max(indent.length / 4 - 1, 0)
    stack.push(segment)
    if (methods && stack.join('').startsWith(`${base}/`)) paths.add(stack.join('').slice(base.length))
  }
  return [...paths]
}

/** Returns a path's methods from the `Allow` of its 405, without HEAD, which comes with GET. */
async function methodsOf(path: string): Promise<readonly string[]> {
  const { status, headers } = await server.call('PUT', path)
  expect(status).toBe(405)
  return String(headers.allow)
    .split(', ')
    .filter((method) => method !== 'HEAD')
}

function sortedPairs(pairs: readonly (readonly unknown[])[]): readonly string[] {
  return pairs.map(([path, methods]) => `${path} ${[...(methods as string[])].sort()}`).sort()
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
