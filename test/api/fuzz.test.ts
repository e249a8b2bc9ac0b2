import fc from 'fast-check'
import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OPERATORS } from '../../src/tmf/declaration/predicate.ts'
import { TEXTS } from '../support/arbitrary.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { PATHS, post, SAMPLES } from '../support/samples.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { resources } from '../support/standard-resources.ts'

const REQUESTS = 50_000
const BATCH = 50
const SEED = 678

let server: TestServer
const ITEMS = 12
/** Paths of existing resources. */
const items: string[] = []
beforeAll(async () => {
  server = await startTestServer()
  for (const path of PATHS) {
    for (let at = 0; at < ITEMS; at++) items.push(`${BASE}/${path}/${(await post(server, path)).id}`)
  }
})
afterAll(() => server.close())

test(`${REQUESTS} random requests meet no 5xx but 501 for a filter, and every refusal is a TMF Error`, async () => {
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(request(), { minLength: BATCH, maxLength: BATCH, size: 'max' }), async (requests) => {
      for (const one of requests) {
        const reply = await server.app.inject({ ...one, headers: { ...one.headers, token: KEYS[TENANT] } })
        seen.set(reply.statusCode, (seen.get(reply.statusCode) ?? 0) + 1)
        const what = `${one.method} ${one.url} ${JSON.stringify(one.headers)} ${String(one.payload).slice(0, 500)}`
        expect(reply.statusCode < 500 || reply.statusCode === 501, `${reply.statusCode} ${what}`).toBe(true)
        if (reply.statusCode === 501) expect(one.url, what).toMatch(/filter=|fields=/)
        if (reply.statusCode >= 400 && one.method !== 'HEAD') {
          expect(reply.json(), what).toMatchObject({ status: String(reply.statusCode), code: expect.any(String) })
        }
      }
    }),
    { numRuns: REQUESTS / BATCH, seed: SEED, endOnFailure: true }
  )
  // The requests were not all refused for one trivial reason.
  for (const status of [200, 201, 204, 206, 304, 400, 404, 405, 409, 412, 415, 501])
    expect(seen.get(status) ?? 0, String(status)).toBeGreaterThan(5)
})

function request(): fc.Arbitrary<InjectOptions> {
  return fc
    .record({
      method: fc.constantFrom(
        'GET',
        'GET',
        'GET',
        'POST',
        'POST',
        'PATCH',
        'PATCH',
        'DELETE',
        'HEAD',
        'PUT',
        'OPTIONS'
      ),
      path: pathText(),
      query: fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 3, arbitrary: queryText() }),
      headers: headers(),
      payload: fc.oneof({ weight: 3, arbitrary: bodyText() }, { weight: 1, arbitrary: fc.constant('') })
    })
    .filter(({ path }) => URL.canParse(path, 'http://localhost'))
    .map(({ method, path, query, headers, payload }) => {
      const hasBody = !['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(method)
      const url = query === '' ? path : `${path}?${query}`
      return { method: method as 'GET', url, headers, ...(hasBody && { payload }) }
    })
}

function pathText(): fc.Arbitrary<string> {
  const collection = fc.constantFrom(...PATHS).map((path) => `${BASE}/${path}`)
  return fc.oneof(
    { weight: 6, arbitrary: collection },
    { weight: 6, arbitrary: fc.nat(PATHS.length * ITEMS - 1).map((at) => String(items[at])) },
    { weight: 1, arbitrary: fc.tuple(collection, garbage()).map(([path, item]) => `${path}/${item}`) },
    { weight: 1, arbitrary: garbage().map((text) => `/${text}`) }
  )
}

