import type { Instant } from '../base/instant.ts'
import type { Transaction } from '../db/database.ts'
import { computed, computedRow, decimal, optional } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import type { BalanceKey } from './balance.ts'
import { SIGNED, usageOf } from './usage-of.ts'

/** A locked balance, and how far below zero it may go; without a limit as far as it likes. */
export interface Spendable extends BalanceKey {
  readonly tenantId: string
  readonly limit: string | undefined
  /** A hold that is left out, since it is about to end. */
  readonly without?: string
}

export interface Available {
  /** The balance of usage, in the holder's favour. */
  readonly balance: string
  /** The amount that may still be spent: the balance and the limit less active holds; undefined without a limit. */
  readonly available: string | undefined
}

const AVAILABLE = computedRow({
  balance: computed(decimal, sql`"balance"`),
  available: computed(optional(decimal), sql`"balance" + "limit" - "held"`)
})

/** Returns how much may be spent of a locked balance at an instant. */
export async function availableOf(
  tx: Transaction,
  { tenantId, billingAccountId, currency, limit, without }: Spendable,
  now: Instant
): Promise<Available> {
  const found = await tx.run(prepared`SELECT ${AVAILABLE.columns} FROM (
      SELECT ${limit}::numeric AS "limit",
        (SELECT coalesce(sum(${SIGNED}), 0) FROM ${usageOf(tenantId, { billingAccountId, currency })} u) AS "balance", (
          SELECT coalesce(sum(h."amount"), 0) FROM "balance_hold" h
          WHERE h."tenant_id" = ${tenantId} AND h."account_id" = ${billingAccountId} AND h."currency" = ${currency}
            AND h."state" = 'active' AND h."expires_at" > ${now} AND h."id" IS DISTINCT FROM ${without}) AS "held") x`)
  return AVAILABLE.one(found)
}
