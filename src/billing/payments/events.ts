import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../../tmf/event.ts'
import { OWN_ROOT } from '../../tmf/representation.ts'
import { readPayments } from './list.ts'

export const PAYMENT_EVENTS = { created: 'PaymentCreateEvent', reversed: 'PaymentReversedEvent' } as const

const ROOTS = { payments: `${OWN_BILLING}/payment`, api: OWN_ROOT }

/** Records an event of each payment, when their allocations are written. */
export async function recordPayments(
  tx: Transaction,
  context: ChangeContext,
  what: keyof typeof PAYMENT_EVENTS,
  ids: readonly string[],
  now: Instant
): Promise<void> {
  const source = { type: PAYMENT_EVENTS[what], path: 'payment', table: 'payment', owner: 'partner' } as const
  const read = await readPayments(tx, context.author, ids, ROOTS)
  const documents = ids.flatMap((id) => read.get(id) ?? []).map(({ id, json: document }) => ({ id, document }))
  await recordDocuments(tx, context, source, documents, now)
}
