import type { Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import { postingInstant } from './post.ts'

/**
 * Selects bills `b` of other systems that belong in the ledger: issued, with an amount due, to an account of this
 * service with the same owner. Bills of the engine have a rounding, even 0.
 */
export const IN_LEDGER: Sql = sql`(b."rounding_amount" IS NULL AND b."issued_as" IS NOT NULL
  AND b."amount_due_value" IS NOT NULL AND EXISTS (SELECT FROM "billing_account" a
    WHERE a."tenant_id" = b."tenant_id" AND a."id" = b."billing_account_id"
      AND b."partner_id" IS NOT DISTINCT FROM a."partner_id"))`

/**
 * The bills to post and their instants, in SQL over "customer_bill" under the name `b`. An account with entries gets no
 * earlier ones.
 */
export interface Posting {
  readonly bills: Sql
  readonly chargedAt: Sql
  readonly paidAt: Sql
}

/**
 * Posts one journal for each of these bills that belongs in the ledger: the amount due against its taxes by category
 * and the rest as revenue without a type, since the other system has the lines; and as cash the payments that system
 * received. Each bill must have a remaining amount.
 */
export async function postForeignBills(
  tx: Transaction,
  tenantId: string,
  { bills, chargedAt, paidAt }: Posting
): Promise<void> {
  const at = sql`CASE WHEN e."place" < 4 THEN ${chargedAt}::timestamptz ELSE ${paidAt}::timestamptz END`
  // Computes each bill by itself: with many bills, no plan joins them to one another.
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

/** The taxes of a bill `b` in the currency of its amount due. */
const TAXES = sql`(SELECT t->>'taxCategory' AS "category", (t#>>'{taxAmount,value}')::numeric AS "amount"
  FROM jsonb_array_elements(b."tax_item") t WHERE t#>>'{taxAmount,unit}' = b."amount_due_unit")`
