import type { Row } from '../db/database.ts'
import { printedCells } from '../db/row.ts'
import { identifier, identifiers, join, type Sql, sql } from '../db/sql.ts'
import { QUERIES } from '../messages/query.ts'
import { patternsIn } from './declaration/predicate.ts'
import { couldBeId, type Resource } from './declaration/resource.ts'
import type { ScalarKind } from './declaration/scalar.ts'
import type { Scalar } from './declaration/shape.ts'
import { type Bound, bind, leafAt, shapeAt } from './query/bind.ts'
import { conditionSql, sortOperand } from './query/condition-sql.ts'
import { type Cursor, encodeCursor } from './query/cursor.ts'
import { DEFAULT_LIMIT, LIMIT_MAX } from './query/list-query.ts'
import type { Query } from './query/query.ts'
import { idOf, type Selection, selectAll, selectFields } from './representation.ts'
import { type View, within } from './view.ts'

/** Exact counts up to here; beyond, the planner's estimate is cheaper. */
export const EXACT_COUNT_MAX = 10_000

export interface Page {
  readonly resource: Resource
  readonly selection: Selection
  readonly matches: Sql
  readonly sort: readonly SortColumn[]
  readonly sortText: string
  readonly offset: number
  readonly limit: number
  readonly after: Cursor | undefined
  /** Its statement has one of few shapes and may be prepared by name. */
  readonly isCommon: boolean
  readonly isServed: boolean
  readonly hasPattern: boolean
  /** Finds its rows by a list's index, whose estimates are too rough for planning the order; see `rowsOf`. */
  readonly isByList: boolean
}

interface SortColumn {
  readonly operand: Sql
  readonly kind: ScalarKind
  readonly leaf: Scalar
  readonly descending: boolean
}

/** Throws `invalidQuery` with the allowed names. */
export function pageOf(resource: Resource, view: View, query: Query): Page {
  const bound = query.where && bind(query.where, resource.shape)
  const sortText = query.sort.map(({ path, descending }) => `${descending ? '-' : ''}${path.join('.')}`).join()
  const sort = query.sort.map(({ path, descending }) => sortColumn(resource, path, descending))
  if (query.after && (query.after.sort !== sortText || query.after.values.length !== sort.length)) {
    throw QUERIES.afterOfOtherSort()
  }
  checkCursorValues(resource, sort, query.after)
  const visible = within(resource, view)
  return {
    resource,
    selection: query.fields ? selectFields(resource, query.fields) : selectAll(resource),
    matches: bound ? sql`${visible} AND ${conditionSql(resource, bound)}` : visible,
    sort,
    sortText,
    offset: query.offset ?? query.after?.position ?? 0,
    limit: Math.min(query.limit ?? DEFAULT_LIMIT, LIMIT_MAX),
    after: query.after,
    isCommon: query.fields === undefined && isServed(resource, query),
    isServed: isServed(resource, query),
    hasPattern: query.where !== undefined && patternsIn(query.where) > 0,
    isByList: bound !== undefined && isByList(resource, bound)
  }
}

function isByList(resource: Resource, bound: Bound): boolean {
  switch (bound.op) {
    case 'and':
      return bound.terms.some((term) => isByList(resource, term))
    case 'test': {
      const attribute = resource.attributes.get(bound.path[0] ?? '')
      return attribute?.storage.kind === 'json' && attribute.indexed
    }
    default:
      return false
  }
}

function sortColumn(resource: Resource, path: readonly string[], descending: boolean): SortColumn {
  const leaf = leafAt(resource.shape, path)
  if (path.some((_, depth) => shapeAt(resource.shape, path.slice(0, depth + 1)).kind === 'list')) {
    throw QUERIES.severalValuesInSort(path.join('.'))
  }
  return { ...sortOperand(resource, path, leaf), leaf, descending }
}

/** A cursor is untrusted input: its values must be of the kinds that the sort compares. */
function checkCursorValues(resource: Resource, sort: readonly SortColumn[], after: Cursor | undefined): void {
  const isSound = sort.every(({ kind, leaf }, at) => {
    const value = after?.values[at] ?? null
    return value === null || kind.parse(value, leaf) !== undefined
  })
  if (!isSound || (after && !couldBeId(resource, after.id))) throw QUERIES.notACursor()
}

/** Allows bounded shapes: at most two equalities on indexed attributes, and a sort on one of them. */
function isServed(resource: Resource, { where, sort }: Query): boolean {
  const attributeOf = ([name = '']: readonly string[]) => resource.attributes.get(name)
  const isIndexed = (path: readonly string[]) => attributeOf(path)?.indexed ?? false
  const isOrdered = (path: readonly string[]) => isIndexed(path) && !attributeOf(path)?.sparse
  const terms = where?.op === 'and' ? where.terms : where ? [where] : []
  const plain = terms.every((term) => term.op === 'compare' && term.operator === 'eq' && term.values.length === 1)
  const indexed = terms.every((term) => term.op === 'compare' && isIndexed(term.path))
  return terms.length <= 2 && plain && indexed && sort.length <= 1 && sort.every(({ path }) => isOrdered(path))
}

