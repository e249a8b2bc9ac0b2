import type { Instant } from '../base/instant.ts'
import type { Transaction } from '../db/database.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../tmf/event.ts'
import { OWN_ROOT } from '../tmf/representation.ts'
import { readCorrections } from './list.ts'

export const CREDIT_NOTE_EVENTS = { created: 'CreditNoteCreateEvent' } as const

const ROOTS = { billing: OWN_BILLING, api: OWN_ROOT }

/** Records the event of each new correction. */
export async function recordCorrections(
  tx: Transaction,
  context: ChangeContext,
  ids: readonly string[],
  now: Instant
): Promise<void> {
  const source = {
    type: CREDIT_NOTE_EVENTS.created,
    path: 'creditNote',
    table: 'correction',
    owner: 'partner'
  } as const
  const documents = (await readCorrections(tx, context.author, ids, ROOTS)).map(({ id, json }) => {
    return { id, document: json }
  })
  await recordDocuments(tx, context, source, documents, now)
}
