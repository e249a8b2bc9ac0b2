import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocument } from '../../tmf/event.ts'
import { OWN_ROOT } from '../../tmf/representation.ts'
import { readPayment } from './list.ts'

export const PAYMENT_EVENTS = { created: 'PaymentCreateEvent', reversed: 'PaymentReversedEvent' } as const

const ROOTS = { payments: `${OWN_BILLING}/payment`, api: OWN_ROOT }

/** Records an event of a payment, when its allocations are written. */
export async function recordPayment(
  tx: Transaction,
  context: ChangeContext,
  what: keyof typeof PAYMENT_EVENTS,
  id: string,
  now: Instant
): Promise<void> {
  const { json: document } = await readPayment(tx, context.author, id, ROOTS)
  const source = { type: PAYMENT_EVENTS[what], path: 'payment', table: 'payment', owner: 'partner' } as const
  await recordDocument(tx, context, source, { id, document }, now)
}
