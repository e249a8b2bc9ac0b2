import { z } from 'zod'
import { trimScale } from '../base/money.ts'
import { isId } from '../base/ulid.ts'
import type { Queryable } from '../db/database.ts'
import { boolean, computed, count, instant, json, oneOf, optional, rowOf, scalar, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import { type Requested, urlOf } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { nameOf, OPTIONAL_PARTS, REASONS, SOURCE, STATES, STATUSES, sourceOf } from './comparison.ts'
import { BOUNDS, OUTERMOST, SUMMARY, type Summary } from './summary.ts'

const COMPARISON = rowOf(
  'comparison',
  {
    id: text,
    state: oneOf(STATES),
    ...SOURCE,
    billRunId: text,
    isDry: computed(boolean, sql`r."is_dry"`),
    tolerance: json(z.record(z.string(), z.string())),
    createdAt: instant,
    startedAt: optional(instant),
    finishedAt: optional(instant),
    failure: optional(text),
    summary: optional(json(SUMMARY))
  },
  'c'
)

export type ReadComparison = ReturnType<typeof COMPARISON.read>

/** Selects comparisons in any of these states and with any of these runs; one with `id`. */
export interface Filter {
  readonly id?: string
  readonly states?: readonly string[] | undefined
  readonly runs?: readonly string[] | undefined
}

/** Reads a page of the comparisons of a tenant, the newest first, and counts all. */
export async function listComparisons(
  queryable: Queryable,
  tenantId: string,
  filter: Filter,
  { limit, offset }: Range
): Promise<PageOf<ReadComparison>> {
  const which = meantBy(tenantId, filter)
  const { rows } = await queryable.run(sql`SELECT ${COMPARISON.columns}
    FROM "comparison" c JOIN "bill_run" r ON r."tenant_id" = c."tenant_id" AND r."id" = c."bill_run_id"
    WHERE ${which} ORDER BY c."id" DESC LIMIT ${limit} OFFSET ${offset}`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "comparison" c WHERE ${which}`)
  return { rows: rows.map(COMPARISON.read), total: scalar(counted, count) }
}

function meantBy(tenantId: string, { id, states, runs }: Filter): Sql {
  return sql`c."tenant_id" = ${tenantId} AND ${id === undefined ? sql`TRUE` : sql`c."id" = ${id}`}
    AND ${states ? sql`c."state" = ANY(${states}::text[])` : sql`TRUE`}
    AND ${runs ? sql`c."bill_run_id" = ANY(${runs}::text[])` : sql`TRUE`}`
}

/** Reads one comparison of a tenant. Throws `notFound`. */
export async function oneComparison(queryable: Queryable, tenantId: string, id: string): Promise<ReadComparison> {
  if (!isId(id)) throw RESOURCES.notFound('comparison')
  const { rows } = await listComparisons(queryable, tenantId, { id }, { limit: 1, offset: 0 })
  const [comparison] = rows
  if (comparison) return comparison
  throw RESOURCES.notFound('comparison')
}

/** Writes one comparison as JSON. Throws `notFound`. */
export async function answerComparison(asked: Requested, context: RouteContext, id: string): Promise<string> {
  const comparison = await oneComparison(context.database, asked.view.tenantId, id)
  return writeComparison(comparison, urlOf(asked, context, `comparison/${id}`))
}

export function writeComparison(comparison: ReadComparison, href?: string): string {
  const { id, state, billRunId, isDry, tolerance, createdAt, startedAt, finishedAt, failure } = comparison
  const plain = {
    ...{ id, href, state },
    ...nameOf(sourceOf(comparison)),
    billRun: { id: billRunId },
    ...{ dryRun: isDry, createdAt, startedAt, finishedAt, failure }
  }
  const limits = Object.entries(tolerance).map(([currency, value]) => [currency, trimScale(value)])
  return objectOf({
    ...textsOf(plain),
    tolerance: objectOf(Object.fromEntries(limits)),
    ...(comparison.summary && writeSummary(comparison.summary))
  })
}

function textsOf(members: object): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, JSON.stringify(value)]))
}

function writeSummary({ statuses, reasons, uncompared, withoutAccount, totals }: Summary) {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, statuses[status] ?? 0]))
  const accounts = Object.values(counts).reduce((sum, each) => sum + each, 0)
  const listed = <Name extends string>(names: readonly Name[], found: Partial<Record<Name, number>>, as: string) =>
    names.flatMap((name) => (found[name] ? [{ [as]: name, count: found[name] }] : []))
  return {
    ...textsOf({
      ...{ accounts, ...counts },
      reasons: listed(REASONS, reasons, 'reason'),
      notCompared: listed(OPTIONAL_PARTS, uncompared, 'part'),
      billsWithoutAccount: withoutAccount
    }),
    totals: `[${totals.map(writeTotal).join()}]`,
    histogram: `[${totals.map(({ currency, bins }) => writeHistogram(currency, bins)).join()}]`
  }
}

function writeTotal({ currency, accounts, hereBills, thereBills, here, there, difference }: Summary['totals'][number]) {
  return objectOf({
    ...textsOf({ currency, accounts }),
    here: objectOf({ bills: String(hereBills), amount: moneyOf(currency, here) }),
    there: objectOf({ bills: String(thereBills), amount: moneyOf(currency, there) }),
    difference: moneyOf(currency, difference)
  })
}

/** A bin of a histogram. The bound towards 0 is outside of it, the other inside; a missing one is infinite. */
export interface Bin {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly accounts: number
}

/** Returns all bins, the most negative differences first. */
export function binsOf(bins: Readonly<Record<string, number>>): readonly Bin[] {
  const bound = (at: number) => (at === 0 ? '0' : BOUNDS[at - 1])
  const negative = (text: string | undefined) => (text === undefined || text === '0' ? text : `-${text}`)
  return Array.from({ length: 2 * OUTERMOST + 1 }, (_, place) => {
    const number = place - OUTERMOST
    const accounts = bins[String(number)] ?? 0
    const [inner, outer] = [bound(Math.max(Math.abs(number) - 1, 0)), bound(Math.abs(number))]
    return number < 0 ? { from: negative(outer), to: negative(inner), accounts } : { from: inner, to: outer, accounts }
  })
}

function writeHistogram(currency: string, bins: Readonly<Record<string, number>>): string {
  const written = binsOf(bins).map(({ from, to, accounts }) => objectOf({ from, to, accounts: String(accounts) }))
  return objectOf({ currency: JSON.stringify(currency), bins: `[${written.join()}]` })
}
