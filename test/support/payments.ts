import { newId } from '../../src/base/ulid.ts'
import { pay } from '../../src/billing/payments/payment.ts'
import type { Transaction } from '../../src/db/database.ts'
import type { ChangeContext } from '../../src/tmf/declaration/resource.ts'

/** The body of a payment in euros, by card and with a reference of its own. */
export function paymentOf(account: string | undefined, value: number, more: object = {}) {
  return {
    billingAccount: { id: account },
    amount: { unit: 'EUR', value },
    method: 'card',
    reference: newId(),
    ...more
  }
}

/** Takes a payment of the provider in a transaction, by any clock and author. Returns its id. */
export async function payIn(
  tx: Transaction,
  context: ChangeContext,
  account: string,
  value: number,
  unit = 'EUR'
): Promise<string> {
  const payer = { id: account, partnerId: undefined, status: 'ACTIVE' } as const
  const receipt = {
    amount: { unit, value },
    method: 'cash',
    reference: newId(),
    nameSpace: '',
    billIds: undefined
  } as const
  return (await pay(tx, context, payer, receipt)).id
}
