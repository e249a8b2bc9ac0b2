import { createHash } from 'node:crypto'
import type { Account } from '../../accounts/lookup.ts'
import type { BalanceKey } from '../../ledger/balance.ts'
import type { AdjustmentPosting } from '../../ledger/post-adjustment.ts'

export const METHODS = ['cash', 'card', 'bankTransfer', 'directDebit', 'wallet', 'other'] as const

/** Of a payment that comes from another account. */
export const TRANSFER = 'transfer'

/** Of a payment that an adjustment gives: no money came. */
export const ADJUSTMENT = 'adjustment'

export interface Receipt {
  readonly amount: { readonly unit: string; readonly value: number }
  readonly method: (typeof METHODS)[number] | typeof TRANSFER | typeof ADJUSTMENT
  /** Unique to its sender: an equal reference, or one that looks the same, means the same payment. */
  readonly reference: string
  /** The owner of the reference, see own-names.ts. */
  readonly nameSpace: string
  /** The bills to pay, in this order; undefined pays those due first. */
  readonly billIds: readonly string[] | undefined
  /** The day on which the money arrived, such as `2026-11-30`. */
  readonly valueDate?: string | undefined
  /** Of an imported row: its hash tells a repetition. */
  readonly rowHash?: string | undefined
  /** The unmatched payment that is assigned: it holds the reference. */
  readonly unmatchedId?: string
  /** Leaves out named bills that cannot be paid; without any, it pays those due first. */
  readonly isLenient?: boolean
  /** Of a transfer: whose money it is, and what for. */
  readonly from?: { readonly giverId: string; readonly description: string } | undefined
  /** Of an adjustment: its id, and the part that is tax. */
  readonly adjusts?: Pick<AdjustmentPosting, 'id' | 'tax'> | undefined
}

export interface Incoming {
  readonly account: Pick<Account, 'id' | 'partnerId' | 'status'>
  readonly receipt: Receipt
}

export function balanceKey({ account, receipt }: Incoming): BalanceKey {
  return { billingAccountId: account.id, currency: receipt.amount.unit }
}

/** Returns the SHA-256 of a payment, without its reference. */
export function contentHash({ account, receipt }: Incoming): string {
  const { amount, method, billIds, valueDate, from } = receipt
  const content = [account.id, amount.unit, amount.value, method, billIds ?? null, ...(from ? [from] : [])]
  return createHash('sha256')
    .update(JSON.stringify(valueDate === undefined ? content : [...content, valueDate]))
    .digest('hex')
}
