import { type Sql, sql } from '../db/sql.ts'

/** Returns the checks of a tenant's adjustments. Each check is a query whose rows are differences in words. */
export function adjustmentChecks(tenantId: string): readonly Sql[] {
  return [postingCheck(tenantId), paymentCheck(tenantId), rateCheck(tenantId)]
}

/** An adjustment at once is posted with its tax, in the books of adjustments only; one on a bill is not. */
function postingCheck(tenantId: string): Sql {
  return sql`SELECT format('adjustment %s of %s %s with a tax of %s is posted as %s with a tax of %s', c."id",
      trim_scale(c."amount"), c."currency", trim_scale(coalesce(c."tax_amount", 0)),
      coalesce(trim_scale(x."posted")::text, 'nothing'), trim_scale(coalesce(x."tax", 0)))
    FROM "correction" c CROSS JOIN LATERAL (
      SELECT sum("amount") FILTER (WHERE "book" = 'balance') AS "posted",
        -sum("amount") FILTER (WHERE "book" = 'tax') AS "tax",
        bool_and("billing_account_id" = c."billing_account_id" AND "currency" = c."currency" AND CASE "book"
          WHEN 'balance' THEN TRUE WHEN 'tax' THEN "detail" = c."tax_category"
          ELSE "detail" = 'adjustment' AND "book" = CASE WHEN c."partner_id" IS NULL THEN 'revenue' ELSE 'partner' END
          END) AS "is_own"
      FROM "ledger_entry" e WHERE e."tenant_id" = c."tenant_id" AND e."source_id" = c."id"
        AND e."source_type" = 'adjustment') x
    WHERE c."tenant_id" = ${tenantId} AND c."kind" = 'adjustment' AND CASE
      WHEN c."rate_id" IS NOT NULL THEN x."is_own" IS NOT NULL
      ELSE x."posted" IS DISTINCT FROM c."amount" OR coalesce(x."tax", 0) <> coalesce(c."tax_amount", 0)
        OR x."is_own" IS NOT TRUE END`
}

/** Each adjustment below zero, at once, is a payment of that much, which is never reversed; no other payment is so. */
function paymentCheck(tenantId: string): Sql {
  return sql`SELECT format('adjustment %s of %s gives the payment %s of %s', coalesce(c."id", 'none'),
      coalesce(trim_scale(c."amount")::text, 'nothing'), coalesce(p."id", 'none'),
      coalesce(trim_scale(p."amount")::text, 'nothing'))
    FROM (SELECT * FROM "correction" WHERE "tenant_id" = ${tenantId} AND "kind" = 'adjustment'
      AND "payment_id" IS NOT NULL) c
    FULL JOIN (SELECT * FROM "payment" WHERE "tenant_id" = ${tenantId} AND "method" = 'adjustment') p
      ON p."id" = c."payment_id"
    WHERE (p."amount", p."currency", p."billing_account_id") IS DISTINCT FROM
        (-c."amount", c."currency", c."billing_account_id")
      OR p."reversed_at" IS NOT NULL`
}

/** An adjustment on a bill is a rate of that much. */
function rateCheck(tenantId: string): Sql {
  return sql`SELECT format('adjustment %s of %s %s is the rate %s of %s', c."id", trim_scale(c."amount"), c."currency",
      r."id", trim_scale(r."tax_excluded_amount_value"))
    FROM "correction" c
    JOIN "applied_customer_billing_rate" r ON r."tenant_id" = c."tenant_id" AND r."id" = c."rate_id"
    WHERE c."tenant_id" = ${tenantId} AND (r."tax_excluded_amount_value", r."tax_excluded_amount_unit")
      IS DISTINCT FROM (c."amount", c."currency")`
}
