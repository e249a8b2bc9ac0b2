import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { type Sql, sql } from '../../db/sql.ts'

/** The temporary tables of drafts. Only this room names them; other rooms read the relations below. */
export const LINE_TABLE: Sql = sql`"pg_temp"."bill_draft_line"`
export const DRAFT_TABLE: Sql = sql`"pg_temp"."bill_draft"`

/** The drafts that become bills, one row each. */
export const READY_DRAFTS: Sql = sql`(SELECT "position", "account", "partner", "bill", "document", "currency", "lines",
  "tax_excluded", "tax_included", "rounding", "taxes", "kinds", "profile", "hold_reason" FROM ${DRAFT_TABLE}
  WHERE "position" IS NOT NULL)`

/** Selects those that become bills on hold, as a condition without other tables. */
export const HELD: Sql = sql`"hold_reason" IS NOT NULL`

/** The rates of these drafts, with their bills. */
export const READY_LINES: Sql = sql`(SELECT l."place", l."rate", l."version", d."bill"
  FROM ${LINE_TABLE} l JOIN ${DRAFT_TABLE} d ON d."account" = l."account" WHERE d."position" IS NOT NULL)`

/** The lines of these drafts by account: type of rate -> their number, and their sum as shown. */
export const READY_KINDS: Sql = sql`(SELECT d."account", jsonb_object_agg(l."kind",
    jsonb_build_object('count', l."count", 'amount', d."kinds"->l."kind")) AS "lines"
  FROM (SELECT "account", "kind", count(*) AS "count" FROM ${LINE_TABLE} GROUP BY 1, 2) l
  JOIN ${DRAFT_TABLE} d ON d."account" = l."account" WHERE d."position" IS NOT NULL GROUP BY 1)`

/** The journals of these drafts that are not held, as `postBills` takes them. */
export function draftJournals(at: Instant): Sql {
  return sql`SELECT "bill", "account", "partner", "currency", "tax_included" AS "due", ${at}::timestamptz AS "at",
    "kinds" AS "revenue", NULL::numeric AS "untyped", "taxes", "rounding", NULL::numeric AS "paid",
    NULL::timestamptz AS "paid_at" FROM ${READY_DRAFTS} d WHERE NOT ${HELD}`
}

/** The connection keeps the tables and empties them at every commit, so that a run of many chunks creates them once. */
export async function createTables(tx: Transaction): Promise<void> {
  await tx.run(sql`SET LOCAL client_min_messages = warning`)
  // Independent of the server's settings: some accounts are found by index, not by reading all rates.
  await tx.run(sql`SET LOCAL random_page_cost = 1.1`)
  await tx.run(sql`CREATE TEMP TABLE IF NOT EXISTS "bill_draft_line" ("account" text COLLATE "C",
    "rate" text COLLATE "C", "place" tid,
    "version" int, "kind" text, "unit" text, "amount" numeric, "taxes" jsonb, "tax_key" text) ON COMMIT DELETE ROWS`)
  await tx.run(sql`CREATE TEMP TABLE IF NOT EXISTS "bill_draft" ("position" int, "account" text COLLATE "C",
    "partner" text, "bill" text COLLATE "C", "document" text, "currency" text,
    "lines" int, "tax_excluded" numeric, "tax_included" numeric, "rounding" numeric, "taxes" jsonb, "kinds" jsonb,
    "fault" text, "profile" jsonb, "hold_reason" text) ON COMMIT DELETE ROWS`)
  await tx.run(sql`DELETE FROM ${LINE_TABLE}`)
  await tx.run(sql`DELETE FROM ${DRAFT_TABLE}`)
}

/** Assigns ids to the drafts that become bills, and to their documents. */
export async function nameDrafts(
  tx: Transaction,
  bills: readonly string[],
  documents: readonly string[]
): Promise<void> {
  await tx.run(sql`UPDATE ${DRAFT_TABLE} d SET "bill" = i."bill", "document" = i."document"
    FROM unnest(${bills}::text[], ${documents}::text[]) WITH ORDINALITY i("bill", "document", "position")
    WHERE d."position" = i."position"`)
}

/**
 * Marks drafts of some accounts as held, each with its reason, and numbers the drafts anew: those on hold come last, so
 * that the others take consecutive numbers.
 */
export async function holdDrafts(
  tx: Transaction,
  held: readonly { readonly account: string; readonly holdReason: string }[]
): Promise<void> {
  const [accounts, reasons] = [held.map(({ account }) => account), held.map(({ holdReason }) => holdReason)]
  await tx.run(sql`UPDATE ${DRAFT_TABLE} d SET "position" = x."position", "hold_reason" = x."reason"
    FROM (SELECT r."account", h."reason",
        row_number() OVER (ORDER BY h."reason" IS NOT NULL, r."position") AS "position"
      FROM ${DRAFT_TABLE} r
      LEFT JOIN unnest(${accounts}::text[], ${reasons}::text[]) h("account", "reason") ON h."account" = r."account"
      WHERE r."position" IS NOT NULL) x
    WHERE x."account" = d."account"`)
}
