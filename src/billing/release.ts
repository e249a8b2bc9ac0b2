import type { Database, Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { ChangeContext } from '../tmf/resource.ts'
import { BILL_COLUMNS, recordMoves } from './bill-moves.ts'
import { type IssuedState, issueExisting } from './issue-existing.ts'
import { inChunks, meantBy, requireEnded } from './run-bills.ts'

/** Which bills of a run go to which state; all of them without a filter, which is written like a query of the API. */
export interface Release {
  readonly runId: string
  readonly state: IssuedState
  readonly filter: string | undefined
}

/** How many bills of those that were meant went to the state; the others were there, held or paid already. */
export interface Released {
  readonly released: number
  readonly skipped: number
}

/**
 * Releases bills of a run that has ended: new ones are issued, and to `sent` go validated ones, too. Throws `notFound`
 * without the run, `conflict` while it goes on or when it was dry, and `invalidQuery` for a filter that is none.
 */
export async function releaseBills(
  database: Database,
  context: ChangeContext,
  { runId, state, filter = '' }: Release
): Promise<Released> {
  const meant = meantBy(filter)
  const { tenantId } = context.author
  const ofRun = sql`"tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND ${meant}`
  await requireEnded(database, tenantId, runId, 'released')
  const { rows } = await database.run(sql`SELECT count(*) FROM "customer_bill" WHERE ${ofRun}`)
  const issue = (tx: Transaction, ids: readonly string[]) => issueExisting(tx, context, ids, state)
  const issued = await inChunks(database, sql`${ofRun} AND "state" = 'new'`, issue)
  const send = (tx: Transaction, ids: readonly string[]) => sendBills(tx, context, ids)
  const sent = state === 'sent' ? await inChunks(database, sql`${ofRun} AND "state" = 'validated'`, send) : 0
  return { released: issued + sent, skipped: Math.max(Number(rows[0]?.[0]) - issued - sent, 0) }
}

/** Bills that are issued already have their numbers and their journals: nothing else changes. */
async function sendBills(tx: Transaction, context: ChangeContext, ids: readonly string[]): Promise<readonly string[]> {
  const { tenantId } = context.author
  const now = context.clock()
  const { rows } = await tx.run(sql`UPDATE "customer_bill" SET "state" = 'sent', "version" = "version" + 1,
      "last_update" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${ids}::text[]) RETURNING ${BILL_COLUMNS}`)
  await recordMoves(tx, context, 'send', { before: new Map(ids.map((id) => [id, 'validated'])), after: rows }, now)
  return ids
}
