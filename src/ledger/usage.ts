import type { Database, Queryable } from '../db/database.ts'
import { boolean, computed, computedRow, decimal } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import type { BalanceKey } from './balance.ts'
import { SIGNED, usageOf } from './usage-of.ts'

/** A balance over some days, both inclusive, as `YYYY-MM-DD` in the tenant's zone. */
export interface UsagePeriod extends BalanceKey {
  readonly tenantId: string
  readonly first: string
  readonly last: string
}

export type UsageStatement = Omit<ReturnType<typeof STATEMENT.read>, 'isPast'>

/**
 * Reads a balance of usage: what was rated counts from its arrival on, billed or not; a bill adds its taxes and its
 * rounding. Triggers keep the sums by day, so that the time does not depend on the number of rates. Positive is in the
 * holder's favour; charges are positive. A period before today gives the same for ever: bookings under way are awaited,
 * and none goes there later.
 */
export async function readUsage(database: Database, period: UsagePeriod): Promise<UsageStatement> {
  const { isPast, ...statement } = await read(database, period)
  if (!isPast) return statement
  return database.transaction(async (tx) => {
    await tx.run(prepared`SELECT "close_usage"(${period.tenantId}, ${period.last}::date)`)
    const { isPast: _, ...last } = await read(tx, period)
    return last
  })
}

const STATEMENT = computedRow({
  openingBalance: computed(decimal, sql`"opening"`),
  payments: decimal,
  adjustments: decimal,
  callCharges: computed(decimal, sql`"calls"`),
  otherCharges: computed(decimal, sql`"others"`),
  totalCharges: computed(decimal, sql`"calls" + "others" + "adjustments"`),
  closingBalance: computed(decimal, sql`"opening" + "payments" - "calls" - "others" - "adjustments"`),
  isPast: boolean
})

async function read(queryable: Queryable, { tenantId, first, last, ...key }: UsagePeriod) {
  const within = (kind: string): Sql =>
    sql`coalesce(sum(u."amount") FILTER (WHERE u."day" >= ${first}::date AND u."kind" = ${kind}), 0)`
  const found = await queryable.run(prepared`SELECT ${STATEMENT.columns} FROM (
      SELECT coalesce(sum(${SIGNED}) FILTER (WHERE u."day" < ${first}::date), 0) AS "opening",
        ${within('payment')} AS "payments", ${within('call')} AS "calls", ${within('other')} AS "others",
        ${within('adjustment')} AS "adjustments"
      FROM ${usageOf(tenantId, key)} u WHERE u."day" <= ${last}::date) s
    CROSS JOIN (
      SELECT ${last}::date < greatest(("booking_time"() AT TIME ZONE "time_zone")::date, "usage_day") AS "is_past"
      FROM "tenant" WHERE "id" = ${tenantId}) t`)
  return STATEMENT.one(found)
}

/** A bound, so that many rates at once are folded in many rounds. */
const FOLDED_MAX = 20_000

/** Folds entries of usage into their sums by day. Readers see each amount once. */
export async function foldUsage(database: Queryable): Promise<void> {
  await database.run(FOLD)
}

const FOLD = sql`WITH "taken" AS (
    DELETE FROM "usage_entry" e USING (SELECT "tenant_id", "account_id", "position" FROM "usage_entry"
      LIMIT ${FOLDED_MAX} FOR UPDATE SKIP LOCKED) x
    WHERE e."tenant_id" = x."tenant_id" AND e."account_id" = x."account_id" AND e."position" = x."position"
    RETURNING e.*)
  INSERT INTO "usage_total" AS t ("tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount")
    SELECT "tenant_id", "account_id", "partner_id", "currency", "day", "kind", sum("amount") FROM "taken"
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
  ON CONFLICT ("tenant_id", "account_id", "partner_id", "currency", "day", "kind")
    DO UPDATE SET "amount" = t."amount" + excluded."amount"`
