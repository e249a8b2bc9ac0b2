import type { Transaction } from '../../db/database.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { IN_LEDGER } from '../../ledger/foreign-bills.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { BILL_COLUMNS, recordMoves } from './bill-moves.ts'

/** Whether an issued bill waits for nothing more, as a condition on "customer_bill" that needs no other table. */
export const NOTHING_LEFT: Sql = sql`"state" IN ('validated', 'sent') AND "remaining_amount_value" = 0`

/**
 * Settles those of the bills, a condition on "customer_bill" under the name `b`, that are issued and in the ledger and
 * have nothing left to pay: no payment would ever do it. Answers their ids. Held ones stay with whoever holds them.
 */
export async function settleWithNothingLeft(
  tx: Transaction,
  context: ChangeContext,
  bills: Sql
): Promise<readonly string[]> {
  const { tenantId } = context.author
  const now = context.clock()
  const { rows } = await tx.run(
    sql`UPDATE "customer_bill" b SET "state" = 'settled', "version" = "version" + 1, "last_update" = ${now}
      FROM (SELECT "id" AS "bill", "state" AS "before" FROM "customer_bill" b WHERE "tenant_id" = ${tenantId}
        AND ${NOTHING_LEFT} AND ("rounding_amount" IS NOT NULL OR ${IN_LEDGER}) AND ${bills} FOR UPDATE) x
      WHERE "tenant_id" = ${tenantId} AND "id" = x."bill" RETURNING x."before", ${BILL_COLUMNS}`,
    { prepared: true }
  )
  const after = rows.map(([, ...row]) => row)
  const before = new Map(rows.map(([state, id]) => [String(id), String(state)]))
  await recordMoves(tx, context, 'issue', { before, after }, now)
  return [...before.keys()]
}
