import { type Sql, sql } from '../db/sql.ts'
import { TAX_KEY } from './tax-key.ts'

/**
 * Returns the checks of the engine's bills: those with a rounding, even 0. `currencies` has two columns, a currency and
 * its minor digits. Each check is a query whose rows are differences in words.
 */
export function billChecks(tenantId: string, currencies: Sql): readonly Sql[] {
  const bills = sql`(SELECT b.*, c."digits" FROM "customer_bill" b JOIN (${currencies}) c("currency", "digits")
    ON c."currency" = b."amount_due_unit" WHERE b."tenant_id" = ${tenantId} AND b."rounding_amount" IS NOT NULL) b`
  // A credit note has lines of its own.
  const rated = sql`(SELECT * FROM ${bills} WHERE b."category" IS DISTINCT FROM 'creditNote') b`
  return [
    sumCheck(bills),
    lineCheck(rated),
    taxCheck(rated),
    journalCheck(bills),
    revenueCheck(rated),
    taxBookCheck(bills, sql`b."issued_as" IS NOT NULL`),
    remainingCheck(bills),
    numberCheck(tenantId)
  ]
}

/** Base and taxes add up to the total, which is the amount due. */
function sumCheck(bills: Sql): Sql {
  return sql`SELECT format('bill %s is due with %s, but its base and taxes make %s', b."id",
      trim_scale(b."amount_due_value"), trim_scale(b."tax_excluded_amount_value" + x."tax"))
    FROM ${bills} CROSS JOIN LATERAL (
      SELECT coalesce(sum((t#>>'{taxAmount,value}')::numeric), 0) AS "tax" FROM jsonb_array_elements(b."tax_item") t) x
    WHERE b."amount_due_value" <> b."tax_excluded_amount_value" + x."tax"
      OR b."tax_included_amount_value" <> b."amount_due_value"`
}

/**
 * The base is the sum of the lines, rounded once for those with the same taxes; the rounding is the difference to the
 * lines.
 */
function lineCheck(bills: Sql): Sql {
  return sql`SELECT format('bill %s has a base of %s and a rounding of %s, but its lines make %s and %s', b."id",
      trim_scale(b."tax_excluded_amount_value"), trim_scale(b."rounding_amount"), trim_scale(x."base"),
      trim_scale(x."base" - x."shown"))
    FROM ${bills} CROSS JOIN LATERAL (
      SELECT coalesce(sum(round("exact", b."digits")), 0) AS "base", coalesce(sum("shown"), 0) AS "shown"
      FROM (SELECT sum(r."tax_excluded_amount_value") AS "exact",
          sum(round(r."tax_excluded_amount_value", b."digits")) AS "shown"
        FROM "applied_customer_billing_rate" r
        WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."id" GROUP BY ${TAX_KEY}) g) x
    WHERE b."tax_excluded_amount_value" <> x."base" OR b."rounding_amount" <> x."base" - x."shown"`
}

/** A tax is the sum of the given amounts, plus its rate on the base of lines without given taxes. */
function taxCheck(bills: Sql): Sql {
  return sql`SELECT format('bill %s has a tax %s of %s, which its lines do not make', b."id", t."category",
      trim_scale(t."amount"))
    FROM ${bills}
    CROSS JOIN LATERAL (SELECT coalesce(sum(r."tax_excluded_amount_value"), 0) AS "base"
      FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."id"
        AND nullif(r."applied_tax", '[]') IS NULL) o
    CROSS JOIN LATERAL (
      SELECT "category", "rate", sum("stated") AS "amount", coalesce(sum("given"), 0) AS "given"
      FROM (SELECT t->>'taxCategory' AS "category", (t->>'taxRate')::numeric AS "rate",
          (t#>>'{taxAmount,value}')::numeric AS "stated", NULL::numeric AS "given"
        FROM jsonb_array_elements(b."tax_item") t
        UNION ALL
        SELECT x->>'taxCategory', (x->>'taxRate')::numeric, NULL, (x#>>'{taxAmount,value}')::numeric
        FROM "applied_customer_billing_rate" r CROSS JOIN LATERAL jsonb_array_elements(r."applied_tax") x
        WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."id") g
      GROUP BY 1, 2) t
    WHERE t."amount" IS NULL OR t."amount" NOT IN (round(t."given", b."digits"),
      round(t."given" + o."base" * coalesce(t."rate", 0), b."digits"))`
}

