import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareCodePoints } from '../../src/base/code-points.ts'
import type { Path } from '../../src/tmf/declaration/predicate.ts'
import type { Document, Resource } from '../../src/tmf/declaration/resource.ts'
import { scalarKind } from '../../src/tmf/declaration/scalar.ts'
import type { Scalar } from '../../src/tmf/declaration/shape.ts'
import { bind } from '../../src/tmf/query/bind.ts'
import { match } from '../../src/tmf/query/match.ts'
import { parseQuery } from '../../src/tmf/query/query.ts'
import { type Leaf, leavesOf, queryOf } from '../support/queries.ts'
import { postRandom } from '../support/random-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { resourcesAndHub as resources } from '../support/standard-resources.ts'

const RUNS = 400
const SEED = 678

let server: TestServer
const stored = new Map<string, Document[]>()

beforeAll(async () => {
  server = await startTestServer()
  for (const resource of resources.values()) stored.set(resource.path, await postRandom(server, resource))
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
