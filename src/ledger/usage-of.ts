import { type Sql, sql } from '../db/sql.ts'
import type { BalanceKey } from './balance.ts'

/**
 * Selects the usage of an account: "day", "kind" and "amount". As for bills, a partner's rates count for its own
 * accounts only, and may name one without the partner's own id in front.
 */
export function usageOf(tenantId: string, { billingAccountId, currency }: BalanceKey): Sql {
  return sql`(SELECT u."day", u."kind", u."amount" FROM "billing_account" a
    JOIN "usage" u ON u."tenant_id" = a."tenant_id"
      AND u."account_id" = ANY(ARRAY[a."id", "own_name"(a."partner_id", a."id")])
      AND (u."account_id" = a."id" AND u."partner_id" = '' OR u."partner_id" = a."partner_id")
    WHERE a."tenant_id" = ${tenantId} AND a."id" = ${billingAccountId} AND u."currency" = ${currency})`
}

/** The effect of usage `u` on the balance, which is in the holder's favour: charges lower it. */
export const SIGNED: Sql = sql`CASE u."kind" WHEN 'payment' THEN u."amount" ELSE -u."amount" END`
