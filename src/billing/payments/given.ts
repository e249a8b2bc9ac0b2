import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, decimal } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { addOverdrawn, type BalanceKey } from '../../ledger/balance.ts'

const GIVEN = computedRow({ part: computed(decimal, sql`x."part"`) })
const REST = computedRow({ rest: computed(decimal, sql`x."rest"`) })

/**
 * Takes an amount that goes to another account, or out, from the unused parts of payments, the oldest first, and what
 * is left of it from the credit limit. The balance is locked; its credit is not changed yet: the caller takes `leaving`
 * from it. The balance tells how much is unused, so that the walk from the newest payment back ends where all of it is
 * found.
 */
export async function giveFrom(
  tx: Transaction,
  tenantId: string,
  key: BalanceKey,
  { amount, leaving = amount }: { readonly amount: string; readonly leaving?: string }
): Promise<void> {
  const { billingAccountId, currency } = key
  const newest = (before: Sql) => sql`(SELECT p."id", p."created_at", p."amount" - p."given" - coalesce((
        SELECT sum(a."amount") FROM "payment_allocation" a
        WHERE a."tenant_id" = p."tenant_id" AND a."payment_id" = p."id"), 0) AS "left"
      FROM "payment" p WHERE p."tenant_id" = ${tenantId} AND p."billing_account_id" = ${billingAccountId}
        AND p."currency" = ${currency} AND p."reversed_at" IS NULL AND ${before} ORDER BY p."id" DESC LIMIT 1)`
  const found = await tx.run(prepared`WITH RECURSIVE "walk" AS (
      SELECT n.*, u."unused" - n."left" AS "missing"
      FROM (SELECT "credit" + "overdrawn" + ${amount} - ${leaving} AS "unused" FROM "account_balance"
        WHERE "tenant_id" = ${tenantId} AND "account_id" = ${billingAccountId} AND "currency" = ${currency}) u
      CROSS JOIN ${newest(sql`TRUE`)} n WHERE u."unused" > 0 AND ${amount}::numeric > 0
      UNION ALL
      SELECT n.*, w."missing" - n."left" FROM "walk" w CROSS JOIN LATERAL ${newest(sql`p."id" < w."id"`)} n
      WHERE w."missing" > 0),
    "paid" AS (
      SELECT "id", "left", sum("left") OVER (ORDER BY "created_at", "id") - "left" AS "before"
      FROM "walk" WHERE "left" > 0),
    "taken" AS (
      UPDATE "payment" p SET "given" = p."given" + least(o."left", ${amount} - o."before")
      FROM "paid" o WHERE p."tenant_id" = ${tenantId} AND p."id" = o."id" AND o."before" < ${amount}
      RETURNING least(o."left", ${amount} - o."before") AS "part")
    SELECT ${REST.columns} FROM (SELECT ${amount} - coalesce(sum("part"), 0) AS "rest" FROM "taken") x
    WHERE x."rest" > 0`)
  const rests = found.rows.map(REST.read)
  await addOverdrawn(
    tx,
    tenantId,
    key,
    rests.map(({ rest }) => rest)
  )
}

/** Takes an amount that goes out from the unused part of one payment, which has as much. The balance is locked. */
export async function giveOf(tx: Transaction, tenantId: string, paymentId: string, amount: string): Promise<void> {
  await tx.run(prepared`UPDATE "payment" SET "given" = "given" + ${amount}
    WHERE "tenant_id" = ${tenantId} AND "id" = ${paymentId}`)
}

/** Uses the rest of a payment to replace the credit limit in transfers and refunds. The balance is locked. */
export async function replaceGiven(
  tx: Transaction,
  tenantId: string,
  { id, ...key }: BalanceKey & { readonly id: string }
): Promise<void> {
  const { billingAccountId, currency } = key
  const limit = sql`SELECT b."overdrawn" - coalesce((SELECT sum(a."amount") FROM "customer_bill" c
      JOIN "payment_allocation" a ON a."tenant_id" = c."tenant_id" AND a."bill_id" = c."id" AND a."payment_id" IS NULL
      WHERE c."tenant_id" = b."tenant_id" AND c."billing_account_id" = b."account_id"
        AND c."amount_due_unit" = b."currency"), 0)
    FROM "account_balance" b WHERE b."tenant_id" = ${tenantId} AND b."account_id" = ${billingAccountId}
      AND b."currency" = ${currency}`
  const found = await tx.run(sql`UPDATE "payment" p SET "given" = p."given" + x."part"
    FROM (SELECT least((${limit}), o."amount" - o."given" - coalesce((SELECT sum(a."amount") FROM "payment_allocation" a
        WHERE a."tenant_id" = ${tenantId} AND a."payment_id" = ${id}), 0)) AS "part"
      FROM "payment" o WHERE o."tenant_id" = ${tenantId} AND o."id" = ${id}) x
    WHERE p."tenant_id" = ${tenantId} AND p."id" = ${id} AND x."part" > 0 RETURNING ${GIVEN.columns}`)
  await addOverdrawn(
    tx,
    tenantId,
    key,
    found.rows.map(GIVEN.read).map(({ part }) => `-${part}`)
  )
}
