import { dayOf, dayText, startOfDay } from '../base/time-zone.ts'
import { DISPUTED } from '../billing/disputes/disputed.ts'
import { PAYABLE } from '../billing/payments/allocation.ts'
import type { Queryable } from '../db/database.ts'
import { computed, computedRow, count, decimal, instant, optional, scalar, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import { ownedBy, type View } from '../tmf/view.ts'

/** Chooses overdue accounts, by the age of their oldest bill and the amount of all of them. */
export interface OverdueFilter {
  readonly minDays: number
  readonly minAmount: string | undefined
  readonly currencies: readonly string[] | undefined
}

const OVERDUE = computedRow({
  accountId: computed(text, sql`o."account"`),
  accountName: computed(text, sql`a."name"`),
  partnerId: computed(optional(text), sql`a."partner_id"`),
  currency: computed(text, sql`o."currency"`),
  billCount: computed(count, sql`o."bills"`),
  amount: computed(decimal, sql`o."amount"`),
  disputed: computed(decimal, sql`o."disputed"`),
  oldestDueDate: computed(instant, sql`o."due"`)
})

export type OverdueAccount = ReturnType<typeof OVERDUE.read>

/**
 * Lists the accounts with bills that were due before today and can be paid, the longest overdue first; one row for each
 * currency. A bill on hold is not overdue, nor is the disputed part of one: someone looks into it.
 */
export async function listOverdue(
  queryable: Queryable,
  view: View,
  { minDays, minAmount, currencies }: OverdueFilter,
  { today, timeZone }: { readonly today: number; readonly timeZone: string },
  { offset, limit }: Range
): Promise<PageOf<OverdueAccount>> {
  const before = (day: number) => sql`${new Date(startOfDay(day, timeZone)).toISOString()}::timestamptz`
  const amount: Sql =
    minAmount === undefined ? sql`TRUE` : sql`sum(b."remaining_amount_value" - b."disputed") >= ${minAmount}::numeric`
  const currency = currencies === undefined ? sql`TRUE` : sql`b."remaining_amount_unit" = ANY(${currencies}::text[])`
  const overdue = sql`SELECT b."billing_account_id" AS "account", b."remaining_amount_unit" AS "currency",
      count(*) AS "bills", sum(b."remaining_amount_value" - b."disputed") AS "amount",
      sum(b."disputed") AS "disputed", min(b."payment_due_date") AS "due"
    FROM (SELECT b.*, ${DISPUTED} AS "disputed" FROM "customer_bill" b
      WHERE ${ownedBy(view, 'b')} AND ${PAYABLE} AND b."payment_due_date" < ${before(today)} AND ${currency}) b
    GROUP BY 1, 2 HAVING min(b."payment_due_date") < ${before(today - minDays + 1)} AND ${amount}`
  const { rows } = await queryable.run(sql`SELECT ${OVERDUE.columns} FROM (${overdue}) o
    JOIN "billing_account" a ON a."tenant_id" = ${view.tenantId} AND a."id" = o."account"
    ORDER BY o."due", o."account", o."currency" LIMIT ${limit} OFFSET ${offset}`)
  const counted = await queryable.run(sql`SELECT count(*) FROM (${overdue}) o`)
  return { rows: rows.map(OVERDUE.read), total: scalar(counted, count) }
}

/** Writes a row as JSON; `today` is a day in the zone. */
export function writeOverdue(
  { accountId: id, accountName: name, partnerId, currency, billCount, amount, disputed, oldestDueDate }: OverdueAccount,
  { today, timeZone }: { readonly today: number; readonly timeZone: string },
  apiUrl: string
): string {
  const due = dayOf(Date.parse(oldestDueDate), timeZone)
  return objectOf({
    billingAccount: JSON.stringify({ id, href: `${apiUrl}/accounts/${encodeURIComponent(id)}`, name }),
    partner: partnerId === undefined ? undefined : JSON.stringify({ id: partnerId }),
    overdueAmount: moneyOf(currency, amount),
    disputedAmount: moneyOf(currency, disputed),
    billCount: String(billCount),
    oldestDueDate: JSON.stringify(dayText(due)),
    daysOverdue: String(today - due)
  })
}
