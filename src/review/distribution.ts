import { sumDecimals } from '../base/money.ts'
import type { Queryable } from '../db/database.ts'
import { computed, computedRow, count, decimal, integer, rowOf, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'

/** 0, and 1, 2 and 5 of each power of ten from a hundredth to a thousand million. */
const BOUNDS = ['0', ...['0.01', '0.02', '0.05', '0.1', '0.2', '0.5'], ...wholeBounds()]

function wholeBounds(): readonly string[] {
  return Array.from({ length: 10 }, (_, power) => ['1', '2', '5'].map((digit) => digit + '0'.repeat(power))).flat()
}

const BIN = computedRow({
  currency: computed(text, sql`x."currency"`),
  /** The number of bounds that are not above its amounts. */
  bin: computed(integer, sql`x."bin"`),
  bills: computed(count, sql`count(*) FILTER (WHERE x."is_current")`),
  previousBills: computed(count, sql`count(*) FILTER (WHERE NOT x."is_current")`),
  amount: computed(decimal, sql`coalesce(sum(x."amount") FILTER (WHERE x."is_current"), 0)`),
  previousAmount: computed(decimal, sql`coalesce(sum(x."amount") FILTER (WHERE NOT x."is_current"), 0)`)
})

const PREVIOUS = rowOf('bill_run', { id: text, billCycleId: text }, 'p')

export interface Distribution {
  readonly previous: ReturnType<typeof PREVIOUS.read> | undefined
  /** By currency, and then by their amounts. */
  readonly bins: readonly ReturnType<typeof BIN.read>[]
}

/**
 * Counts the bills of a run, also of a dry one, and of the run before by their amounts. The run before is the last one
 * of the same specification whose period ended earlier and which was no dry run.
 */
export async function readDistribution(queryable: Queryable, tenantId: string, runId: string): Promise<Distribution> {
  const end = (run: Sql) => sql`(${run}."dates"->>'end')::timestamptz`
  const found = await queryable.run(sql`SELECT ${PREVIOUS.columns} FROM "bill_run" r
    JOIN "bill_run" p ON p."tenant_id" = r."tenant_id" AND NOT p."is_dry"
      AND p."dates"->>'specificationId' = r."dates"->>'specificationId' AND ${end(sql`p`)} < ${end(sql`r`)}
    WHERE r."tenant_id" = ${tenantId} AND r."id" = ${runId} ORDER BY ${end(sql`p`)} DESC, p."id" DESC LIMIT 1`)
  const [previous] = found.rows.map(PREVIOUS.read)
  const amounts = amountsOf(tenantId, runId, true)
  const all = previous ? sql`${amounts} UNION ALL ${amountsOf(tenantId, previous.id, false)}` : amounts
  const { rows } = await queryable.run(sql`SELECT ${BIN.columns} FROM (
      SELECT *, width_bucket("amount", ${BOUNDS}::numeric[]) AS "bin" FROM (${all}) a) x
    GROUP BY x."currency", x."bin" ORDER BY x."currency", x."bin"`)
  return { previous, bins: rows.map(BIN.read) }
}

function amountsOf(tenantId: string, runId: string, isCurrent: boolean): Sql {
  return sql`SELECT ${isCurrent}::boolean AS "is_current", b."amount_due_unit" AS "currency",
      b."amount_due_value" AS "amount"
    FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND b."bill_run_id" = ${runId}
    UNION ALL
    SELECT ${isCurrent}::boolean, d."document"#>>'{amountDue,unit}', (d."document"#>>'{amountDue,value}')::numeric
    FROM "bill_run_dry_bill" d WHERE d."tenant_id" = ${tenantId} AND d."bill_run_id" = ${runId}`
}

/** Writes a distribution as JSON; runs have their addresses below `root`. */
export function writeDistribution({ previous, bins }: Distribution, runId: string, root: string): string {
  const refOf = (id: string) => ({ id, href: `${root}/billRun/${id}` })
  const currencies = Map.groupBy(bins, ({ currency }) => currency)
  return objectOf({
    billRun: JSON.stringify(refOf(runId)),
    previous: previous && JSON.stringify({ ...refOf(previous.id), billCycle: { id: previous.billCycleId } }),
    currencies: `[${[...currencies].map(([currency, own]) => currencyJson(currency, own)).join()}]`
  })
}

function currencyJson(currency: string, bins: Distribution['bins']): string {
  const [first = 0, last = 0] = [bins[0]?.bin, bins.at(-1)?.bin]
  const all = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  const written = all.map((bin) => {
    const { bills = 0, previousBills = 0 } = bins.find((one) => one.bin === bin) ?? {}
    const counts = { bills: String(bills), previousBills: String(previousBills) }
    return objectOf({ from: BOUNDS[bin - 1], to: BOUNDS[bin], ...counts })
  })
  const sums = {
    bills: bins.reduce((sum, { bills }) => sum + bills, 0),
    previousBills: bins.reduce((sum, { previousBills }) => sum + previousBills, 0)
  }
  return objectOf({
    currency: JSON.stringify(currency),
    bills: String(sums.bills),
    amount: moneyOf(currency, sumDecimals(bins.map(({ amount }) => amount))),
    previousBills: String(sums.previousBills),
    previousAmount: moneyOf(currency, sumDecimals(bins.map(({ previousAmount }) => previousAmount))),
    bins: `[${written.join()}]`
  })
}
