import { sumDecimals } from '../base/money.ts'
import { startOfDay } from '../base/time-zone.ts'
import type { Queryable } from '../db/database.ts'
import { computed, computedRow, count, decimal, optional, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { ownedBy, type View } from '../tmf/view.ts'

/** The open amounts of a currency, by the days since they were due, but what is disputed apart; decimals as text. */
export interface Aged {
  readonly currency: string
  readonly billCount: number
  readonly current: string
  readonly days1To30: string
  readonly days31To60: string
  readonly days61To90: string
  readonly daysOver90: string
  readonly disputed: string
  readonly total: string
}

export interface AgedOfPartner extends Aged {
  /** Undefined for accounts of the provider itself. */
  readonly partnerId: string | undefined
  readonly partnerName: string | undefined
}

export const BUCKETS = ['current', 'days1To30', 'days31To60', 'days61To90', 'daysOver90', 'disputed'] as const

const AGED = computedRow({
  partnerId: computed(optional(text), sql`o."partner_id"`),
  partnerName: computed(optional(text), sql`p."name"`),
  currency: computed(text, sql`o."currency"`),
  billCount: computed(count, sql`count(*)`),
  // An amount without a due day is current.
  current: computed(decimal, amountIn(sql`coalesce(o."days", 0) <= 0`)),
  days1To30: computed(decimal, amountIn(sql`o."days" BETWEEN 1 AND 30`)),
  days31To60: computed(decimal, amountIn(sql`o."days" BETWEEN 31 AND 60`)),
  days61To90: computed(decimal, amountIn(sql`o."days" BETWEEN 61 AND 90`)),
  daysOver90: computed(decimal, amountIn(sql`o."days" > 90`)),
  disputed: computed(decimal, sql`sum(o."disputed")`),
  total: computed(decimal, sql`sum(o."amount")`)
})

function amountIn(condition: Sql): Sql {
  return sql`coalesce(sum(o."amount" - o."disputed") FILTER (WHERE ${condition}), 0)`
}

/**
 * Reads the receivables of a view at the end of a day in the tenant's zone, by currency and partner. All of it comes
 * from the ledger: the open amount of a bill is the sum of its journal, of those of its credit notes, write-offs and
 * allocations until then, whatever their origin, so that the totals are those of the book. Of that, no more is disputed
 * than is open; disputes keep when they were opened and when they ended.
 */
export async function readAging(
  queryable: Queryable,
  view: View,
  day: number,
  timeZone: string
): Promise<readonly AgedOfPartner[]> {
  const end = new Date(startOfDay(day + 1, timeZone)).toISOString()
  // Accounts are joined before bills are added up: else the planner expects a handful of these.
  const open = sql`SELECT e."partner_id", e."currency", e."bill", sum(e."amount") AS "amount"
    FROM (SELECT x."partner_id", l."currency", l."amount",
        CASE l."source_type" WHEN 'bill' THEN coalesce(k."bill_id", l."source_id") WHEN 'writeOff' THEN w."bill_id"
          ELSE a."bill_id" END AS "bill"
      FROM "ledger_entry" l
      JOIN "billing_account" x ON x."tenant_id" = l."tenant_id" AND x."id" = l."billing_account_id"
      LEFT JOIN "payment_allocation" a
        ON a."tenant_id" = l."tenant_id" AND a."id" = l."journal_id" AND l."source_type" <> 'bill'
      LEFT JOIN "correction" k
        ON k."tenant_id" = l."tenant_id" AND k."credit_note_id" = l."source_id" AND l."source_type" = 'bill'
      LEFT JOIN "correction" w
        ON w."tenant_id" = l."tenant_id" AND w."id" = l."source_id" AND l."source_type" = 'writeOff'
      WHERE l."tenant_id" = ${view.tenantId} AND l."book" = 'receivable' AND l."posted_at" < ${end}
        AND ${ownedBy(view, 'x')}) e
    GROUP BY 1, 2, 3 HAVING sum(e."amount") <> 0`
  const { rows } = await queryable.run(sql`SELECT ${AGED.columns} FROM (
      SELECT s."partner_id", s."currency", s."amount",
        least(coalesce(d."amount", 0), greatest(s."amount", 0)) AS "disputed",
        (${end}::timestamptz AT TIME ZONE ${timeZone})::date - 1
          - (b."payment_due_date" AT TIME ZONE ${timeZone})::date AS "days"
      FROM (${open}) s
      LEFT JOIN "customer_bill" b ON b."tenant_id" = ${view.tenantId} AND b."id" = s."bill"
      LEFT JOIN (SELECT "bill_id", sum("amount") AS "amount" FROM "dispute" WHERE "tenant_id" = ${view.tenantId}
          AND "created_at" < ${end} AND ("closed_at" IS NULL OR "closed_at" >= ${end}) GROUP BY 1) d
        ON d."bill_id" = s."bill") o
    LEFT JOIN "partner" p ON p."tenant_id" = ${view.tenantId} AND p."id" = o."partner_id"
    GROUP BY 1, 2, 3 ORDER BY o."currency", o."partner_id" NULLS FIRST`)
  return rows.map(AGED.read)
}

/** Adds up the rows of each currency. */
export function totalsOf(rows: readonly Aged[]): readonly Aged[] {
  const byCurrency = Map.groupBy(rows, ({ currency }) => currency)
  return [...byCurrency].map(([currency, own]): Aged => {
    const sum = (name: (typeof BUCKETS)[number] | 'total') => sumDecimals(own.map((row) => row[name]))
    return {
      currency,
      billCount: own.reduce((total, { billCount }) => total + billCount, 0),
      current: sum('current'),
      days1To30: sum('days1To30'),
      days31To60: sum('days31To60'),
      days61To90: sum('days61To90'),
      daysOver90: sum('daysOver90'),
      disputed: sum('disputed'),
      total: sum('total')
    }
  })
}
