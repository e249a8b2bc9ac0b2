import { dayText, startOfDay } from '../base/time-zone.ts'
import { DISPUTED } from '../billing/disputes/disputed.ts'
import { PAYABLE } from '../billing/payments/allocation.ts'
import type { Transaction } from '../db/database.ts'
import { computed, computedRow, decimal, integer, optional, scalars, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'

/** A day of a tenant, counted from 1970, and the levels of its plan: days after the due day that have steps. */
export interface DunningMoment {
  readonly tenantId: string
  readonly timeZone: string
  readonly day: number
  readonly levels: readonly number[]
}

const DUE = computedRow({
  billId: computed(text, sql`b."id"`),
  billNo: computed(optional(text), sql`b."bill_no"`),
  accountId: computed(text, sql`b."billing_account_id"`),
  currency: computed(text, sql`b."remaining_amount_unit"`),
  amount: computed(decimal, sql`d."amount"`),
  daysOverdue: computed(integer, sql`d."days"`),
  level: computed(integer, sql`n."level"`),
  /** Days since late interest was charged last, or since the due day. */
  interestDays: computed(
    integer,
    sql`least(d."days", d."today" - (SELECT max(s."day") FROM "dunning_step" s WHERE s."tenant_id" = b."tenant_id"
      AND s."bill_id" = b."id" AND s."interest_rate_id" IS NOT NULL))`
  )
})

/** A bill whose next step is due. */
export type DueBill = ReturnType<typeof DUE.read>

/** Returns up to `limit` accounts after one, by id, with bills whose next step is due. */
export async function dueAccounts(
  tx: Transaction,
  moment: DunningMoment,
  after: string,
  limit: number
): Promise<readonly string[]> {
  const found = await tx.run(sql`SELECT DISTINCT b."billing_account_id"
    ${dueBills(moment, sql`b."billing_account_id" > ${after}`)} ORDER BY 1 LIMIT ${limit}`)
  return scalars(found, text)
}

/** Returns the bills of accounts whose next step is due, in the order of their accounts. */
export async function readDue(
  tx: Transaction,
  moment: DunningMoment,
  accounts: readonly string[]
): Promise<readonly DueBill[]> {
  const { rows } = await tx.run(sql`SELECT ${DUE.columns}
    ${dueBills(moment, sql`b."billing_account_id" = ANY(${accounts}::text[])`)}
    ORDER BY b."billing_account_id", b."payment_due_date", b."id"`)
  return rows.map(DUE.read)
}

/**
 * Selects the bills whose next step is due. A bill goes through the levels of the plan one by one: the next is due when
 * the bill is so old, and as many days have passed since its last step as lie between the two in the plan. So missed
 * days never make two steps of one day.
 */
function dueBills({ tenantId, timeZone, day, levels }: DunningMoment, accounts: Sql): Sql {
  const today = sql`${dayText(day)}::date`
  const latest = new Date(startOfDay(day - Math.min(...levels) + 1, timeZone)).toISOString()
  return sql`FROM "customer_bill" b
    CROSS JOIN LATERAL (SELECT ${today} AS "today", b."remaining_amount_value" - ${DISPUTED} AS "amount",
      ${today} - (b."payment_due_date" AT TIME ZONE ${timeZone})::date AS "days") d
    LEFT JOIN LATERAL (SELECT s."days_after_due" AS "level", s."day" FROM "dunning_step" s
      WHERE s."tenant_id" = b."tenant_id" AND s."bill_id" = b."id"
      ORDER BY s."days_after_due" DESC LIMIT 1) l ON TRUE
    CROSS JOIN LATERAL (SELECT min(p) AS "level" FROM unnest(${levels}::int[]) p WHERE p > coalesce(l."level", 0)) n
    WHERE b."tenant_id" = ${tenantId} AND ${PAYABLE} AND ${accounts} AND b."payment_due_date" < ${latest}
      AND d."amount" > 0 AND n."level" <= d."days"
      AND (l."level" IS NULL OR d."today" - l."day" >= n."level" - l."level")
      AND NOT EXISTS (SELECT FROM "payment_promise" p WHERE p."tenant_id" = b."tenant_id"
        AND p."billing_account_id" = b."billing_account_id" AND coalesce(p."bill_id", b."id") = b."id"
        AND p."cancelled_at" IS NULL AND p."until" >= d."today")`
}
