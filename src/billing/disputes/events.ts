import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../../tmf/event.ts'
import { OWN_ROOT } from '../../tmf/representation.ts'
import { readDispute } from './list.ts'

export const DISPUTE_EVENTS = { created: 'DisputeCreateEvent', stateChanged: 'DisputeStateChangeEvent' } as const

const ROOTS = { billing: OWN_BILLING, api: OWN_ROOT }

/** Records an event of a dispute, which is locked. */
export async function recordDispute(
  tx: Transaction,
  context: ChangeContext,
  what: keyof typeof DISPUTE_EVENTS,
  id: string,
  now: Instant
): Promise<void> {
  const source = { type: DISPUTE_EVENTS[what], path: 'dispute', table: 'dispute', owner: 'partner' } as const
  const { json: document } = await readDispute(tx, { tenantId: context.author.tenantId }, id, ROOTS)
  await recordDocuments(tx, context, source, [{ id, document }], now)
}
