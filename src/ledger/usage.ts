import type { Database, Queryable } from '../db/database.ts'
import { boolean, computed, computedRow, decimal } from '../db/row.ts'
import { identifier, prepared, type Sql, sql } from '../db/sql.ts'
import { type BalanceKey, lockBalances } from './balance.ts'

/** A balance over some days, both inclusive, as `YYYY-MM-DD` in the tenant's zone. */
export interface UsagePeriod extends BalanceKey {
  readonly tenantId: string
  readonly first: string
  readonly last: string
}

export type UsageStatement = Omit<ReturnType<typeof STATEMENT.read>, 'mayGrow'>

/**
 * Reads a balance of usage: what was rated counts from its arrival on, billed or not; a bill adds its taxes and its
 * rounding. Triggers keep the sums, so that the time does not depend on the number of rates. Positive is in the
 * holder's favour; charges are positive. A period before today gives the same for ever: its last bookings are awaited.
 */
export async function readUsage(database: Database, period: UsagePeriod): Promise<UsageStatement> {
  const { mayGrow, ...statement } = await read(database, period)
  if (!mayGrow) return statement
  return database.transaction(async (tx) => {
    await lockBalances(tx, period.tenantId, [period])
    const { mayGrow: _, ...last } = await read(tx, period)
    return last
  })
}

const BALANCE = (name: string): Sql => sql`(coalesce(${part(name, 'payments')}, 0)
  - coalesce(${part(name, 'calls')} + ${part(name, 'others')} + ${part(name, 'adjustments')}, 0))`

const STATEMENT = computedRow({
  openingBalance: computed(decimal, BALANCE('before')),
  payments: computed(decimal, difference('payments')),
  adjustments: computed(decimal, difference('adjustments')),
  callCharges: computed(decimal, difference('calls')),
  otherCharges: computed(decimal, difference('others')),
  totalCharges: computed(decimal, sql`${difference('calls')} + ${difference('others')} + ${difference('adjustments')}`),
  closingBalance: computed(decimal, BALANCE('then')),
  /** The period is over, but a booking may still be under way. */
  mayGrow: boolean
})

function part(name: string, column: string): Sql {
  return sql`${identifier(name)}.${identifier(column)}`
}

function difference(column: string): Sql {
  return sql`(coalesce(${part('then', column)}, 0) - coalesce(${part('before', column)}, 0))`
}

async function read(queryable: Queryable, { first, last, ...key }: UsagePeriod) {
  const found = await queryable.run(prepared`SELECT ${STATEMENT.columns} FROM (
      SELECT d."last" < ("booking_time"() AT TIME ZONE t."time_zone")::date
        AND coalesce(b."usage_day" <= d."last", TRUE) AS "may_grow", d.*
      FROM (SELECT ${first}::date - 1 AS "before_first", ${last}::date AS "last") d
      JOIN "tenant" t ON t."id" = ${key.tenantId}
      LEFT JOIN "account_balance" b ON ${ofBalance(key, 'b')}) d
    LEFT JOIN LATERAL ${closing(key, sql`d."before_first"`)} "before" ON TRUE
    LEFT JOIN LATERAL ${closing(key, sql`d."last"`)} "then" ON TRUE`)
  return STATEMENT.one(found)
}

type Key = Omit<UsagePeriod, 'first' | 'last'>

function ofBalance({ tenantId, billingAccountId, currency }: Key, table: string): Sql {
  return sql`${part(table, 'tenant_id')} = ${tenantId} AND ${part(table, 'account_id')} = ${billingAccountId}
    AND ${part(table, 'currency')} = ${currency}`
}

/** Selects what the sums were at the end of a day: those of the latest change until then. */
function closing(key: Key, day: Sql): Sql {
  return sql`(
    SELECT "usage_day" AS "day", "usage_payments" AS "payments", "usage_calls" AS "calls", "usage_others" AS "others",
      "usage_adjustments" AS "adjustments"
    FROM "account_balance" b WHERE ${ofBalance(key, 'b')} AND "usage_day" <= ${day}
    UNION ALL (
      SELECT "day", "payments", "calls", "others", "adjustments" FROM "usage_closing" c
      WHERE ${ofBalance(key, 'c')} AND "day" <= ${day} ORDER BY "day" DESC LIMIT 1)
    ORDER BY "day" DESC LIMIT 1)`
}
