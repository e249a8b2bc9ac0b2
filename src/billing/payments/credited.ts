import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, decimal, optional, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { addOverdrawn, type BalanceKey } from '../../ledger/balance.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { move } from './allocation.ts'

/** A part of a bill that a credit note takes away, and how the bill names the note. */
export interface Credit extends BalanceKey {
  readonly billId: string
  readonly amount: string
  readonly note: { readonly id: string; readonly billNo: string }
  /** A dispute ends with it; the caller looks whether the bill stays on hold. */
  readonly isOfDispute?: boolean | undefined
}

const TAKEN = computedRow({
  paymentId: computed(optional(text), sql`"payment"`),
  amount: computed(decimal, sql`-least("amount", "over" - "before")`)
})

/**
 * Takes a credit note off what remains of its bill. What exceeds that goes back from the payments of the bill, the last
 * one first, as credit of the account; a part that the credit limit paid goes back before them.
 * The balance and the bill are locked, and the bill has that much that is not credited yet.
 */
export async function creditBill(
  tx: Transaction,
  context: ChangeContext,
  { billId, amount, note, isOfDispute = false, ...key }: Credit,
  now: Instant
): Promise<void> {
  const { tenantId } = context.author
  const { rows } = await tx.run(sql`SELECT ${TAKEN.columns}
    FROM (SELECT "payment", "amount", sum("amount") OVER (ORDER BY "payment" IS NOT NULL, "last" DESC) - "amount"
        AS "before"
      FROM (SELECT "payment_id" AS "payment", sum("amount") AS "amount", max("position") AS "last"
        FROM "payment_allocation" WHERE "tenant_id" = ${tenantId} AND "bill_id" = ${billId}
        GROUP BY 1 HAVING sum("amount") > 0) a) p
    JOIN (SELECT ${amount} - "remaining_amount_value" AS "over" FROM "customer_bill"
      WHERE "tenant_id" = ${tenantId} AND "id" = ${billId}) b ON p."before" < b."over"
    ORDER BY p."before"`)
  const taken = rows.map(TAKEN.read).map((part) => ({ ...key, billId, ...part }))
  const related = JSON.stringify([{ ...note, relationshipType: 'correctedBy' }])
  const isSettled = sql`b."remaining_amount_value" = x."total"`
  const assignments = sql`"state" = CASE WHEN ${isSettled} THEN 'settled' ELSE b."state" END,
    "hold_reason" = CASE WHEN ${isSettled} THEN NULL ELSE b."hold_reason" END,
    "applied_payment" = ${APPLIED},
    "related_bill" = coalesce(b."related_bill", '[]') || ${related}::jsonb`
  const credit = { billId, currency: key.currency, amount }
  await move(tx, context, taken, now, { action: 'credit', assignments, credit, keepsHold: isOfDispute })
  const byLimit = taken.filter(({ paymentId }) => paymentId === undefined)
  await addOverdrawn(
    tx,
    tenantId,
    key,
    byLimit.map((part) => part.amount)
  )
}

/** The payments of the bill `b`, each with the part that is still its. */
const APPLIED = sql`(SELECT jsonb_agg(jsonb_build_object(
      'appliedAmount', jsonb_build_object('unit', b."amount_due_unit", 'value', trim_scale(p."amount")),
      'payment', jsonb_build_object('id', p."payment_id", '@referredType', 'Payment')) ORDER BY p."first")
  FROM (SELECT a."payment_id", sum(a."amount") AS "amount", min(a."position") AS "first" FROM "payment_allocation" a
    WHERE a."tenant_id" = b."tenant_id" AND a."bill_id" = b."id" AND a."payment_id" IS NOT NULL
    GROUP BY 1 HAVING sum(a."amount") <> 0) p)`
