import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../../tmf/event.ts'
import { OWN_ROOT } from '../../tmf/representation.ts'
import { readUnmatched } from './list.ts'

export const UNMATCHED_EVENTS = {
  created: 'UnmatchedPaymentCreateEvent',
  stateChanged: 'UnmatchedPaymentStateChangeEvent'
} as const

const ROOTS = { billing: OWN_BILLING, api: OWN_ROOT }

/** Records an event of each unmatched payment, as it is now. */
export async function recordUnmatched(
  tx: Transaction,
  context: ChangeContext,
  what: keyof typeof UNMATCHED_EVENTS,
  ids: readonly string[],
  now: Instant
): Promise<void> {
  const path = 'unmatchedPayment'
  const source = { type: UNMATCHED_EVENTS[what], path, table: 'unmatched_payment', owner: 'partner' } as const
  const documents = (await readUnmatched(tx, context.author, ids, ROOTS)).map(({ id, json }) => ({
    id,
    document: json
  }))
  await recordDocuments(tx, context, source, documents, now)
}
