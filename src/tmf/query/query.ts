import { parameterFault } from '../../http/findings.ts'
import { FIELDS } from '../../messages/field.ts'
import type { Problem } from '../../messages/problem.ts'
import { QUERIES } from '../../messages/query.ts'
import type { Path, Predicate } from '../declaration/predicate.ts'
import { parseConditions } from './conditions.ts'
import { type Cursor, decodeCursor } from './cursor.ts'
import { parseJsonPathFilter } from './json-path.ts'
import { decodeText, joinQuery, splitQuery } from './query-text.ts'

/** Names to keep, each with the names to keep inside it; an empty map keeps the whole value. */
export interface Fields extends ReadonlyMap<string, Fields> {}

export interface Query {
  readonly fields: Fields | undefined
  readonly where: Predicate | undefined
  readonly sort: readonly SortKey[]
  readonly offset: number | undefined
  readonly limit: number | undefined
  readonly after: Cursor | undefined
  /** The query without offset, limit and after, for links to other pages. */
  readonly link: string
}

export interface SortKey {
  readonly path: Path
  readonly descending: boolean
}

const RESERVED = ['fields', 'offset', 'limit', 'sort', 'filter', 'after', 'depth', 'expand'] as const
type Reserved = (typeof RESERVED)[number]

/** Of pages, and of their order. */
const OF_PAGES: readonly Reserved[] = ['offset', 'limit', 'sort', 'after']

const FIELDS_MAX = 100
const SORT_KEYS_MAX = 8
const FILTERS_MAX = 10

/** The spelling of clients generated from the OpenAPI document, which take its parameter `conditions` for an object. */
const IN_CONDITIONS = /(^|[&;])conditions(?:\[|%5B)([^&;=[\]%]+)(?:\]|%5D)/gi

/** Reads a raw query string (TMF630 part 1, 4.3 to 4.7). Throws `invalidQuery`; 501 for unsupported JSONPath. */
export function parseQuery(raw: string): Query {
  const split = splitQuery(raw.replace(IN_CONDITIONS, '$1$2'), RESERVED)
  const { reserved, alternatives } = split
  refuseUnsupported(reserved)
  const query: Query = {
    fields: parseFields(single(reserved, 'fields')),
    where: both(parseConditions(alternatives), parseFilters(reserved.get('filter') ?? [])),
    sort: parseSort(single(reserved, 'sort')),
    offset: wholeNumber('offset', single(reserved, 'offset')),
    limit: wholeNumber('limit', single(reserved, 'limit')),
    after: decodeCursor(single(reserved, 'after')),
    link: joinQuery(split, ['offset', 'limit', 'after'])
  }
  if (query.after && query.offset !== undefined) {
    throw QUERIES.afterWithOffset()
  }
  return query
}

/** Reads a query of things that have no pages and an order of their own; `refuse` gets the parameter at fault. */
export function parseWithoutPages(raw: string, refuse: (name: string) => Problem): Pick<Query, 'where' | 'fields'> {
  const { reserved } = splitQuery(raw, RESERVED)
  const name = OF_PAGES.find((one) => reserved.has(one))
  if (name !== undefined) throw refuse(name)
  return parseQuery(raw)
}

/** Reads a query string with `fields` only, as for one resource. */
export function parseFieldsOnly(raw: string): Fields | undefined {
  if (raw === '') return undefined
  const { reserved, alternatives } = splitQuery(raw, RESERVED)
  const others = [...[...reserved.keys()].filter((name) => name !== 'fields'), ...alternatives.flat()]
  if (others.length > 0) {
    throw QUERIES.onlyFields()
  }
  return parseFields(single(reserved, 'fields'))
}

function refuseUnsupported(reserved: ReadonlyMap<string, readonly string[]>): void {
  for (const name of ['depth', 'expand']) {
    if (reserved.has(name)) throw parameterFault(QUERIES.unsupported, name, FIELDS.notExpanded())
  }
}

function single(reserved: ReadonlyMap<string, readonly string[]>, name: Reserved): string | undefined {
  const values = reserved.get(name) ?? []
  if (values.length > 1) throw parameterFault(QUERIES.repeated, name, FIELDS.repeated())
  return values[0]
}

function wholeNumber(name: string, raw: string | undefined): number | undefined {
  if (raw === undefined) return undefined
  if (!/^\d{1,400}$/.test(raw)) throw parameterFault(QUERIES.notWhole, name, FIELDS.notWhole())
  return Math.min(Number(raw), Number.MAX_SAFE_INTEGER)
}

function parseFields(raw: string | undefined): Fields | undefined {
  if (raw === undefined) return undefined
  const names = listItems(raw)
  if (names.length === 0) return undefined
  if (names.length > FIELDS_MAX) throw QUERIES.tooManyFields(FIELDS_MAX)
  if (names.some((name) => /[[(]/.test(name))) {
    throw QUERIES.fieldsAsJsonPath()
  }
  if (names.length === 1 && names[0] === 'none') return new Map()
  const tree: FieldTree = new Map()
  for (const name of names) plant(tree, name.split('.'))
  return tree
}

interface FieldTree extends Map<string, FieldTree> {}

/** An empty branch keeps the whole value, so `a,a.b` and `a.b,a` both keep all of `a`. */
function plant(tree: FieldTree, path: readonly string[]): void {
  const [name = '', ...rest] = path
  const branch = tree.get(name)
  if (rest.length === 0) tree.set(name, new Map())
  else if (branch === undefined) {
    const grown: FieldTree = new Map()
    tree.set(name, grown)
    plant(grown, rest)
  } else if (branch.size > 0) plant(branch, rest)
}

function parseSort(raw: string | undefined): readonly SortKey[] {
  if (raw === undefined) return []
  const keys = listItems(raw.replaceAll('+', '%2B')).map((item) => {
    const sign = /^[+-]/.exec(item)?.[0]
    const name = sign ? item.slice(1) : item
    if (name === '') throw QUERIES.emptySort()
    return { path: name.split('.'), descending: sign === '-' }
  })
  if (keys.length > SORT_KEYS_MAX) throw QUERIES.tooManySortKeys(SORT_KEYS_MAX)
  return keys
}

function listItems(raw: string): string[] {
  const items = decodeText(raw).split(',')
  return items.map((item) => item.trim()).filter((item) => item !== '')
}

function parseFilters(raw: readonly string[]): Predicate | undefined {
  const texts = raw.map(decodeText)
  if (texts.length === 0) return undefined
  if (texts.length > FILTERS_MAX) throw QUERIES.tooManyFilters(FILTERS_MAX)
  return { op: 'or', terms: texts.map(parseJsonPathFilter) }
}

function both(left: Predicate | undefined, right: Predicate | undefined): Predicate | undefined {
  return left && right ? { op: 'and', terms: [left, right] } : (left ?? right)
}
