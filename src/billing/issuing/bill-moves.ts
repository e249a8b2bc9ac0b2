import { type Action, recordChanges } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import type { Row, Transaction } from '../../db/database.ts'
import { identifiers, type Sql } from '../../db/sql.ts'
import { customerBill } from '../../resources/customer-bill.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { recordEvents } from '../../tmf/event.ts'
import { readStored } from '../../tmf/representation.ts'

export const BILL_COLUMNS: Sql = identifiers(customerBill.columns)

/** Records changes of state in the audit and as events. `before` has the former states by id. */
export async function recordMoves(
  tx: Transaction,
  context: ChangeContext,
  action: Action,
  { before, after }: { readonly before: ReadonlyMap<string, string>; readonly after: readonly Row[] },
  now: Instant
): Promise<void> {
  if (after.length === 0) return
  const changes = after.map((row) => {
    const { id, document } = readStored(customerBill, row)
    const { state, billNo } = document
    return {
      action,
      resourceType: customerBill.type,
      resourceId: id,
      before: { state: before.get(id) },
      after: { state, billNo }
    }
  })
  await recordChanges(tx, context, changes, now)
  const ids = changes.map(({ resourceId }) => resourceId)
  await recordEvents(tx, context, customerBill, 'stateChanged', ids, now)
}
