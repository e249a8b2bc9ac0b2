import { UNUSUAL_DIGITS } from '../base/money.ts'
import { dueDate } from '../billing/issuing/issue.ts'
import { identifier, type Sql, sql } from '../db/sql.ts'

/**
 * A side of a comparison as common table expressions; the last has its name, and a row for each account and currency:
 * account, is_known, currency, bills, amount, tax, due, lines. NULL is unknown.
 */
export type Side = 'here' | 'there'

/**
 * The bills of a side that a condition selects from "customer_bill" `b`. Accounts are found by what the bill calls
 * them, id or alias, as the owner of the bill finds them. Needs the expression `digits`.
 */
export function storedSide(side: Side, tenantId: string, which: Sql): Sql {
  const [bill, kind, lines, sum] = ['bill', 'kind', 'lines', 'sum'].map((part) => identifier(`${side}_${part}`))
  const own = sql`"tenant_id" = ${tenantId}`
  return sql`${bill} AS MATERIALIZED (
      SELECT b."id", coalesce(a."id", ${UNKNOWN_ID}) AS "account", a."id" IS NOT NULL AS "is_known",
        coalesce(b."tax_included_amount_unit", b."amount_due_unit", a."invoice_currency", t."currency") AS "currency",
        coalesce(b."tax_included_amount_value", b."amount_due_value", 0) AS "amount", ${TAX} AS "tax",
        b."payment_due_date" AS "due"
      FROM "customer_bill" b JOIN "tenant" t ON t."id" = b."tenant_id"
      LEFT JOIN "account_alias" o ON o.${own} AND o."name_space" = coalesce(b."partner_id", '')
        AND o."alias" = b."billing_account_id"
      -- A partner's bill may name one of its accounts by the id that the provider sees.
      LEFT JOIN "billing_account" p ON p.${own} AND p."id" = b."billing_account_id" AND p."partner_id" = b."partner_id"
      LEFT JOIN "billing_account" a ON a.${own} AND a."id" = coalesce(o."account_id", p."id")
      WHERE b.${own} AND b."billing_account_id" IS NOT NULL AND ${which}),
    ${kind} AS (
      SELECT b."account", b."currency", coalesce(r."rate_type", 'appliedBillingCharge') AS "kind", count(*) AS "count",
        sum(round(coalesce(r."tax_excluded_amount_value", 0), coalesce(d."digits", ${USUAL_DIGITS}::int))) AS "amount"
      FROM ${bill} b JOIN "applied_customer_billing_rate" r ON r.${own} AND r."bill_id" = b."id"
      LEFT JOIN "digits" d ON d."currency" = b."currency" GROUP BY 1, 2, 3),
    ${lines} AS (
      SELECT "account", "currency", jsonb_object_agg("kind",
        jsonb_build_object('count', "count", 'amount', "amount")) AS "lines" FROM ${kind} GROUP BY 1, 2),
    ${sum} AS (
      SELECT "account", "currency", bool_or("is_known") AS "is_known", count(*)::int AS "bills",
        sum("amount") AS "amount", CASE WHEN count("tax") = count(*) THEN sum("tax") END AS "tax", max("due") AS "due"
      FROM ${bill} GROUP BY 1, 2),
    ${identifier(side)} AS (
      SELECT s."account", s."is_known", s."currency", s."bills", s."amount", s."tax", ${day(tenantId, sql`s."due"`)}
        AS "due", l."lines"
      FROM ${sum} s LEFT JOIN ${lines} l ON l."account" = s."account" AND l."currency" = s."currency")`
}

const USUAL_DIGITS = 2

/** The digits of currencies that have not two. */
export const DIGITS: Sql = sql`"digits" AS (SELECT * FROM unnest(
  ${UNUSUAL_DIGITS.map(([currency]) => currency)}::text[], ${UNUSUAL_DIGITS.map(([, digits]) => digits)}::int[])
  d("currency", "digits"))`