/**
 * Selects the rows of a page and one more, which tells if another page follows. Each row ends with the values of its
 * sort keys and the number of matches up to EXACT_COUNT_MAX + 1, unless `counted` before.
 */
export function pageStatement(page: Page, counted?: number): Sql {
  const { selection, sort, limit, after } = page
  const columns = identifiers(selection.columns)
  const keys = sort.map(({ operand }, at) => sql`, ${operand} AS ${sortKey(at)}`)
  const from = sql`SELECT ${columns}${join(keys, sql``)} FROM ${rowsOf(page, counted)}`
  const order = sql`ORDER BY ${orderBy(sort, ({ operand }) => operand)}`
  const bound = sql`LIMIT ${limit + 1}::bigint`
  const rows = after
    ? seek(sort, after, (beyond) => sql`(${from} AND ${beyond} ${order} ${bound})`)
    : sql`(${from} ${order} ${bound} OFFSET ${page.offset}::bigint)`
  const total = sql`(${counted === undefined ? cappedCount(page) : sql`${counted}::bigint`}) AS "total"`
  const again = orderBy(sort, (_, at) => sortKey(at))
  return sql`SELECT "page".*, ${total} FROM ${rows} AS "page" ORDER BY ${again} ${bound}`
}

/**
 * Selects the matching rows. If a list's index finds few, they are found before they are ordered: the planner may
 * expect many and walk the index of the order through the whole table.
 */
function rowsOf({ resource, matches, isByList }: Page, counted: number | undefined): Sql {
  const table = identifier(resource.table)
  const isFew = isByList && counted !== undefined && counted <= EXACT_COUNT_MAX
  // OFFSET 0 keeps the planner from merging the inner query with the outer one.
  return isFew
    ? sql`(SELECT * FROM ${table} WHERE ${matches} OFFSET 0) AS "found" WHERE TRUE`
    : sql`${table} WHERE ${matches}`
}

/** Counts matches up to EXACT_COUNT_MAX + 1. */
export function cappedCount({ resource, matches }: Page): Sql {
  const some = sql`SELECT FROM ${identifier(resource.table)} WHERE ${matches} LIMIT ${EXACT_COUNT_MAX + 1}::bigint`
  return sql`SELECT count(*) FROM (${some}) AS "some"`
}

/** Explains the matching rows, for the planner's estimate of their number. */
export function estimate({ resource, matches }: Page): Sql {
  return sql`EXPLAIN (FORMAT JSON) SELECT FROM ${identifier(resource.table)} WHERE ${matches}`
}

const sortKey = (at: number): Sql => identifier(`sort_${at}`)

function orderBy(sort: readonly SortColumn[], operandOf: (column: SortColumn, at: number) => Sql): Sql {
  const keys = sort.map((column, at) => {
    const direction = column.descending ? sql`DESC` : sql`ASC`
    return sql`${operandOf(column, at)} ${direction} NULLS LAST`
  })
  return join([...keys, sql`"id"`])
}

/**
 * Selects the rows behind a cursor as a union of index ranges, one for each key that may be the first to differ. One
 * condition with OR would read from the start of the index, and page 10,000 would cost more than page 1.
 */
function seek(sort: readonly SortColumn[], after: Cursor, range: (beyond: Sql) => Sql): Sql {
  const ranges: Sql[] = []
  let prefix = sql`TRUE`
  sort.forEach(({ operand, kind, descending }, at) => {
    const value = after.values[at] ?? null
    if (value === null) {
      prefix = sql`${prefix} AND ${operand} IS NULL`
      return
    }
    const bound = kind.parameter(value)
    ranges.push(range(sql`${prefix} AND ${operand} ${descending ? sql`<` : sql`>`} ${bound}`))
    ranges.push(range(sql`${prefix} AND ${operand} IS NULL`))
    prefix = sql`${prefix} AND ${operand} = ${bound}`
  })
  ranges.push(range(sql`${prefix} AND "id" > ${after.id}`))
  return sql`(${join(ranges, sql` UNION ALL `)})`
}

/** Returns the cursor behind a row; `position` counts the rows up to it, `total` estimates all. */
export function cursorAfter(page: Page, row: Row, position: number, total: number | undefined): string {
  const cells = printedCells(row)
  const at = page.selection.columns.length
  const values = page.sort.map(({ kind }, key) => canonicalText(kind, cells[at + key] ?? null))
  return encodeCursor({ sort: page.sortText, position, values, id: idOf(row), total })
}

/** Returns the number of all matches, which each row of a page has. */
export function totalIn({ selection, sort }: Page, row: Row): number {
  return Number(printedCells(row)[selection.columns.length + sort.length])
}

function canonicalText(kind: ScalarKind, printed: string | null): string | null {
  if (printed === null) return null
  const json = kind.json(printed)
  return json.startsWith('"') ? JSON.parse(json) : json
}
