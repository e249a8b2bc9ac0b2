import { oncePer } from '../base/once.ts'
import { readLong, shortParts } from '../db/cursor.ts'
import type { Database, Queryable, Row } from '../db/database.ts'
import { count, scalar } from '../db/row.ts'
import { asPrepared, identifier, identifiers, prepared, repeatable, type Sql, sql } from '../db/sql.ts'
import { Problem } from '../messages/problem.ts'
import { QUERIES } from '../messages/query.ts'
import { RESOURCES } from '../messages/resource.ts'
import { nextTurn } from '../pace/turns.ts'
import { planOf } from './cost.ts'
import { candidateIds, inNameSpaces } from './declaration/own-names.ts'
import { couldBeId, type Resource } from './declaration/resource.ts'
import { cappedCount, cursorAfter, EXACT_COUNT_MAX, estimate, type Page, pageStatement, totalIn } from './page.ts'
import { type View, within } from './view.ts'

const LONG_PAGE = 100

/** The rows of a page in parts, each small enough for one turn of the event loop. */
export type Parts = AsyncIterable<readonly Row[]>

export interface Listing<T> {
  readonly made: T
  readonly count: number
  readonly total: number
  readonly isEstimate: boolean
  readonly next: string | undefined
}

/** The planner's cost of a list that reads a hundred thousand rows or more. */
const COSTLY = 10_000

/**
 * Runs a page's statement; `use` gets the rows, from the start again if the statement is repeated. Refuses a query that
 * takes too long as `invalidQuery` if its plan shows why, and says what would be quicker; otherwise the database is
 * slow.
 */
export async function list<T>(
  database: Database,
  page: Page,
  wantsExactCount: boolean,
  use: (parts: Parts) => Promise<T>
): Promise<Listing<T>> {
  try {
    const before = await countedBefore(database, page, wantsExactCount)
    const { made, count, first, last, isMore } = await readRows(database, page, before, use)
    const counted = before ?? (first && totalIn(page, first))
    const matches = await total(database, page, counted, wantsExactCount)
    const estimated = matches.isEstimate ? matches.total : undefined
    const next = isMore && last && cursorAfter(page, last, page.offset + count, estimated)
    return { made, count, next: next || undefined, ...matches }
  } catch (error) {
    if (!(error instanceof Problem && error.kind === 'statementTimeout')) throw error
    if ((await cost(database, page, wantsExactCount)) < COSTLY) throw error
    const indexed = [...page.resource.attributes].filter(([, attribute]) => attribute.indexed).map(([name]) => name)
    throw QUERIES.tooSlow(indexed)
  }
}

interface Read<T> {
  readonly made: T
  readonly count: number
  readonly first: Row | undefined
  readonly last: Row | undefined
  readonly isMore: boolean
}

async function readRows<T>(
  database: Database,
  page: Page,
  counted: number | undefined,
  use: (parts: Parts) => Promise<T>
): Promise<Read<T>> {
  if (page.limit === 0) return usePage([], page, use)
  const statement = pageStatement(page, counted)
  if (page.limit > LONG_PAGE) return readLong(database, statement, (parts) => usePage(parts, page, use))
  const { rows } = await database.run(asPrepared(statement, page.isCommon))
  return usePage(inTurns(rows), page, use)
}

async function* inTurns(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  let isFirst = true
  for (const part of shortParts(rows)) {
    if (!isFirst) await nextTurn()
    isFirst = false
    yield part
  }
}

/** The statement selects one row more than the page has, which is not used. */
async function usePage<T>(
  parts: Parts | readonly (readonly Row[])[],
  { limit }: Page,
  use: (parts: Parts) => Promise<T>
): Promise<Read<T>> {
  let count = 0
  let [first, last]: (Row | undefined)[] = []
  let isMore = false
  const made = await use(ofPage())
  return { made, count, first, last, isMore }

  async function* ofPage(): AsyncGenerator<readonly Row[]> {
    for await (const part of parts) {
      const rows = part.slice(0, limit - count)
      isMore = rows.length < part.length
      count += rows.length
      first ??= part[0]
      last = rows.at(-1) ?? last
      yield rows
    }
  }
}

