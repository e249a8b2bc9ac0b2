import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, decimal, rowOf, scalars, stated, text } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import { addOverdrawn, type BalanceKey } from '../../ledger/balance.ts'
import type { Allocation } from '../../ledger/post.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { allocate, replace } from './allocation.ts'
import { replaceGiven } from './given.ts'

const REST = rowOf('customer_bill', {
  billingAccountId: stated,
  remainingAmountUnit: stated,
  amount: computed(decimal, sql`"remaining_amount_value"`)
})

/** Pays the rest of a bill from its account's credit limit, which must suffice. The balance is locked. */
export async function overdraw(tx: Transaction, context: ChangeContext, billId: string): Promise<void> {
  const { tenantId } = context.author
  const { rows } = await tx.run(sql`SELECT ${REST.columns} FROM "customer_bill"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${billId} AND "remaining_amount_value" > 0`)
  const [rest] = rows.map(REST.read)
  if (!rest) return
  const { billingAccountId, remainingAmountUnit: currency, amount } = rest
  await addOverdrawn(tx, tenantId, { billingAccountId, currency }, [amount])
  const allocation = { paymentId: undefined, billId, billingAccountId, currency, amount }
  await allocate(tx, context, [allocation], context.clock())
}

interface Filling extends BalanceKey {
  readonly id: string
  readonly now: Instant
}

const FILLED = computedRow({
  billId: computed(text, sql`x."bill"`),
  part: computed(decimal, sql`least(x."amount", p."left" - x."before")`)
})

/**
 * Uses the rest of a payment to replace the credit limit on bills it has paid, the oldest first, and then in transfers
 * and refunds. The balance is locked.
 */
export async function fillOverdraft(tx: Transaction, context: ChangeContext, payment: Filling): Promise<void> {
  const { tenantId } = context.author
  const { id, now, billingAccountId, currency } = payment
  const { rows } = await tx.run(sql`SELECT ${FILLED.columns}
    FROM (SELECT "bill", "amount", sum("amount") OVER (ORDER BY "bill") - "amount" AS "before"
      FROM (SELECT b."id" AS "bill", sum(a."amount") AS "amount" FROM "customer_bill" b
        JOIN "payment_allocation" a ON a."tenant_id" = b."tenant_id" AND a."bill_id" = b."id" AND a."payment_id" IS NULL
        WHERE b."tenant_id" = ${tenantId} AND b."billing_account_id" = ${billingAccountId}
          AND b."amount_due_unit" = ${currency} GROUP BY 1) s WHERE "amount" > 0) x
    JOIN (SELECT "amount" - "given" - coalesce((SELECT sum("amount") FROM "payment_allocation"
        WHERE "tenant_id" = ${tenantId} AND "payment_id" = ${id}), 0) AS "left"
      FROM "payment" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}) p ON x."before" < p."left" ORDER BY x."bill"`)
  const filled = rows.map(FILLED.read)
  const allocations = filled.flatMap(({ billId, part }): readonly Allocation[] => {
    const to = { billId, billingAccountId, currency }
    return [
      { ...to, paymentId: undefined, amount: `-${part}` },
      { ...to, paymentId: id, amount: part }
    ]
  })
  await replace(tx, context, allocations, now)
  await addOverdrawn(
    tx,
    tenantId,
    payment,
    filled.map(({ part }) => `-${part}`)
  )
  await replaceGiven(tx, tenantId, payment)
}

/** Returns the accounts of these balances whose credit limit pays a part of their bills. */
export async function overdrawn(
  tx: Transaction,
  tenantId: string,
  keys: readonly BalanceKey[]
): Promise<ReadonlySet<string>> {
  const found =
    await tx.run(prepared`SELECT "account_id" FROM "account_balance" WHERE "tenant_id" = ${tenantId} AND "overdrawn" > 0
      AND ("account_id", "currency") IN (SELECT * FROM unnest(
        ${keys.map(({ billingAccountId }) => billingAccountId)}::text[],
        ${keys.map(({ currency }) => currency)}::text[]))`)
  return new Set(scalars(found, text))
}
