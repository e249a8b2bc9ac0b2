import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareCodePoints } from '../../src/base/code-points.ts'
import { OPERATORS, type Operator, type Path } from '../../src/tmf/declaration/predicate.ts'
import type { Document, Resource } from '../../src/tmf/declaration/resource.ts'
import { scalarKind } from '../../src/tmf/declaration/scalar.ts'
import type { ObjectShape, Scalar, Shape } from '../../src/tmf/declaration/shape.ts'
import { bind } from '../../src/tmf/query/bind.ts'
import { match } from '../../src/tmf/query/match.ts'
import { parseQuery } from '../../src/tmf/query/query.ts'
import { documentOf, scalarOf } from '../support/arbitrary.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { resources } from '../support/standard-resources.ts'

const DOCUMENTS = 60
const RUNS = 400
const SEED = 678

/** Attributes that each resource needs beyond its shape, and those left out because they depend on others. */
const CASES: Readonly<Record<string, { fixed: Document; without: readonly string[] }>> = {
  customerBill: {
    fixed: { state: 'new', billingAccount: { id: 'A1' } },
    without: ['billCycle', 'remainingAmount', 'holdReason']
  },
  customerBillOnDemand: { fixed: { state: 'inProgress', billingAccount: { id: 'A1' } }, without: ['customerBill'] },
  appliedCustomerBillingRate: { fixed: { isBilled: false, billingAccount: { id: 'A1' } }, without: ['bill'] },
  billCycle: { fixed: {}, without: ['BillCycleSpecification'] },
  billCycleSpecification: { fixed: {}, without: ['frequency', 'billingPeriod'] }
}

let server: TestServer
const stored = new Map<string, Document[]>()

beforeAll(async () => {
  server = await startTestServer()
  for (const resource of resources.values()) stored.set(resource.path, await fill(resource))
})
afterAll(() => server.close())

describe.each([...resources.values()])('$path', (resource) => {
  test('the SQL of any condition finds what the same condition finds in memory', async () => {
    const documents = stored.get(resource.path) as Document[]
    await fc.assert(
      fc.asyncProperty(queryOf(resource), async (query) => {
        const found = await server.call('GET', `${resource.path}?limit=1000&fields=id&${query}`)
        const where = parseQuery(query).where
        const bound = where && bind(where, resource.shape)
        const expected = documents.filter((document) => !bound || match(bound, document)).map(({ id }) => id)
        expect(
          found.body.map(({ id }) => id),
          query
        ).toEqual(expected)
        expect(found.headers['x-total-count']).toBe(String(expected.length))
      }),
      { numRuns: RUNS, seed: SEED }
    )
  })

  test('following next through any query gives every match once', async () => {
    const documents = stored.get(resource.path) as Document[]
    await fc.assert(
      fc.asyncProperty(queryOf(resource), placed(), async (query, parameters) => {
        const asked = parameters.reduce((text, { at, join, parameter }) => insert(text, at, join, parameter), query)
        const where = parseQuery(asked).where
        const bound = where && bind(where, resource.shape)
        const expected = documents.filter((document) => !bound || match(bound, document)).map(({ id }) => id)
        expect((await follow(`${resource.path}?${asked}`)).sort(), asked).toEqual(expected.sort())
      }),
      { numRuns: 60, seed: SEED }
    )
  })

  test('following next through any sort gives every row once, in the order of the sort', async () => {
    const documents = stored.get(resource.path) as Document[]
    await fc.assert(
      fc.asyncProperty(sortOf(resource), fc.integer({ min: 7, max: 31 }), async (keys, limit) => {
        const sort = keys.map(({ path, descending }) => `${descending ? '-' : ''}${path.join('.')}`).join()
        expect(await follow(`${resource.path}?sort=${sort}&limit=${limit}&fields=id`), sort).toEqual(
          [...documents].sort(byKeys(keys)).map(({ id }) => id)
        )
      }),
      { numRuns: 60, seed: SEED }
    )
  })
})

