import type { Transaction } from '../../db/database.ts'
import { rowOf, stated } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { lockBalances } from '../../ledger/balance.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { allocate, matched, PAYABLE } from './allocation.ts'

// PAYABLE has neither without.
const KEY = rowOf('customer_bill', { billingAccountId: stated, remainingAmountUnit: stated }, 'b')

/**
 * Pays newly issued bills from the credit of their accounts, first in, first out, as far as it goes. Locks all their
 * balances: a concurrent payment either sees these bills or is seen here.
 */
export async function useCredit(tx: Transaction, context: ChangeContext, billIds: readonly string[]): Promise<void> {
  const { tenantId } = context.author
  const these = sql`b."id" = ANY(${billIds}::text[])`
  const { rows } = await tx.run(sql`SELECT DISTINCT ${KEY.columns}
    FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND ${PAYABLE} AND ${these}`)
  const keys = rows.map(KEY.read).map(({ remainingAmountUnit: currency, ...key }) => ({ ...key, currency }))
  const balances = await lockBalances(tx, tenantId, keys)
  const credited = balances.filter(({ credit }) => Number(credit) > 0)
  if (credited.length === 0) return
  const payments = sql`(p."billing_account_id", p."currency") IN (SELECT * FROM unnest(
    ${credited.map(({ billingAccountId }) => billingAccountId)}::text[],
    ${credited.map(({ currency }) => currency)}::text[]))`
  const order = sql`b."payment_due_date"`
  const allocations = await matched(tx, tenantId, { payments, bills: these, order })
  await allocate(tx, context, allocations, context.clock())
}
