import { type Sql, sql } from '../db/sql.ts'

/** Returns the checks of a tenant's corrections. Each check is a query whose rows are differences in words. */
export function noteChecks(tenantId: string): readonly Sql[] {
  return [
    noteCheck(tenantId),
    lineCheck(tenantId),
    revenueCheck(tenantId),
    creditedCheck(tenantId),
    taxCheck(tenantId),
    postingCheck(tenantId)
  ]
}

/** A write-off is posted as bad debt until it is reopened, a refund as cash that left; nothing else is. */
function postingCheck(tenantId: string): Sql {
  return sql`SELECT format('%s %s of %s %s is posted as %s', c."kind", c."id", trim_scale(c."amount"), c."currency",
      coalesce(trim_scale(x."posted")::text, 'nothing'))
    FROM "correction" c CROSS JOIN LATERAL (
      SELECT sum(CASE "book" WHEN 'badDebt' THEN "amount" WHEN 'cash' THEN -"amount" END) AS "posted",
        bool_and("billing_account_id" = c."billing_account_id" AND "currency" = c."currency" AND CASE c."kind"
          WHEN 'writeOff' THEN "book" IN ('badDebt', 'receivable')
          ELSE "book" = 'balance' OR "book" = 'cash' AND "detail" = c."method" END) AS "is_own"
      FROM "ledger_entry" e WHERE e."tenant_id" = c."tenant_id" AND e."source_id" = c."id"
        AND e."source_type" = c."kind") x
    WHERE c."tenant_id" = ${tenantId} AND c."kind" IN ('writeOff', 'refund') AND (NOT x."is_own"
      OR x."posted" IS DISTINCT FROM CASE WHEN c."reopened_at" IS NULL THEN c."amount" ELSE 0 END)`
}

/** A credit note is a bill of the same amount below zero, for the account of its bill; each such bill is one. */
function noteCheck(tenantId: string): Sql {
  return sql`SELECT format('credit note %s gives back %s %s, but the bill %s is due with %s', coalesce(c."id", 'none'),
      coalesce(trim_scale(c."amount")::text, 'nothing'), coalesce(c."currency", n."amount_due_unit"),
      coalesce(n."id", 'none'), coalesce(trim_scale(n."amount_due_value")::text, 'nothing'))
    FROM (SELECT * FROM "correction" WHERE "tenant_id" = ${tenantId} AND "kind" = 'creditNote') c
    FULL JOIN (SELECT * FROM "customer_bill" WHERE "tenant_id" = ${tenantId} AND "rounding_amount" IS NOT NULL
      AND "category" = 'creditNote') n ON n."id" = c."credit_note_id"
    LEFT JOIN "customer_bill" b ON b."tenant_id" = ${tenantId} AND b."id" = c."bill_id"
    WHERE (n."amount_due_value", n."amount_due_unit", n."billing_account_id") IS DISTINCT FROM
        (-c."amount", c."currency", c."billing_account_id")
      OR (b."amount_due_unit", b."billing_account_id") IS DISTINCT FROM (c."currency", c."billing_account_id")`
}

/** The lines of a credit note add up to its base, and those of no type to its rounding. */
function lineCheck(tenantId: string): Sql {
  return sql`SELECT format('credit note %s has a base of %s and a rounding of %s, but its lines make %s and %s', n."id",
      trim_scale(n."tax_excluded_amount_value"), trim_scale(n."rounding_amount"), trim_scale(x."base"),
      trim_scale(x."rounding"))
    FROM ${notes(tenantId)} CROSS JOIN LATERAL (
      SELECT coalesce(sum(l."amount"), 0) AS "base",
        coalesce(sum(l."amount") FILTER (WHERE l."rate_type" IS NULL), 0) AS "rounding"
      FROM "credit_note_line" l WHERE l."tenant_id" = n."tenant_id" AND l."credit_note_id" = n."id") x
    WHERE x."base" <> n."tax_excluded_amount_value" OR x."rounding" <> n."rounding_amount"`
}