/** An issued bill has one journal, over the amount due and the rounding; any other has none. */
function journalCheck(bills: Sql): Sql {
  return sql`SELECT format('bill %s of %s %s is %s, but posted as %s', b."id", trim_scale(b."amount_due_value"),
      b."amount_due_unit", b."state", coalesce(trim_scale(x."due")::text, 'nothing'))
    FROM ${bills} CROSS JOIN LATERAL (
      SELECT sum("amount") FILTER (WHERE "book" = 'receivable') AS "due",
        coalesce(-sum("amount") FILTER (WHERE "book" = 'rounding'), 0) AS "rounding",
        bool_and("billing_account_id" = b."billing_account_id" AND "currency" = b."amount_due_unit") AS "is_own"
      FROM "ledger_entry" e
      WHERE e."tenant_id" = b."tenant_id" AND e."source_id" = b."id" AND e."source_type" = 'bill') x
    WHERE CASE WHEN b."issued_as" IS NULL THEN x."due" IS NOT NULL
      ELSE x."due" IS DISTINCT FROM b."amount_due_value" OR x."rounding" <> b."rounding_amount" OR NOT x."is_own" END`
}

/** The revenue of each type of rate is that of the lines. */
function revenueCheck(bills: Sql): Sql {
  return sql`SELECT format('bill %s has lines of the type %s over %s, but revenue of %s', b."id", x."kind",
      trim_scale(x."shown"), trim_scale(x."posted"))
    FROM ${bills} CROSS JOIN LATERAL (
      SELECT "kind", sum("shown") AS "shown", sum("posted") AS "posted" FROM (
        SELECT coalesce(r."rate_type", 'appliedBillingCharge') AS "kind",
          round(r."tax_excluded_amount_value", b."digits") AS "shown", 0 AS "posted"
        FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."id"
        UNION ALL
        SELECT "detail", 0, -"amount" FROM "ledger_entry" e WHERE e."tenant_id" = b."tenant_id"
          AND e."source_id" = b."id" AND e."source_type" = 'bill' AND "book" IN ('revenue', 'partner')) y GROUP BY 1) x
    WHERE b."issued_as" IS NOT NULL AND x."shown" <> x."posted"`
}

/** Checks that the posted tax of each category is that of the bills that meet a condition, in their currency. */
export function taxBookCheck(bills: Sql, condition: Sql): Sql {
  return sql`SELECT format('bill %s has a tax %s of %s, but %s in the ledger', b."id", x."category",
      trim_scale(x."stated"), trim_scale(x."posted"))
    FROM ${bills} CROSS JOIN LATERAL (
      SELECT "category", sum("stated") AS "stated", sum("posted") AS "posted" FROM (
        SELECT t->>'taxCategory' AS "category", (t#>>'{taxAmount,value}')::numeric AS "stated", 0 AS "posted"
        FROM jsonb_array_elements(b."tax_item") t WHERE t#>>'{taxAmount,unit}' = b."amount_due_unit"
        UNION ALL
        SELECT "detail", 0, -"amount" FROM "ledger_entry" e WHERE e."tenant_id" = b."tenant_id"
          AND e."source_id" = b."id" AND e."source_type" = 'bill' AND "book" = 'tax') y GROUP BY 1) x
    WHERE ${condition} AND x."stated" <> x."posted"`
}

/**
 * The remaining amount is the amount due less the payments, which the bill lists, less its credit notes, and less what
 * was written off. Nothing remains of a credit note.
 */
