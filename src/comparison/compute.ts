import type { Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import { billsOf, DIGITS, drySide, type Source, storedSide } from './sides.ts'

export interface Comparison {
  readonly tenantId: string
  readonly id: string
  readonly source: Source
  readonly billRunId: string
  readonly isDry: boolean
}

/** Compares the sides, and stores a row for each account and currency. One statement, so that it sees one moment. */
export async function compare(tx: Transaction, { tenantId, id, source, billRunId, isDry }: Comparison) {
  const here = isDry
    ? drySide('here', tenantId, billRunId)
    : storedSide('here', tenantId, sql`b."bill_run_id" = ${billRunId}`)
  await tx.run(sql`WITH ${DIGITS},
    ${storedSide('there', tenantId, billsOf(tenantId, source))},
    ${here},
    "tolerance" AS (SELECT k."key" AS "currency", k."value"::numeric AS "tolerance" FROM "comparison" c
      CROSS JOIN LATERAL jsonb_each_text(c."tolerance") k WHERE c."tenant_id" = ${tenantId} AND c."id" = ${id}),
    -- The bills of both sides side by side, and the differences between them.
    "pair" AS (
      SELECT coalesce(h."account", t."account") AS "account", coalesce(h."currency", t."currency") AS "currency",
        coalesce(h."bills", 0) AS "here_bills", coalesce(t."bills", 0) AS "there_bills", t."is_known",
        h."amount" AS "here_amount", t."amount" AS "there_amount", h."tax" AS "here_tax", t."tax" AS "there_tax",
        h."due" AS "here_due", t."due" AS "there_due", h."lines" AS "here_lines", t."lines" AS "there_lines",
        coalesce(h."amount", 0) - coalesce(t."amount", 0) AS "difference", h."tax" - t."tax" AS "tax_difference",
        coalesce(x."tolerance", 0) AS "tolerance"
      FROM "here" h FULL JOIN "there" t ON t."account" = h."account" AND t."currency" = h."currency"
      LEFT JOIN "tolerance" x ON x."currency" = coalesce(h."currency", t."currency")),
    "judged" AS (
      SELECT p.*, CASE WHEN "there_bills" = 0 THEN 'onlyHere' WHEN "here_bills" = 0 THEN 'onlyThere' END AS "only",
        CASE WHEN "there_bills" = 0 THEN '[]' WHEN "here_bills" = 0 THEN ${ABSENCE}
          ELSE to_jsonb(array_remove(${DIFFERENT}, NULL)) END AS "reasons",
        CASE WHEN "there_bills" = 0 OR "here_bills" = 0 THEN '[]'
          ELSE to_jsonb(array_remove(${UNCOMPARED}, NULL)) END AS "uncompared"
      FROM "pair" p LEFT JOIN "bill_run_parked" k ON k."tenant_id" = ${tenantId} AND k."bill_run_id" = ${billRunId}
        AND k."billing_account_id" = p."account")
    INSERT INTO "comparison_account" ("tenant_id", "comparison_id", "billing_account_id", "currency", "position",
      "status", "reasons", "uncompared", "difference", "here_bills", "there_bills", "here_amount", "there_amount",
      "here_tax", "there_tax", "here_due", "there_due", "here_lines", "there_lines")
    SELECT ${tenantId}, ${id}, "account", "currency", row_number() OVER (ORDER BY abs("difference") DESC,
        abs("tax_difference") DESC NULLS LAST, "reasons" = '[]', "account", "currency"),
      coalesce("only", CASE WHEN "reasons" = '[]' THEN 'equal' ELSE 'differs' END), "reasons", "uncompared",
      "difference", "here_bills", "there_bills", "here_amount", "there_amount", "here_tax", "there_tax", "here_due",
      "there_due", "here_lines", "there_lines"
    FROM "judged"`)
}

/** Why the run has no bill of an account. */
const ABSENCE: Sql = sql`CASE WHEN NOT "is_known" THEN '["unknownAccount"]'
  WHEN k."billing_account_id" IS NOT NULL THEN '["parked"]' ELSE '["notBilled"]' END::jsonb`

const exceeds = (difference: Sql) => sql`abs(${difference}) > "tolerance"`

/** Lines are equal if each type has the same number of them, and nearly the same sum. */
const DIFFERENT_LINES: Sql = sql`"here_lines" <> "there_lines" AND EXISTS (
  SELECT FROM jsonb_each("here_lines") a FULL JOIN jsonb_each("there_lines") b ON b."key" = a."key"
  WHERE a."value"->'count' IS DISTINCT FROM b."value"->'count'
    OR ${exceeds(sql`(a."value"->>'amount')::numeric - (b."value"->>'amount')::numeric`)})`

const DIFFERENT: Sql = sql`ARRAY[
  CASE WHEN ${exceeds(sql`"difference"`)} THEN 'amount' END,
  CASE WHEN ${exceeds(sql`"tax_difference"`)} THEN 'tax' END,
  CASE WHEN ${DIFFERENT_LINES} THEN 'lines' END,
  CASE WHEN "here_due" <> "there_due" THEN 'dueDate' END]`

const UNCOMPARED: Sql = sql`ARRAY[
  CASE WHEN "tax_difference" IS NULL THEN 'tax' END,
  CASE WHEN "here_lines" IS NULL OR "there_lines" IS NULL THEN 'lines' END,
  CASE WHEN "here_due" IS NULL OR "there_due" IS NULL THEN 'dueDate' END]`
