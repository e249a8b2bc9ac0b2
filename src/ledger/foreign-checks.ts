import { type Sql, sql } from '../db/sql.ts'
import { taxBookCheck } from './bill-checks.ts'
import { IN_LEDGER } from './foreign-bills.ts'

/**
 * Returns the checks of bills of other systems: those without a rounding. Each check is a query whose rows are
 * differences in words.
 */
export function foreignChecks(tenantId: string): readonly Sql[] {
  const bills = sql`(SELECT b.*, ${IN_LEDGER} AS "is_in_ledger" FROM "customer_bill" b
    WHERE b."tenant_id" = ${tenantId} AND b."rounding_amount" IS NULL) b`
  return [journalCheck(bills), taxBookCheck(bills, sql`b."is_in_ledger"`), remainingCheck(bills)]
}

/**
 * A bill that belongs in the ledger has one journal over its amount due, in the books of such bills only; any other has
 * no journal.
 */
function journalCheck(bills: Sql): Sql {
  return sql`SELECT format('bill %s of %s is %s, but posted as %s%s', b."id",
      coalesce(concat_ws(' ', trim_scale(b."amount_due_value"), b."amount_due_unit"), 'nothing'), b."state",
      coalesce(trim_scale(x."due")::text, 'nothing'),
      CASE WHEN NOT x."is_own" THEN ', not in its own books' END)
    FROM ${bills} CROSS JOIN LATERAL (
      SELECT sum("amount") FILTER (WHERE "book" IN ('receivable', 'cash')) AS "due",
        bool_and("journal_id" = b."id" AND "billing_account_id" = b."billing_account_id"
          AND "currency" = b."amount_due_unit" AND CASE "book" WHEN 'receivable' THEN TRUE WHEN 'tax' THEN TRUE
            WHEN 'cash' THEN "detail" = 'other'
            ELSE "book" = CASE WHEN b."partner_id" IS NULL THEN 'revenue' ELSE 'partner' END AND "detail" IS NULL
            END) AS "is_own"
      FROM "ledger_entry" e
      WHERE e."tenant_id" = b."tenant_id" AND e."source_id" = b."id" AND e."source_type" = 'bill') x
    WHERE CASE WHEN b."is_in_ledger" THEN x."due" IS DISTINCT FROM b."amount_due_value" OR NOT x."is_own"
      ELSE x."is_own" IS NOT NULL END`
}

/** The remaining amount is that of the posting less later payments, which the bill lists. */
function remainingCheck(bills: Sql): Sql {
  return sql`SELECT format('bill %s has %s remaining, but %s was posted, and %s of it paid, of which it names %s',
      b."id", coalesce(trim_scale(b."remaining_amount_value")::text, 'nothing'), trim_scale(x."left"),
      trim_scale(p."paid"), trim_scale(n."named"))
    FROM ${bills}
    CROSS JOIN LATERAL (SELECT coalesce(sum(e."amount"), 0) AS "left" FROM "ledger_entry" e
      WHERE e."tenant_id" = b."tenant_id" AND e."source_id" = b."id" AND e."source_type" = 'bill'
        AND e."book" = 'receivable') x
    CROSS JOIN LATERAL (SELECT coalesce(sum(a."amount"), 0) AS "paid", array_agg(a."payment_id") AS "payments"
      FROM "payment_allocation" a WHERE a."tenant_id" = b."tenant_id" AND a."bill_id" = b."id") p
    CROSS JOIN LATERAL (SELECT coalesce(sum((one#>>'{appliedAmount,value}')::numeric), 0) AS "named"
      FROM jsonb_array_elements(b."applied_payment") one WHERE one#>>'{payment,id}' = ANY(p."payments")) n
    WHERE CASE WHEN b."is_in_ledger" THEN b."remaining_amount_value" IS DISTINCT FROM x."left" - p."paid"
        OR n."named" < p."paid"
      ELSE p."paid" <> 0 END`
}