/** Returns the ids of all pages from this one on. */
async function follow(first: string): Promise<unknown[]> {
  const ids: unknown[] = []
  let next: string | undefined = first
  while (next) {
    const page = await server.call('GET', next)
    expect(page.status, page.text).toBeLessThan(300)
    ids.push(...page.body.map(({ id }) => id))
    next = /<http:\/\/[^/]+([^>]+)>; rel="next"/.exec(String(page.headers.link))?.[1]
  }
  return ids
}

async function fill(resource: Resource): Promise<Document[]> {
  const { fixed, without } = CASES[resource.path] as (typeof CASES)[string]
  const readOnly = [...resource.attributes].filter(([, attribute]) => attribute.readOnly).map(([name]) => name)
  const shapes = documentOf(resource.shape, [...without, ...readOnly])
  const unique = Object.values(resource.unique ?? {})
  for (const [at, document] of fc.sample(shapes, { numRuns: DOCUMENTS, seed: SEED }).entries()) {
    const own = unique.filter((name) => name in document).map((name) => [name, `${at}:${document[name]}`])
    const body = { ...document, ...Object.fromEntries(own), ...fixed }
    const created = await server.call('POST', resource.path, body)
    expect(created.status, created.text).toBe(201)
  }
  return asStored((await server.call('GET', `${resource.path}?limit=1000`)).text)
}

/** Removes addresses that are written on reading, which no filter sees. */
function asStored(text: string): Document[] {
  const isOurs = (name: string, value: unknown) => name === 'url' && String(value).includes('/document/')
  return JSON.parse(text, (name, value) => (isOurs(name, value) ? undefined : value))
}

interface Leaf {
  readonly path: Path
  readonly shape: Scalar
  readonly isInList: boolean
}

function leavesOf(shape: Shape, path: Path = [], isInList = false): Leaf[] {
  if (shape.kind === 'list') return leavesOf(shape.of, path, true)
  if (shape.kind !== 'object') return [{ path, shape, isInList }]
  return [...shape.members].flatMap(([name, member]) => leavesOf(member.shape, [...path, name], isInList))
}

