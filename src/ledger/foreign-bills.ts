import type { Transaction } from '../db/database.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { postBills } from './post-bills.ts'

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
  // Computes each bill by itself: with many bills, no plan joins them to one another.
  const journals = prepared`SELECT b."id" AS "bill", b."billing_account_id" AS "account", b."partner_id" AS "partner",
      b."amount_due_unit" AS "currency", b."amount_due_value" AS "due",
      ${chargedAt}::timestamptz AS "at", NULL::jsonb AS "revenue",
      b."amount_due_value" - x."tax" AS "untyped", x."taxes", NULL::numeric AS "rounding",
      b."amount_due_value" - b."remaining_amount_value" AS "paid", ${paidAt}::timestamptz AS "paid_at"
    FROM "customer_bill" b
    CROSS JOIN LATERAL (SELECT coalesce(sum(t."amount"), 0) AS "tax",
        jsonb_agg(jsonb_build_object('taxCategory', t."category", 'taxAmount', jsonb_build_object('value', t."amount")))
          AS "taxes" FROM ${TAXES} t) x
    WHERE b."tenant_id" = ${tenantId} AND ${IN_LEDGER} AND ${bills}`
  await postBills(tx, tenantId, journals)
}

/** The taxes of a bill `b` by category, in the currency of its amount due. */
const TAXES = sql`(SELECT t->>'taxCategory' AS "category", sum((t#>>'{taxAmount,value}')::numeric) AS "amount"
  FROM jsonb_array_elements(b."tax_item") t WHERE t#>>'{taxAmount,unit}' = b."amount_due_unit" GROUP BY 1)`
