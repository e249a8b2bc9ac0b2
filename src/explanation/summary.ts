import { sumDecimals } from '../base/money.ts'
import type { Queryable } from '../db/database.ts'
import { computed, computedRow, count, decimal, optional, text } from '../db/row.ts'
import { join, prepared, type Sql, sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import { BILLS } from '../messages/bill.ts'
import { digitsOf, PRODUCT_NAME, productOf, RATE_TYPE } from './charges.ts'
import type { Lines } from './lines.ts'

export const KEYS = ['type', 'product', 'day'] as const
export type Key = (typeof KEYS)[number]

/** The rates to add up; each filter that is given leaves out all others. */
export interface Summarized {
  readonly tenantId: string
  readonly lines: Lines
  readonly by: readonly Key[]
  readonly type: string | undefined
  readonly productId: string | undefined
  /** Such as 2026-11-30, in the time zone of the tenant. */
  readonly day: string | undefined
}

const ROWS_MAX = 10_000

/** Columns only: no rate's JSON is read. A rate without an amount has no currency. */
const COLUMNS: Readonly<Record<Key, Sql>> = {
  type: RATE_TYPE,
  product: sql`r."product_id"`,
  day: sql`(r."date" AT TIME ZONE n."time_zone")::date`
}

const ROW = computedRow({
  unit: computed(optional(text), sql`x."unit"`),
  type: computed(optional(text), sql`x."type"`),
  productId: computed(optional(text), sql`x."product_id"`),
  productName: PRODUCT_NAME,
  day: computed(optional(text), sql`to_char(x."day", 'YYYY-MM-DD')`),
  rateCount: computed(count, sql`x."count"`),
  exact: computed(optional(decimal), sql`x."exact"`),
  shown: computed(optional(decimal), sql`x."shown"`)
})

type SummaryRow = ReturnType<typeof ROW.read>

/** Adds up the rates of a bill by some of their columns, in one pass of an index. Throws for too many rows. */
export async function readSummary(queryable: Queryable, summarized: Summarized): Promise<readonly SummaryRow[]> {
  const { rows } = await queryable.run(summaryStatement(summarized))
  if (rows.length > ROWS_MAX) throw BILLS.summaryTooLong(ROWS_MAX)
  return rows.map(ROW.read)
}

export function summaryStatement({ tenantId, lines, by, type, productId, day }: Summarized): Sql {
  const column = (key: Key) => (by.includes(key) ? COLUMNS[key] : sql`NULL`)
  const unit = sql`CASE WHEN r."tax_excluded_amount_value" IS NOT NULL THEN r."tax_excluded_amount_unit" END`
  const filters = [
    ...(type === undefined ? [] : [sql`${RATE_TYPE} = ${type}`]),
    ...(productId === undefined ? [] : [sql`r."product_id" = ${productId}`]),
    ...(day === undefined ? [] : [sql`${COLUMNS.day} = ${day}::date`])
  ]
  return prepared`SELECT ${ROW.columns} FROM (
      SELECT ${tenantId}::text AS "tenant_id", "unit", "type", "product_id", "day", count(*) AS "count",
        sum("value") AS "exact", sum(round("value", ${digitsOf(sql`"unit"`)})) AS "shown", min("named") AS "named"
      FROM (SELECT r."named", ${unit} AS "unit", ${column('type')}::text AS "type", ${column('product')}::text
            AS "product_id", ${column('day')}::date AS "day", r."tax_excluded_amount_value" AS "value"
          FROM "tenant" n CROSS JOIN LATERAL (SELECT *, ${lines.rateId} AS "named" FROM ${lines.of}) r
          WHERE ${join([sql`n."id" = ${tenantId}`, ...filters], sql` AND `)}) l
      GROUP BY 2, 3, 4, 5) x
    ORDER BY ${join([...by.map((key) => ORDER[key]), sql`x."unit"`])} LIMIT ${ROWS_MAX + 1}`
}

const ORDER: Readonly<Record<Key, Sql>> = {
  type: sql`x."type"`,
  product: sql`x."product_id"`,
  day: sql`x."day"`
}

/** Yields a summary as JSON. Its totals, one for each currency, are the sums of its rows. */
export function* summaryPieces(
  bill: { readonly id: string; readonly href: string },
  by: readonly Key[],
  rows: readonly SummaryRow[]
): Generator<string> {
  const head = objectOf({
    customerBill: JSON.stringify(bill),
    by: JSON.stringify(by),
    totals: `[${totalsOf(rows).map(rowJson).join()}]`
  })
  yield `${head.slice(0, -1)},"rows":[`
  for (const [at, row] of rows.entries()) yield at === 0 ? rowJson(row) : `,${rowJson(row)}`
  yield ']}'
}

function totalsOf(rows: readonly SummaryRow[]): readonly SummaryRow[] {
  const sumOf = (part: (row: SummaryRow) => string | undefined, own: readonly SummaryRow[]) =>
    sumDecimals(own.map((row) => part(row) ?? '0'))
  return [...Map.groupBy(rows, ({ unit }) => unit)].map(([unit, own]) => ({
    ...{ unit, type: undefined, productId: undefined, productName: undefined, day: undefined },
    rateCount: own.reduce((sum, { rateCount }) => sum + rateCount, 0),
    exact: sumOf(({ exact }) => exact, own),
    shown: sumOf(({ shown }) => shown, own)
  }))
}

function rowJson({ unit, type, productId: id, productName: name, day, rateCount, exact, shown }: SummaryRow): string {
  const product = productOf(id, name)
  const money = (amount: string | undefined) => (amount && unit !== undefined ? moneyOf(unit, amount) : undefined)
  return objectOf({
    type: type === undefined ? undefined : JSON.stringify(type),
    product: product && JSON.stringify(product),
    day: day && JSON.stringify(day),
    rateCount: String(rateCount),
    exactAmount: money(exact),
    shownAmount: money(shown)
  })
}