/** Conditions on any attribute in any spelling, joined by & and ;. */
function queryOf(resource: Resource): fc.Arbitrary<string> {
  const basic = fc.constantFrom(...leavesOf(resource.shape)).chain(conditionOf)
  const filters = objectsIn(resource.shape)
  const filter = filters.length > 0 ? [fc.constantFrom(...filters).chain(filterOf)] : []
  const part = fc.oneof({ weight: 4, arbitrary: basic }, ...filter)
  return fc
    .array(fc.tuple(part, fc.constantFrom('&', ';')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map(([text, separator], at) => (at === 0 ? text : separator + text)).join(''))
}

interface Placed {
  readonly at: number
  readonly join: string
  readonly parameter: string
}

/** Parameters of a page at any place of a query, after an & or a ;. */
function placed(): fc.Arbitrary<readonly Placed[]> {
  const one = (parameter: string) =>
    fc.record({ at: fc.nat(4), join: fc.constantFrom('&', ';'), parameter: fc.constant(parameter) })
  return fc.tuple(...['limit=7', 'fields=id', 'sort=-id', "filter=$[?(@.id!='&;[')]"].map(one))
}

/** Inserts a parameter after some part of a query, or before the first. */
function insert(query: string, at: number, join: string, parameter: string): string {
  const parts = query.split(/(?=[&;])/)
  const [before, behind] = [parts.slice(0, at).join(''), parts.slice(at).join('')]
  return before === '' ? `${parameter}${join}${behind}` : `${before}${join}${parameter}${behind}`
}

const SPELLINGS: Readonly<Record<Operator, readonly string[]>> = {
  eq: ['=', '.eq=', '==', '%3D%3D'],
  ne: ['.ne=', '!=', '%21%3D'],
  gt: ['.gt=', '>', '%3E'],
  gte: ['.gte=', '>=', '%3E%3D', '%3E='],
  lt: ['.lt=', '<', '%3C'],
  lte: ['.lte=', '<=', '%3C%3D'],
  regex: ['.regex=', '*=', '%3D~']
}
const PATTERNS = ['a', '^a', 'b$', '.', 'A|b', '[a-b]+', '^$', '\\d']

function conditionOf({ path, shape }: Leaf): fc.Arbitrary<string> {
  const operators = OPERATORS.filter((operator) => scalarKind(shape).operators.includes(operator))
  return fc.constantFrom(...operators).chain((operator) => {
    const value = operator === 'regex' ? fc.constantFrom(...PATTERNS) : filterValue(shape)
    const count = operator === 'eq' || operator === 'ne' ? 3 : 1
    return fc
      .tuple(fc.constantFrom(...SPELLINGS[operator]), fc.array(value, { minLength: 1, maxLength: count }))
      .map(([symbol, values]) => `${path.join('.')}${symbol}${values.map(encodeURIComponent).join()}`)
  })
}

/** Includes days for instants. */
function filterValue(shape: Scalar): fc.Arbitrary<string> {
  const value = scalarOf(shape).map((sample) => (typeof sample === 'object' ? '{}' : String(sample)))
  return shape.kind === 'instant' ? fc.oneof(value, fc.constantFrom('2026-01-15', '2026-01-16')) : value
}

interface Inner {
  readonly path: Path
  readonly element: ObjectShape
}

/** Returns the objects in a shape, those in lists included. */
function objectsIn(shape: Shape, path: Path = []): Inner[] {
  const inner = shape.kind === 'list' ? shape.of : shape
  if (inner.kind !== 'object') return []
  const further = [...inner.members].flatMap(([name, member]) => objectsIn(member.shape, [...path, name]))
  return path.length === 0 ? further : [{ path, element: inner }, ...further]
}

/** Two conditions on the same object. */
function filterOf({ path, element }: Inner): fc.Arbitrary<string> {
  const leaves = leavesOf(element).filter(({ isInList }) => !isInList)
  const term = fc.constantFrom(...leaves).chain(({ path: inner, shape }) =>
    fc.tuple(filterValue(shape), fc.constantFrom('==', '!='), fc.constantFrom('', '!')).map(([value, symbol, not]) => {
      const steps = inner.map((name) => `['${name}']`).join('')
      return `${not}(@${steps} ${symbol} ${JSON.stringify(value)})`
    })
  )
  const [first = '', ...rest] = path
  const root = `$[?(@${[first, ...rest].map((name) => `.${name}`).join('')}`
  return fc
    .tuple(term, fc.constantFrom('&&', '||'), term)
    .map(([left, operator, right]) => `filter=${encodeURIComponent(`${root}[?(${left} ${operator} ${right})])]`)}`)
}

interface Key extends Leaf {
  readonly descending: boolean
}

function sortOf(resource: Resource): fc.Arbitrary<readonly Key[]> {
  const leaves = leavesOf(resource.shape).filter(({ isInList }) => !isInList)
  const key = fc.tuple(fc.constantFrom(...leaves), fc.boolean()).map(([leaf, descending]) => ({ ...leaf, descending }))
  return fc.array(key, { minLength: 1, maxLength: 3 })
}

function byKeys(keys: readonly Key[]): (left: Document, right: Document) => number {
  return (left, right) => {
    const orders = keys.map((key) => byKey(key, left, right))
    return orders.find((order) => order !== 0) ?? compareCodePoints(String(left.id), String(right.id))
  }
}

/** Missing values come last in both directions. */
function byKey({ path, shape, descending }: Key, left: Document, right: Document): number {
  const a = textAt(left, path, shape)
  const b = textAt(right, path, shape)
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  const order = scalarKind(shape).compare(a, b)
  return descending ? -order : order
}

function textAt(document: Document, path: Path, shape: Scalar): string | undefined {
  const value = path.reduce<unknown>((found, name) => (found as Document | undefined)?.[name], document)
  return value === undefined ? undefined : scalarKind(shape).textOf(value)
}
