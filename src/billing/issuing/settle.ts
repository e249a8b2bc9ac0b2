import type { Transaction } from '../../db/database.ts'
import { rowOf, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { IN_LEDGER } from '../../ledger/foreign-bills.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { BILL_COLUMNS, recordMoves } from './bill-moves.ts'

/** Selects issued bills with nothing left to pay, as a condition on "customer_bill" without other tables. */
export const NOTHING_LEFT: Sql = sql`"state" IN ('validated', 'sent') AND "remaining_amount_value" = 0`

/**
 * Settles those of the bills, a condition on "customer_bill" under the name `b`, that are issued, in the ledger and
 * have nothing left to pay: no payment would. Returns their ids. Bills on hold stay.
 */
export async function settleWithNothingLeft(
  tx: Transaction,
  context: ChangeContext,
  bills: Sql
): Promise<readonly string[]> {
  const { tenantId } = context.author
  const found = await tx.run(prepared`SELECT ${UNSETTLED.columns} FROM "customer_bill" b WHERE "tenant_id" = ${tenantId}
      AND ${NOTHING_LEFT} AND ("rounding_amount" IS NOT NULL OR ${IN_LEDGER}) AND ${bills} FOR UPDATE`)
  const before = new Map(found.rows.map(UNSETTLED.read).map(({ id, state }) => [id, state]))
  if (before.size === 0) return []
  const [ids, now] = [[...before.keys()], context.clock()]
  const { rows: after } =
    await tx.run(prepared`UPDATE "customer_bill" SET "state" = 'settled', "version" = "version" + 1,
        "last_update" = ${now}
      WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${ids}::text[]) RETURNING ${BILL_COLUMNS}`)
  await recordMoves(tx, context, 'issue', { before, after }, now)
  return ids
}

const UNSETTLED = rowOf('customer_bill', { id: text, state: text }, 'b')