/** The revenue that a credit note takes back of each type of rate is that of its lines. */
function revenueCheck(tenantId: string): Sql {
  return sql`SELECT format('credit note %s has lines of the type %s over %s, but revenue of %s', n."id", x."kind",
      trim_scale(x."shown"), trim_scale(x."posted"))
    FROM ${notes(tenantId)} CROSS JOIN LATERAL (
      SELECT "kind", sum("shown") AS "shown", sum("posted") AS "posted" FROM (
        SELECT l."rate_type" AS "kind", l."amount" AS "shown", 0 AS "posted" FROM "credit_note_line" l
        WHERE l."tenant_id" = n."tenant_id" AND l."credit_note_id" = n."id" AND l."rate_type" IS NOT NULL
        UNION ALL
        SELECT e."detail", 0, -e."amount" FROM "ledger_entry" e WHERE e."tenant_id" = n."tenant_id"
          AND e."source_id" = n."id" AND e."source_type" = 'bill' AND e."book" IN ('revenue', 'partner')) y
      GROUP BY 1) x
    WHERE x."shown" <> x."posted"`
}

/** The credit notes of a bill give back no more than it is due with, and all of its base once they give back all. */
function creditedCheck(tenantId: string): Sql {
  return sql`SELECT format('bill %s of %s, before tax %s, has credit notes of %s, before tax %s', b."id",
      trim_scale(b."amount_due_value"), trim_scale(b."tax_excluded_amount_value"), trim_scale(x."credited"),
      trim_scale(x."base"))
    FROM ${credited(tenantId)} x JOIN "customer_bill" b ON b."tenant_id" = ${tenantId} AND b."id" = x."bill_id"
    WHERE x."credited" > b."amount_due_value"
      OR x."credited" = b."amount_due_value" AND x."base" <> b."tax_excluded_amount_value"`
}

/** Of each tax item of a bill the credit notes give back a part, and all of it once they give back all. */
function taxCheck(tenantId: string): Sql {
  return sql`SELECT format('bill %s has a tax %s of %s, of which %s was given back', b."id", t."category",
      trim_scale(t."stated"), trim_scale(t."given"))
    FROM ${credited(tenantId)} x JOIN "customer_bill" b ON b."tenant_id" = ${tenantId} AND b."id" = x."bill_id"
    CROSS JOIN LATERAL (
      SELECT t->>'taxCategory' AS "category", sum((t#>>'{taxAmount,value}')::numeric) FILTER (WHERE NOT "is_note")
          AS "stated", coalesce(-sum((t#>>'{taxAmount,value}')::numeric) FILTER (WHERE "is_note"), 0) AS "given"
      FROM (SELECT b."tax_item" AS "items", FALSE AS "is_note"
        UNION ALL
        SELECT n."tax_item", TRUE FROM "customer_bill" n WHERE n."tenant_id" = b."tenant_id"
          AND n."id" = ANY(x."notes")) i
      CROSS JOIN LATERAL jsonb_array_elements(i."items") t
      GROUP BY 1, (t->>'taxRate')::numeric) t
    WHERE t."stated" IS NULL OR t."given" NOT BETWEEN least(t."stated", 0) AND greatest(t."stated", 0)
      OR x."credited" = b."amount_due_value" AND t."given" <> t."stated"`
}

function notes(tenantId: string): Sql {
  return sql`(SELECT * FROM "customer_bill" WHERE "tenant_id" = ${tenantId} AND "rounding_amount" IS NOT NULL
    AND "category" = 'creditNote') n`
}

/** The sums of the credit notes by bill. */
function credited(tenantId: string): Sql {
  return sql`(SELECT c."bill_id", sum(c."amount") AS "credited", -sum(n."tax_excluded_amount_value") AS "base",
      array_agg(n."id") AS "notes"
    FROM "correction" c JOIN "customer_bill" n ON n."tenant_id" = c."tenant_id" AND n."id" = c."credit_note_id"
    WHERE c."tenant_id" = ${tenantId} AND c."kind" = 'creditNote' GROUP BY 1)`
}
