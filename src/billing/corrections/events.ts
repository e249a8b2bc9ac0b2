import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../../tmf/event.ts'
import { OWN_ROOT } from '../../tmf/representation.ts'
import { type Kind, readCorrections } from './list.ts'

export const CREDIT_NOTE_EVENTS = { created: 'CreditNoteCreateEvent' } as const
export const WRITE_OFF_EVENTS = { created: 'WriteOffCreateEvent', stateChanged: 'WriteOffStateChangeEvent' } as const
export const REFUND_EVENTS = { created: 'RefundCreateEvent' } as const
export const CANCEL_AND_REBILL_EVENTS = {
  created: 'CancelAndRebillCreateEvent',
  stateChanged: 'CancelAndRebillStateChangeEvent'
} as const

export const ADJUSTMENT_EVENTS = { created: 'AdjustmentCreateEvent' } as const

const TYPES: Readonly<Record<Kind, { readonly created: string; readonly stateChanged?: string }>> = {
  creditNote: CREDIT_NOTE_EVENTS,
  writeOff: WRITE_OFF_EVENTS,
  refund: REFUND_EVENTS,
  adjustment: ADJUSTMENT_EVENTS,
  cancelAndRebill: CANCEL_AND_REBILL_EVENTS
}

const ROOTS = { billing: OWN_BILLING, api: OWN_ROOT }

/** Records an event of each of these corrections of a kind. */
export async function recordCorrections(
  tx: Transaction,
  context: ChangeContext,
  kind: Kind,
  what: 'created' | 'stateChanged',
  ids: readonly string[],
  now: Instant
): Promise<void> {
  const source = { type: String(TYPES[kind][what]), path: kind, table: 'correction', owner: 'partner' } as const
  const documents = (await readCorrections(tx, context.author, kind, ids, ROOTS)).map(({ id, json }) => {
    return { id, document: json }
  })
  await recordDocuments(tx, context, source, documents, now)
}