/** Returns the planner's cost of the page, counting included; 0 if it cannot be asked. */
async function cost(database: Database, page: Page, wantsExactCount: boolean): Promise<number> {
  const counting = wantsExactCount ? countOf(page) : cappedCount(page)
  const statement = page.limit === 0 || wantsExactCount ? counting : pageStatement(page)
  const plan = await planOf(database, sql`EXPLAIN (FORMAT JSON) ${statement}`).catch(() => undefined)
  return plan?.['Total Cost'] ?? 0
}

/**
 * Returns the number of matches if it is known before the page is read: from its cursor, or because its plan depends on
 * it.
 */
async function countedBefore(database: Database, page: Page, wantsExactCount: boolean): Promise<number | undefined> {
  if (page.after?.total !== undefined && !wantsExactCount) return Math.max(page.after.total, EXACT_COUNT_MAX + 1)
  return page.isByList ? countBy(database, asPrepared(cappedCount(page), page.isCommon)) : undefined
}

async function total(
  database: Database,
  page: Page,
  capped: number | undefined,
  wantsExactCount: boolean
): Promise<{ total: number; isEstimate: boolean }> {
  const counted = capped ?? (await countBy(database, cappedCount(page)))
  if (counted <= EXACT_COUNT_MAX) return { total: counted, isEstimate: false }
  if (wantsExactCount) return { total: await countBy(database, countOf(page)), isEstimate: false }
  if (page.after?.total !== undefined) return { total: counted, isEstimate: true }
  const plan = await planOf(database, estimate(page))
  return { total: Math.max(plan['Plan Rows'], counted), isEstimate: true }
}

function countOf({ resource, matches }: Page): Sql {
  return sql`SELECT count(*) FROM ${identifier(resource.table)} WHERE ${matches}`
}

async function countBy(database: Database, statement: Sql): Promise<number> {
  return scalar(await database.run(statement), count)
}

/**
 * Returns the full row of a resource by its id or another name. Throws `notFound`. `lock` keeps others from changing or
 * removing it.
 */
export async function find(
  queryable: Queryable,
  resource: Resource,
  view: View,
  id: string,
  lock: keyof typeof LOCKS = 'none'
): Promise<Row> {
  if (!couldBeId(resource, id)) throw RESOURCES.notFound(resource.noun)
  const isPlain = view.partnerId === undefined && !resource.names && lock === 'none'
  const statement = isPlain ? plainById(resource)(view.tenantId, id) : byId(resource, view, id, lock)
  const { rows } = await queryable.run(statement)
  if (rows[0]) return rows[0]
  throw RESOURCES.notFound(resource.noun)
}

function byId(resource: Resource, view: View, id: string, lock: keyof typeof LOCKS): Sql {
  return prepared`SELECT ${identifiers(resource.columns)} FROM ${identifier(resource.table)}
    WHERE ${within(resource, view)} AND "id" = ${idOf(resource, view, id)}${LOCKS[lock]}`
}

/** Reads of a provider, by far the most frequent. */
const plainById = oncePer((resource: Resource) => repeatable(byId(resource, { tenantId: '' }, '', 'none')))

/** Selects the id that a name stands for; a view's own names come first. */
function idOf({ names, clientId, table }: Resource, view: View, name: string): Sql {
  const { tenantId, partnerId } = view
  if (names) {
    const [other, column, id] = [names.table, names.name, names.id].map(identifier)
    return sql`(SELECT n.${id} FROM ${other} n WHERE n."tenant_id" = ${tenantId} AND n.${column} = ${name}
      AND ${inNameSpaces(view)} ORDER BY n."name_space" DESC LIMIT 1)`
  }
  if (!clientId || partnerId === undefined) return sql`${name}`
  return sql`(SELECT o."id" FROM ${identifier(table)} o WHERE o."tenant_id" = ${tenantId}
    AND o."id" = ANY(${candidateIds(view, name)}::text[]) ORDER BY o."id" = ${name} LIMIT 1)`
}

const LOCKS = { none: sql``, share: sql` FOR SHARE`, update: sql` FOR UPDATE` }
