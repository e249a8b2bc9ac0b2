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
    FROM (SELECT coalesce(a."id", min(x."account")) AS "account", "currency", sum("kept_payments") AS "kept_payments",
        sum("kept_charges") AS "kept_charges", sum("payments") AS "payments", sum("charges") AS "charges" FROM (
        SELECT "account_id" AS "account", "partner_id" AS "partner", "currency",
          CASE "kind" WHEN 'payment' THEN "amount" ELSE 0 END AS "kept_payments",
          CASE "kind" WHEN 'payment' THEN 0 ELSE "amount" END AS "kept_charges", 0 AS "payments", 0 AS "charges"
        FROM "usage" WHERE "tenant_id" = ${tenantId}
        UNION ALL
        SELECT "billing_account_id", '', "currency", 0, 0, CASE "book" WHEN 'cash' THEN "amount" ELSE 0 END,
          CASE "book" WHEN 'cash' THEN 0 ELSE -"amount" END
        FROM "ledger_entry" WHERE "tenant_id" = ${tenantId} AND "book" NOT IN ('receivable', 'balance')
        UNION ALL
        SELECT r."billing_account_id", coalesce(r."partner_id", ''), r."tax_excluded_amount_unit", 0, 0, 0,
          r."tax_excluded_amount_value"
        FROM ${unposted(tenantId)} r WHERE r."billing_account_id" IS NOT NULL
          AND r."tax_excluded_amount_unit" IS NOT NULL AND r."tax_excluded_amount_value" IS NOT NULL) x
      LEFT JOIN LATERAL (SELECT a."id" FROM "billing_account" a WHERE a."tenant_id" = ${tenantId}
        AND a."id" = ANY(ARRAY[x."account", x."partner" || ':' || x."account"])
        AND (x."partner" = '' OR x."partner" = a."partner_id")) a ON TRUE
      GROUP BY a."id", CASE WHEN a."id" IS NULL THEN ARRAY[x."account", x."partner"] END, "currency") y
    WHERE "kept_payments" <> "payments" OR "kept_charges" <> "charges"`
}

function unposted(tenantId: string): Sql {
  return sql`(SELECT r.* FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = ${tenantId} AND NOT r."is_billed"
    UNION ALL
    SELECT r.* FROM "customer_bill" b
    JOIN "applied_customer_billing_rate" r ON r."tenant_id" = b."tenant_id" AND r."bill_id" = b."id"
    WHERE b."tenant_id" = ${tenantId} AND b."rounding_amount" IS NOT NULL AND b."issued_as" IS NULL)`
}
