import type { Instant } from '../base/instant.ts'
import type { Transaction } from '../db/database.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../tmf/event.ts'
import { OWN_ROOT } from '../tmf/representation.ts'
import { APPROVAL_PATH, readApproval, writeApproval } from './approval-list.ts'

export const APPROVAL_EVENTS = {
  created: 'CorrectionApprovalCreateEvent',
  stateChanged: 'CorrectionApprovalStateChangeEvent'
} as const

const ROOTS = { billing: OWN_BILLING, api: OWN_ROOT }

/** Records an event of an approval, for the provider only. */
export async function recordApproval(
  tx: Transaction,
  context: ChangeContext,
  what: keyof typeof APPROVAL_EVENTS,
  id: string,
  now: Instant
): Promise<void> {
  const { tenantId } = context.author
  const { json: document } = writeApproval(await readApproval(tx, { tenantId, partnerId: undefined }, id), ROOTS)
  const stored = { path: APPROVAL_PATH, table: 'correction_approval', owner: 'tenant' } as const
  await recordDocuments(tx, context, { type: APPROVAL_EVENTS[what], ...stored }, [{ id, document }], now)
}