function remainingCheck(bills: Sql): Sql {
  return sql`SELECT format('bill %s of %s has %s remaining, but %s was paid, of which it names %s, and %s corrected',
      b."id", trim_scale(b."amount_due_value"), coalesce(trim_scale(b."remaining_amount_value")::text, 'nothing'),
      trim_scale(x."paid"), trim_scale(n."named"), trim_scale(k."credited"))
    FROM ${bills}
    CROSS JOIN LATERAL (SELECT CASE b."category" WHEN 'creditNote' THEN b."amount_due_value" ELSE coalesce((
        SELECT sum(c."amount") FROM "correction" c WHERE c."tenant_id" = b."tenant_id" AND c."bill_id" = b."id"
          AND (c."kind" = 'creditNote' OR c."kind" = 'writeOff' AND c."reopened_at" IS NULL)), 0) END AS "credited"
      ) k
    CROSS JOIN LATERAL (SELECT coalesce(sum(a."amount"), 0) AS "paid",
        coalesce(sum(a."amount") FILTER (WHERE a."payment_id" IS NOT NULL),
          0) AS "by_payments" FROM "payment_allocation" a
      WHERE a."tenant_id" = b."tenant_id" AND a."bill_id" = b."id") x
    CROSS JOIN LATERAL (SELECT coalesce(sum((p#>>'{appliedAmount,value}')::numeric), 0) AS "named"
      FROM jsonb_array_elements(b."applied_payment") p) n
    WHERE b."remaining_amount_value" IS DISTINCT FROM b."amount_due_value" - x."paid" - k."credited"
      OR n."named" <> x."by_payments"`
}

/**
 * The bills of a series have numbers from 1 on without a gap. A bill belongs to the series with the longest text around
 * the number, since `INV-{}` begins like `INV-2026-{}`.
 */
function numberCheck(tenantId: string): Sql {
  return sql`WITH "series" AS (SELECT "series", "next", split_part("series", '{}', 1) AS "prefix",
        split_part("series", '{}', 2) AS "suffix" FROM "number_series" WHERE "tenant_id" = ${tenantId}),
    "numbered" AS (SELECT b."id", s."series", s."number" FROM "customer_bill" b LEFT JOIN LATERAL (
        SELECT "series", n."number" FROM "series" CROSS JOIN LATERAL (SELECT substr(b."bill_no", length("prefix") + 1,
          greatest(length(b."bill_no") - length("prefix") - length("suffix"), 0)) AS "number") n
        WHERE starts_with(b."bill_no", "prefix") AND right(b."bill_no", length("suffix")) = "suffix"
          AND n."number" ~ '^[0-9]{1,18}$'
        ORDER BY length("series") DESC LIMIT 1) s ON TRUE
      WHERE b."tenant_id" = ${tenantId} AND b."rounding_amount" IS NOT NULL AND b."issued_as" IS NOT NULL),
    "ordered" AS (SELECT "series", "number"::bigint AS "number",
        coalesce(lag("number"::bigint) OVER (PARTITION BY "series" ORDER BY "number"::bigint), 0) AS "previous"
      FROM "numbered" WHERE "series" IS NOT NULL)
    SELECT * FROM (
      SELECT format('bill %s has no number of any series', "id") FROM "numbered" WHERE "series" IS NULL
      UNION ALL
      SELECT CASE WHEN "number" = "previous"
        THEN format('number %s of the series %s is given twice', "number", "series")
        ELSE format('number %s of the series %s is missing', "previous" + 1, "series") END
      FROM "ordered" WHERE "number" <> "previous" + 1
      UNION ALL
      SELECT format('the series %s goes on with %s, but its last number is %s', s."series", s."next",
        coalesce(max(o."number"), 0))
      FROM "series" s LEFT JOIN "ordered" o USING ("series") GROUP BY s."series", s."next"
      HAVING s."next" <> coalesce(max(o."number"), 0) + 1) x`
}
