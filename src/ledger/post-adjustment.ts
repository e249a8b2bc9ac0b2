import Big from 'big.js'
import { negated } from '../base/money.ts'
import type { Transaction } from '../db/database.ts'
import type { BalanceKey } from './balance.ts'
import { type Entry, type Journal, post } from './post.ts'

/** A change of a balance, in decimal text: a positive amount is charged, a negative one given. */
export interface AdjustmentPosting extends BalanceKey {
  readonly id: string
  /** The partner that owns the account. */
  readonly partnerId: string | undefined
  readonly amount: string
  /** The part of the amount that is tax. */
  readonly tax: { readonly category: string; readonly amount: string } | undefined
}

/** The type of rate that adjustments count as in the books. */
const DETAIL = 'adjustment'

/** Posts an adjustment: the balance against revenue, and against tax if a part of it is tax. */
export async function postAdjustment(
  tx: Transaction,
  journal: Pick<Journal, 'tenantId' | 'journalId' | 'postedAt'>,
  { id, partnerId, amount, tax, billingAccountId, currency }: AdjustmentPosting
): Promise<void> {
  const net = new Big(amount).minus(tax?.amount ?? 0).toFixed()
  const entries: readonly Entry[] = [
    { book: 'balance', currency, amount },
    { book: partnerId === undefined ? 'revenue' : 'partner', detail: DETAIL, currency, amount: negated(net) },
    { book: 'tax', detail: tax?.category, currency, amount: negated(tax?.amount ?? '0') }
  ]
  const source = { sourceType: 'adjustment', sourceId: id, billingAccountId } as const
  await post(
    tx,
    { ...journal, ...source },
    entries.filter((entry) => !new Big(entry.amount).eq(0))
  )
}
