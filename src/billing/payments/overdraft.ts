import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, decimal, rowOf, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import type { BalanceKey } from '../../ledger/balance.ts'
import type { Allocation } from '../../ledger/post.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { allocate, replace } from './allocation.ts'

const OVERDRAWN = rowOf(
  'account_balance',
  { accountId: text, currency: text, amount: computed(decimal, sql`b."remaining_amount_value"`) },
  'a'
)

/** Pays the rest of a bill from its account's credit limit, which must suffice. The balance is locked. */
export async function overdraw(tx: Transaction, context: ChangeContext, billId: string): Promise<void> {
  const { tenantId } = context.author
  const { rows } = await tx.run(sql`UPDATE "account_balance" a
    SET "overdrawn" = a."overdrawn" + b."remaining_amount_value"
    FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND b."id" = ${billId} AND b."remaining_amount_value" > 0
      AND a."tenant_id" = b."tenant_id" AND a."account_id" = b."billing_account_id"
      AND a."currency" = b."remaining_amount_unit"
    RETURNING ${OVERDRAWN.columns}`)
  const [overdrawn] = rows.map(OVERDRAWN.read)
  if (!overdrawn) return
  const { accountId: billingAccountId, currency, amount } = overdrawn
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
 * Uses the rest of a payment to replace the credit limit on bills it has paid, the oldest first. The balance is locked.
 */
export async function fillOverdraft(tx: Transaction, context: ChangeContext, payment: Filling): Promise<void> {
  const { tenantId } = context.author
  const { id, now, billingAccountId, currency } = payment
  if (!(await isOverdrawn(tx, tenantId, payment))) return
  const { rows } = await tx.run(sql`SELECT ${FILLED.columns}
    FROM (SELECT "bill", "amount", sum("amount") OVER (ORDER BY "bill") - "amount" AS "before"
      FROM (SELECT b."id" AS "bill", sum(a."amount") AS "amount" FROM "customer_bill" b
        JOIN "payment_allocation" a ON a."tenant_id" = b."tenant_id" AND a."bill_id" = b."id" AND a."payment_id" IS NULL
        WHERE b."tenant_id" = ${tenantId} AND b."billing_account_id" = ${billingAccountId}
          AND b."amount_due_unit" = ${currency} GROUP BY 1) s WHERE "amount" > 0) x
    JOIN (SELECT "amount" - coalesce((SELECT sum("amount") FROM "payment_allocation"
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
}

async function isOverdrawn(tx: Transaction, tenantId: string, key: BalanceKey): Promise<boolean> {
  const { rowCount } = await tx.run(
    sql`SELECT FROM "account_balance" WHERE "tenant_id" = ${tenantId} AND "account_id" = ${key.billingAccountId}
      AND "currency" = ${key.currency} AND "overdrawn" > 0`,
    { prepared: true }
  )
  return rowCount > 0
}

/** Adds to the part that the credit limit of a locked balance pays; a negative amount reduces it. */
export async function addOverdrawn(
  tx: Transaction,
  tenantId: string,
  { billingAccountId, currency }: BalanceKey,
  parts: readonly string[]
): Promise<void> {
  if (parts.length === 0) return
  await tx.run(sql`UPDATE "account_balance"
    SET "overdrawn" = "overdrawn" + (SELECT sum("part") FROM unnest(${parts}::numeric[]) x("part"))
    WHERE "tenant_id" = ${tenantId} AND "account_id" = ${billingAccountId} AND "currency" = ${currency}`)
}
