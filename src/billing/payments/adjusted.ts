import type { Account } from '../../accounts/lookup.ts'
import type { Transaction } from '../../db/database.ts'
import { addCredits, lockBalances } from '../../ledger/balance.ts'
import { type AdjustmentPosting, postAdjustment } from '../../ledger/post-adjustment.ts'
import { nameSpace } from '../../tmf/declaration/own-names.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { giveFrom } from './given.ts'
import { pay } from './payment.ts'
import { ADJUSTMENT } from './receipt.ts'

/** A change of the balance of an account; see `AdjustmentPosting`. */
export interface Adjusting extends Pick<AdjustmentPosting, 'id' | 'tax'> {
  readonly account: Account
  /** In whole minor units: a positive value is charged, a negative one given. */
  readonly amount: { readonly unit: string; readonly value: number }
}

/**
 * Charges an account, or gives it something, at once. A charge takes its credit; what is missing is owed, and the next
 * payment fills that first. What is given is a payment, whose id is returned: it pays what is due, and then the next
 * bills. Throws `conflict` for an archived account. Locks the balance.
 */
export async function adjust(
  tx: Transaction,
  context: ChangeContext,
  { id, account, amount: { unit: currency, value }, tax }: Adjusting
): Promise<string | undefined> {
  const { tenantId } = context.author
  if (value < 0) {
    const own = { reference: id, nameSpace: nameSpace({ tenantId }), billIds: undefined }
    const adjusts = { id, tax }
    const receipt = { amount: { unit: currency, value: -value }, method: ADJUSTMENT, ...own, adjusts } as const
    return (await pay(tx, context, account, receipt)).id
  }
  const key = { billingAccountId: account.id, currency }
  await lockBalances(tx, tenantId, [key])
  const amount = String(value)
  const journal = { tenantId, journalId: context.newId(), postedAt: context.clock() }
  await postAdjustment(tx, journal, { ...key, id, partnerId: account.partnerId, amount, tax })
  await giveFrom(tx, tenantId, key, { amount })
  await addCredits(tx, tenantId, [{ ...key, credit: `-${amount}` }])
  return undefined
}
