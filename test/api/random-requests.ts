import fc from 'fast-check'
import type { InjectOptions } from 'fastify'
import { OPERATORS } from '../../src/tmf/declaration/predicate.ts'
import { TEXTS } from '../support/arbitrary.ts'
import { SAMPLES } from '../support/samples.ts'
import { BASE } from '../support/server.ts'
import { resourcesAndHub as resources } from '../support/standard-resources.ts'

export const PATHS = Object.keys(SAMPLES)
/** Resources of each path that requests are sent to. */
export const ITEMS = 12

/** Somewhere to send a request, with the methods that are likely there. */
interface Target {
  readonly path: string
  readonly methods: readonly string[]
  readonly resource?: string
}

const ANY_METHOD = ['GET', 'POST', 'PATCH', 'DELETE', 'HEAD', 'PUT', 'OPTIONS']
const OF_COLLECTION = [...Array<string>(5).fill('GET'), ...Array<string>(6).fill('POST'), ...ANY_METHOD]
const OF_ITEM = [...Array<string>(3).fill('GET'), ...Array<string>(6).fill('PATCH'), 'DELETE', ...ANY_METHOD]

/** Returns requests; a path `/item/7` stands for the resource of that number, of the type that `ofItem` names. */
export function randomRequest(): fc.Arbitrary<InjectOptions> {
  // Made once: making them takes longer than using them.
  const query = fc.oneof({ weight: 2, arbitrary: fc.constantFrom('', '', '', 'limit=1') }, queryText())
  const anyHeaders = headers()
  const payloads = new Map(
    [...PATHS, undefined].map((resource) => [
      resource,
      fc.oneof({ weight: 3, arbitrary: bodyText(resource) }, { weight: 1, arbitrary: fc.constant('') })
    ])
  )
  return target()
    .filter(({ path }) => URL.canParse(path, 'http://localhost'))
    .chain(({ path, methods, resource }) =>
      fc
        .record({
          method: fc.constantFrom(...methods),
          query,
          headers: anyHeaders,
          payload: payloads.get(resource) ?? bodyText(resource)
        })
        .map(({ method, query, headers, payload }) => {
          const hasBody = !['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(method)
          const url = query === '' ? path : `${path}?${query}`
          return { method: method as 'GET', url, headers, ...(hasBody && { payload }) }
        })
    )
}

function target(): fc.Arbitrary<Target> {
  const collection = fc.constantFrom(...PATHS).map((resource) => ({ resource, path: `${BASE}/${resource}` }))
  return fc.oneof(
    { weight: 6, arbitrary: collection.map((one) => ({ ...one, methods: OF_COLLECTION })) },
    { weight: 6, arbitrary: fc.nat(PATHS.length * ITEMS - 1).map((at) => itemAt(at)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(collection, garbage())
        .map(([{ path }, item]) => ({ path: `${path}/${item}`, methods: OF_ITEM }))
    },
    { weight: 1, arbitrary: garbage().map((text) => ({ path: `/${text}`, methods: ANY_METHOD })) }
  )
}

function itemAt(at: number): Target {
  return { path: `/item/${at}`, methods: OF_ITEM, resource: ofItem(at) }
}

export function ofItem(at: number): string {
  return String(PATHS[Math.floor(at / ITEMS)])
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
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom('limit=', 'offset=', 'after='),
          raw(['0', '1', '10', '2000', '-1', 'x', 'WyIiLDEsW10sIjAxQVJaM05ERUtUU1Y0UlJGRlE2OUc1RkFWIl0'])
        )
        .map((parts) => parts.join(''))
    },
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

/** A body, more often one for this resource than for another. */
function bodyText(resource = ''): fc.Arbitrary<string> {
  const own = SAMPLES[resource]
  const samples = [...Object.values(SAMPLES), ...(own ? Array<typeof own>(15).fill(own) : [])]
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
