import type { Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import { postingInstant } from './post.ts'

/**
 * Whether a bill of another system, under the name `b`, belongs in the ledger: it is issued, says what is due, and is
 * made out to an account of ours of the same owner. What the engine made has a rounding, be it 0.
 */
export const IN_LEDGER: Sql = sql`(b."rounding_amount" IS NULL AND b."issued_as" IS NOT NULL
  AND b."amount_due_value" IS NOT NULL AND EXISTS (SELECT FROM "billing_account" a
    WHERE a."tenant_id" = b."tenant_id" AND a."id" = b."billing_account_id"
      AND b."partner_id" IS NOT DISTINCT FROM a."partner_id"))`

/**
 * Which bills are posted, as of which instants, in SQL over "customer_bill" under the name `b`. An account that has
 * entries already gets no earlier ones.
 */
export interface Posting {
  readonly bills: Sql
  readonly chargedAt: Sql
  /** When the other systems took what they took for them. */
  readonly paidAt: Sql
}

/**
 * Posts one journal for each of these bills that belong in the ledger: what is due against its taxes by category and
 * the rest as revenue of no type, since its lines are with the system that made it; and as cash what that system took
 * for it before. Each must say what remains.
 */
export async function postForeignBills(
  tx: Transaction,
  tenantId: string,
  { bills, chargedAt, paidAt }: Posting
): Promise<void> {
  const at = sql`CASE WHEN e."place" < 4 THEN ${chargedAt}::timestamptz ELSE ${paidAt}::timestamptz END`
  // Each bill is worked out by itself: however many there are, no plan joins them to one another.
  const statement = sql`INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book", "detail",
      "billing_account_id", "currency", "amount", "source_type", "source_id")
    SELECT ${tenantId}, b."id", row_number() OVER (PARTITION BY b."id" ORDER BY e."place", e."detail" COLLATE "C"),
      ${postingInstant(tenantId, sql`b."billing_account_id"`, at)}, e."book", e."detail",
      b."billing_account_id", b."amount_due_unit", e."amount", 'bill', b."id"
    FROM "customer_bill" b
    CROSS JOIN LATERAL (SELECT b."amount_due_value" AS "due", coalesce(sum(t."amount"), 0) AS "tax",
        b."amount_due_value" - b."remaining_amount_value" AS "paid" FROM ${TAXES} t) x
    CROSS JOIN LATERAL (
      SELECT 1 AS "place", 'receivable' AS "book", NULL AS "detail", x."due" AS "amount"
      UNION ALL
      SELECT 2, CASE WHEN b."partner_id" IS NULL THEN 'revenue' ELSE 'partner' END, NULL, x."tax" - x."due"
      UNION ALL
      SELECT 3, 'tax', t."category", -sum(t."amount") FROM ${TAXES} t GROUP BY t."category"
      UNION ALL
      SELECT 4, 'cash', 'other', x."paid" WHERE x."paid" <> 0
      UNION ALL
      SELECT 5, 'receivable', NULL, -x."paid" WHERE x."paid" <> 0) e
    WHERE b."tenant_id" = ${tenantId} AND ${IN_LEDGER} AND ${bills}`
  await tx.run(statement, { prepared: true })
}

/** The taxes of a bill `b` that are in the currency of what is due. */
const TAXES = sql`(SELECT t->>'taxCategory' AS "category", (t#>>'{taxAmount,value}')::numeric AS "amount"
  FROM jsonb_array_elements(b."tax_item") t WHERE t#>>'{taxAmount,unit}' = b."amount_due_unit")`
