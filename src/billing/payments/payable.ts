import type { Transaction } from '../../db/database.ts'
import { boolean, computed, optional, rowOf, text } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import type { BalanceKey } from '../../ledger/balance.ts'
import { PAYMENTS } from '../../messages/payment.ts'
import type { Problem } from '../../messages/problem.ts'
import { PAYABLE } from './allocation.ts'
import { balanceKey, type Incoming } from './receipt.ts'

/** Locks the bills that payments may pay: those they name, or without names all of their accounts. */
export async function lockBills(tx: Transaction, tenantId: string, payments: readonly Incoming[]): Promise<void> {
  const named = payments.flatMap(({ receipt }) => receipt.billIds ?? [])
  const keys = payments.filter(({ receipt }) => !receipt.billIds).map(balanceKey)
  const bills = [
    ...(named.length > 0 ? [sql`b."id" = ANY(${named}::text[])`] : []),
    ...(keys.length > 0 ? [ofAccounts(keys)] : [])
  ]
  for (const those of bills) {
    await tx.run(prepared`SELECT FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND ${PAYABLE} AND ${those}
        ORDER BY b."id" FOR UPDATE`)
  }
}

/** Selects the bills `b` of accounts in a currency. */
export function ofAccounts(keys: readonly BalanceKey[]) {
  return sql`(b."billing_account_id", b."remaining_amount_unit") IN (SELECT * FROM unnest(
    ${keys.map(({ billingAccountId }) => billingAccountId)}::text[], ${keys.map(({ currency }) => currency)}::text[]))`
}

const NAMED = rowOf(
  'customer_bill',
  {
    id: text,
    billingAccountId: optional(text),
    remainingAmountUnit: optional(text),
    state: text,
    isPayable: computed(optional(boolean), PAYABLE)
  },
  'b'
)

type Named = ReturnType<typeof NAMED.read>

/**
 * Returns payments with the bills that they will pay, or the fault of one that cannot be paid. A lenient one
 * leaves such bills out. The bills are locked.
 */
export async function withPayable<P extends Incoming>(
  tx: Transaction,
  tenantId: string,
  payments: readonly P[]
): Promise<readonly (P | { readonly payment: P; readonly problem: Problem })[]> {
  const ids = [...new Set(payments.flatMap(({ receipt }) => receipt.billIds ?? []))]
  if (ids.length === 0) return payments
  const { rows } = await tx.run(prepared`SELECT ${NAMED.columns} FROM "customer_bill" b
      WHERE b."tenant_id" = ${tenantId} AND b."id" = ANY(${ids}::text[])`)
  const found = new Map(rows.map(NAMED.read).map((bill) => [bill.id, bill]))
  return payments.map((payment) => {
    const { isLenient, billIds = [] } = payment.receipt
    const faults = billIds.map((id, at) => faultOf(found.get(id), balanceKey(payment), `$.bills[${at}].id`))
    const problem = faults.find((fault) => fault !== undefined)
    if (!problem) return payment
    if (!isLenient) return { payment, problem }
    const left = billIds.filter((_, at) => faults[at] === undefined)
    return { ...payment, receipt: { ...payment.receipt, billIds: left.length > 0 ? left : undefined } }
  })
}

function faultOf(bill: Named | undefined, { billingAccountId, currency }: BalanceKey, path: string) {
  if (bill?.billingAccountId !== billingAccountId) return PAYMENTS.unknownBill(path)
  if (!bill.isPayable) return PAYMENTS.billNotPayable(path, bill.state)
  const { remainingAmountUnit: unit } = bill
  return unit === currency ? undefined : PAYMENTS.billCurrency(path, String(unit), currency)
}
