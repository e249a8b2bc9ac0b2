import { type Sql, sql } from '../db/sql.ts'

/** Returns the check of a tenant's balances of usage. Its rows are differences in words. */
export function usageChecks(tenantId: string): readonly Sql[] {
  return [usageCheck(tenantId)]
}

/**
 * The balance of usage is that of the ledger less the rates that are not in the ledger: those not billed, and the lines
 * of the engine's bills that are not issued.
 */
function usageCheck(tenantId: string): Sql {
  return sql`SELECT format('account %s has payments of %s and charges of %s %s of usage, but its ledger and rates '
      || '%s and %s', "account", trim_scale("kept_payments"), trim_scale("kept_charges"), "currency",
      trim_scale("payments"), trim_scale("charges"))
    FROM (SELECT "account", "currency", sum("kept_payments") AS "kept_payments", sum("kept_charges") AS "kept_charges",
        sum("payments") AS "payments", sum("charges") AS "charges" FROM (
        SELECT "account_id" AS "account", "currency", "usage_payments" AS "kept_payments",
          "usage_calls" + "usage_others" + "usage_adjustments" AS "kept_charges", 0 AS "payments", 0 AS "charges"
        FROM "account_balance" WHERE "tenant_id" = ${tenantId}
        UNION ALL
        SELECT "billing_account_id", "currency", 0, 0, CASE "book" WHEN 'cash' THEN "amount" ELSE 0 END,
          CASE "book" WHEN 'cash' THEN 0 ELSE -"amount" END
        FROM "ledger_entry" WHERE "tenant_id" = ${tenantId} AND "book" NOT IN ('receivable', 'balance')
        UNION ALL
        SELECT a."id", r."tax_excluded_amount_unit", 0, 0, 0, r."tax_excluded_amount_value"
        FROM ${unposted(tenantId)} r JOIN "billing_account" a ON a."tenant_id" = ${tenantId}
          AND a."id" = ANY(ARRAY[r."billing_account_id", r."partner_id" || ':' || r."billing_account_id"])
          AND coalesce(r."partner_id", a."partner_id") IS NOT DISTINCT FROM a."partner_id"
        WHERE r."tax_excluded_amount_unit" IS NOT NULL AND r."tax_excluded_amount_value" IS NOT NULL) x
      GROUP BY 1, 2) y
    WHERE "kept_payments" <> "payments" OR "kept_charges" <> "charges"`
}

function unposted(tenantId: string): Sql {
  return sql`(SELECT r.* FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = ${tenantId} AND NOT r."is_billed"
    UNION ALL
    SELECT r.* FROM "customer_bill" b
    JOIN "applied_customer_billing_rate" r ON r."tenant_id" = b."tenant_id" AND r."bill_id" = b."id"
    WHERE b."tenant_id" = ${tenantId} AND b."rounding_amount" IS NOT NULL AND b."issued_as" IS NULL)`
}