/** As the id would be that its owner gave: a partner's unknown name never is an account of the provider. */
const UNKNOWN_ID = sql`CASE WHEN b."partner_id" IS NULL OR starts_with(b."billing_account_id", b."partner_id" || ':')
  THEN b."billing_account_id" ELSE b."partner_id" || ':' || b."billing_account_id" END`

const TAX = sql`CASE WHEN b."tax_included_amount_unit" = b."tax_excluded_amount_unit"
  THEN b."tax_included_amount_value" - b."tax_excluded_amount_value"
  ELSE (SELECT sum((x#>>'{taxAmount,value}')::numeric) FROM jsonb_array_elements(b."tax_item") x) END`

/** The bills of a dry run: one for each account. */
export function drySide(side: Side, tenantId: string, runId: string): Sql {
  const due = dueDate(sql`(r."dates"->>'paymentDueDate')::timestamptz`, sql`(r."dates"->>'billingDate')::timestamptz`)
  return sql`${identifier(side)} AS (
      SELECT d."billing_account_id" AS "account", TRUE AS "is_known", d."document"#>>'{taxIncludedAmount,unit}'
        AS "currency", 1 AS "bills", (d."document"#>>'{taxIncludedAmount,value}')::numeric AS "amount",
        (d."document"#>>'{taxIncludedAmount,value}')::numeric - (d."document"#>>'{taxExcludedAmount,value}')::numeric
          AS "tax", ${day(tenantId, due)} AS "due", d."lines"
      FROM "bill_run_dry_bill" d JOIN "tenant" n ON n."id" = d."tenant_id"
      JOIN "bill_run" r ON r."tenant_id" = d."tenant_id" AND r."id" = d."bill_run_id"
      LEFT JOIN "billing_account" a ON a."tenant_id" = d."tenant_id" AND a."id" = d."billing_account_id"
      WHERE d."tenant_id" = ${tenantId} AND d."bill_run_id" = ${runId})`
}

/** Returns the day of an instant where the tenant is. */
function day(tenantId: string, instant: Sql): Sql {
  return sql`to_char(${instant} AT TIME ZONE (SELECT "time_zone" FROM "tenant" WHERE "id" = ${tenantId}), 'YYYY-MM-DD')`
}

/** The bills of other systems: those of a cycle, or of an upload. */
export type Source = { readonly billCycleId: string } | { readonly uploadId: string }

/** Selects the bills of a source, from "customer_bill" `b`. */
export function billsOf(tenantId: string, source: Source): Sql {
  return 'uploadId' in source ? billsOfUpload(tenantId, source.uploadId) : billsOfCycle(tenantId, source.billCycleId)
}

/** Selects the bills that rows of an upload made, now or before. */
function billsOfUpload(tenantId: string, uploadId: string): Sql {
  return sql`b."id" IN (SELECT x->>'id' FROM "upload_part" p
    CROSS JOIN LATERAL jsonb_array_elements(p."results"::jsonb) x
    WHERE p."tenant_id" = ${tenantId} AND p."upload_id" = ${uploadId}
      AND x->>'status' IN ('created', 'replaced', 'duplicate'))`
}

/**
 * Selects bills of other systems, from "customer_bill" `b`: those that name the cycle, and those that name none, but
 * whose period begins in the cycle's.
 */
function billsOfCycle(tenantId: string, billCycleId: string): Sql {
  const cycle = sql`FROM "bill_cycle" c WHERE c."tenant_id" = ${tenantId} AND c."id" = ${billCycleId}`
  const begin = sql`(b."billing_period"->>'startDateTime')::timestamptz`
  return sql`(b."rounding_amount" IS NULL AND b."bill_run_id" IS NULL AND (b."bill_cycle_id" = ${billCycleId}
    OR b."bill_cycle_id" IS NULL
      AND ${begin} >= (SELECT (c."valid_for"->>'startDateTime')::timestamptz ${cycle})
      AND ${begin} < (SELECT (c."valid_for"->>'endDateTime')::timestamptz ${cycle})))`
}
