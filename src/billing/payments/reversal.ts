import { recordChange } from '../../audit/record.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, decimal, optional, rowOf, scalar, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { addCredits, addOverdrawn, type BalanceKey, lockBalances } from '../../ledger/balance.ts'
import { type Allocation, post } from '../../ledger/post.ts'
import { PAYMENTS } from '../../messages/payment.ts'
import { RESOURCES } from '../../messages/resource.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { ownedBy, type View } from '../../tmf/view.ts'
import { takeBack } from './allocation.ts'
import { recordPayments } from './events.ts'
import { giveFrom } from './given.ts'
import { ADJUSTMENT, TRANSFER } from './receipt.ts'

const PAYMENT = rowOf('payment', { billingAccountId: text, currency: text, amount: decimal, method: text })

/**
 * Undoes a payment: every bill that it paid, at once or later as credit, owes that part again. If it replaced the
 * credit limit, the limit pays again; what it gave to other accounts or was refunded comes from other payments, or the
 * limit. Throws `notFound` without such a payment in the view, and `conflict` for a transfer, an adjustment and one
 * already reversed.
 */
export async function reversePayment(tx: Transaction, context: ChangeContext, view: View, id: string): Promise<void> {
  const { tenantId } = view
  const { rows } = await tx.run(sql`SELECT ${PAYMENT.columns} FROM "payment" WHERE ${ownedBy(view)} AND "id" = ${id}`)
  const [payment] = rows.map(PAYMENT.read)
  if (!payment) throw RESOURCES.notFound('payment')
  const { billingAccountId, currency, amount, method } = payment
  if (method === TRANSFER) throw PAYMENTS.transfer()
  if (method === ADJUSTMENT) throw PAYMENTS.adjustment()
  const key = { billingAccountId, currency }
  await lockBalances(tx, tenantId, [key])
  const given = scalar(
    await tx.run(sql`SELECT "given" FROM "payment"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`),
    decimal
  )
  const now = context.clock()
  const { rowCount } =
    await tx.run(sql`UPDATE "payment" SET "reversed_at" = ${now}, "version" = "version" + 1, "given" = 0
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "reversed_at" IS NULL`)
  if (rowCount === 0) throw PAYMENTS.reversed()
  const allocations = await undone(tx, tenantId, id, key)
  await takeBack(tx, context, id, allocations, now)
  const byLimit = allocations.filter(({ paymentId }) => paymentId === undefined)
  const parts = byLimit.map((allocation) => allocation.amount)
  await addOverdrawn(tx, tenantId, key, parts)
  await giveFrom(tx, tenantId, key, { amount: given, leaving: amount })
  const source = { sourceType: 'reversal', sourceId: id } as const
  await post(tx, { tenantId, journalId: context.newId(), postedAt: now, billingAccountId, ...source }, [
    { book: 'cash', detail: method, currency, amount: `-${amount}` },
    { book: 'balance', currency, amount }
  ])
  await addCredits(tx, tenantId, [{ ...key, credit: `-${amount}` }])
  const change = { action: 'reverse' as const, resourceType: 'Payment', resourceId: id, after: { reversedAt: now } }
  await recordChange(tx, context, change, now)
  await recordPayments(tx, context, 'reversed', [id], now)
}

const UNDONE = computedRow({
  billId: text,
  amount: computed(decimal, sql`-sum("amount")`),
  // A credit note may have taken a part back.
  byLimit: computed(
    optional(decimal),
    sql`CASE WHEN bool_or("replaces_credit_limit")
      THEN least(sum("amount") FILTER (WHERE "replaces_credit_limit"), sum("amount")) END`
  )
})

/** Returns the allocations that undo a payment, and those by which the credit limit pays again. */
async function undone(
  tx: Transaction,
  tenantId: string,
  paymentId: string,
  key: BalanceKey
): Promise<readonly Allocation[]> {
  const { rows } = await tx.run(sql`SELECT ${UNDONE.columns}
    FROM "payment_allocation" WHERE "tenant_id" = ${tenantId} AND "payment_id" = ${paymentId}
    GROUP BY "bill_id" HAVING sum("amount") <> 0 ORDER BY "bill_id"`)
  return rows.map(UNDONE.read).flatMap(({ billId, amount, byLimit }): readonly Allocation[] => {
    const taken = { ...key, paymentId, billId, amount }
    return byLimit === undefined ? [taken] : [taken, { ...taken, paymentId: undefined, amount: byLimit }]
  })
}