/** Any characters, escaped, half escaped or broken. */
function garbage(): fc.Arbitrary<string> {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ maxLength: 30 }),
    fc.constantFrom(...TEXTS)
  )
  return fc.oneof(
    text.map((value) => encodeURIComponent(value.toWellFormed())),
    text.map((value) => value.replace(/[^\x21-\x7e]|#/g, '%')),
    fc.constantFrom(
      '%00',
      '%zz',
      '%C3',
      '%F0%9F',
      "'; DROP TABLE customer_bill; --",
      '$1',
      '\\',
      '%E2%80%A8',
      '9'.repeat(400)
    )
  )
}

const NAMES = [...resources.values()].flatMap(({ attributes }) =>
  [...attributes].flatMap(([name, { shape }]) => {
    const inner = shape.kind === 'list' ? shape.of : shape
    return inner.kind === 'object' ? [...inner.members.keys()].map((member) => `${name}.${member}`) : [name]
  })
)
const VALUES = [
  ...TEXTS,
  'new',
  'true',
  '5',
  '-1.5',
  '1e300',
  '2026-01-15',
  '2026-02-30',
  '2026-01-15T00:00:00Z',
  '0001-01-01',
  '99999-01-01',
  'a{1,2}',
  '(a|b)*',
  '[',
  '(?i)a',
  'null'
]
const FILTERS = [
  "$[?(@.state=='new')]",
  "[?(@.taxItem[?(@.taxRate>1 && @.taxCategory=='a')])]",
  '$..x',
  '$[?(@.a',
  '$[?(@.billNo =~ /a/i)]',
  '$[?(@.taxItem.length()>1)]',
  "$[?(@.characteristic[?(@.value=='1')])]",
  '$[0]',
  "$[?(!@.name || @.id != '\\u0000')]"
]

function queryText(): fc.Arbitrary<string> {
  const raw = (values: readonly string[]) => fc.oneof(fc.constantFrom(...values).map(encodeURIComponent), garbage())
  const condition = fc
    .tuple(
      fc.constantFrom(...NAMES),
      fc.constantFrom('=', '!=', '>', '%3E=', '<', '*=', '=~', ...OPERATORS.map((name) => `.${name}=`), ''),
      raw(VALUES)
    )
    .map((parts) => parts.join(''))
  const part = fc.oneof(
    { weight: 4, arbitrary: condition },
    fc
      .tuple(
        fc.constantFrom('limit=', 'offset=', 'after='),
        raw(['0', '1', '10', '2000', '-1', 'x', 'WyIiLDEsW10sIjAxQVJaM05ERUtUU1Y0UlJGRlE2OUc1RkFWIl0'])
      )
      .map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom('sort=', 'sort=-', 'fields='), raw(NAMES)).map((parts) => parts.join('')),
    raw(FILTERS).map((text) => `filter=${text}`),
    garbage()
  )
  return fc
    .array(fc.tuple(part, fc.constantFrom('&', '&', ';')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map(([text, separator], at) => (at === 0 ? text : separator + text)).join(''))
}

function headers(): fc.Arbitrary<Record<string, string>> {
  const pick = (...values: string[]) => fc.constantFrom(...values)
  return fc.record(
    {
      'content-type': pick(
        ...Array<string>(12).fill('application/json'),
        'application/json-patch+json',
        'application/merge-patch+json',
        'text/plain',
        'x',
        'application/json;charset=x'
      ),
      'if-match': pick('"1"', '"2"', '*', 'x'),
      'if-none-match': pick('"1"', '*', 'x'),
      'idempotency-key': pick('a', 'b', 'c d', ''),
      prefer: pick('count=exact', 'x'),
      host: pick('x', 'a b', '"<>', 'x:1')
    },
    { requiredKeys: ['content-type'] }
  )
}

function bodyText(): fc.Arbitrary<string> {
  const samples = Object.values(SAMPLES)
  const value = fc.oneof(
    fc.json({ maxDepth: 3 }),
    fc.constantFrom(
      '{"id":"a"}',
      '"new"',
      '"sent"',
      'null',
      '1e999',
      '0.12345678901234567',
      '"\\u0000"',
      '[[]]',
      '{"unit":"EUR","value":1}',
      '[{"op":"remove","path":"/state"}]'
    )
  )
  const member = fc
    .tuple(fc.constantFrom(...new Set(NAMES.map((name) => name.split('.')[0]))), value)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
  const extended = fc
    .tuple(fc.constantFrom(...samples.flatMap(({ body, patch }) => [body, patch])), fc.array(member, { maxLength: 2 }))
    .map(([body, members]) => [JSON.stringify(body).slice(0, -1), ...members].join(',').concat('}').replace('{,', '{'))
  return fc.oneof(
    { weight: 6, arbitrary: extended },
    { weight: 1, arbitrary: value },
    { weight: 1, arbitrary: fc.array(member, { maxLength: 3 }).map((members) => `{${members.join()}}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '[{"op":"replace","path":"/name","value":"x"}]',
        '[{"op":"copy","from":"","path":"/name"}]',
        '[{"op":"test","path":"/state","value":"x"}]',
        '{',
        '[[[['
      )
    }
  )
}
