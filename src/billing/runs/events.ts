import { present } from '../../base/unknown.ts'
import type { Transaction } from '../../db/database.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../../tmf/event.ts'
import { readRuns, writeRun } from './list.ts'

export const RUN_EVENTS = { created: 'BillRunCreateEvent', stateChanged: 'BillRunStateChangeEvent' } as const

/** Records an event of a run with its figures so far, after the change. The run is locked. */
export async function recordRun(
  tx: Transaction,
  context: ChangeContext,
  what: keyof typeof RUN_EVENTS,
  id: string
): Promise<void> {
  const { tenantId } = context.author
  const now = context.clock()
  const [found] = await readRuns(tx, tenantId, now, { id })
  const run = present(found, 'the run that changed')
  const source = { type: RUN_EVENTS[what], path: 'billRun', table: 'bill_run', owner: 'tenant' } as const
  const document = writeRun(run, `${OWN_BILLING}/billRun/${id}`)
  await recordDocuments(tx, context, source, [{ id, document }], now)
}
