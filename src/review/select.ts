import { BILL_COLUMNS, recordMoves } from '../billing/issuing/bill-moves.ts'
import { issueExisting } from '../billing/issuing/issue-existing.ts'
import type { Hold } from '../billing/review/judge.ts'
import { requireReleasable } from '../billing/review/release.ts'
import { type Discarded, discardSelected } from '../billing/runs/discard.ts'
import { inChunks, requireEnded } from '../billing/runs/run-bills.ts'
import type { Database, Queryable, Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import type { RunBillState } from '../resources/customer-bill.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { countHeld, type ReviewFilter, reviewsOf } from './list.ts'

/** Selects bills in review of a run: some of them, or all that a rule holds. */
export interface Selection {
  readonly runId: string
  readonly billIds?: readonly string[] | undefined
  readonly reason?: Hold | undefined
}

export interface ReleasedHeld {
  readonly released: number
  /** Selected bills that were no longer in review. */
  readonly skipped: number
}

/**
 * Releases selected bills of an ended run from their review, as `new` for its ordinary release, or issues them.
 * Throws `notFound` without the run, `conflict` if it is running or dry, and what requireReleasable does for an issue.
 */
export async function releaseHeld(
  database: Database,
  context: ChangeContext,
  selection: Selection,
  state: RunBillState
): Promise<ReleasedHeld> {
  const { tenantId } = context.author
  const { runId } = selection
  await requireEnded(database, tenantId, runId, 'released')
  const mayRelease = async (queryable: Queryable) => {
    if (state !== 'new') await requireReleasable(queryable, context.author, runId)
  }
  await mayRelease(database)
  const selected = await countSelected(database, tenantId, selection)
  const release = (tx: Transaction, ids: readonly string[]) =>
    state === 'new' ? makeNew(tx, context, ids) : issueExisting(tx, context, ids, state)
  const released = await inChunks(database, inReview(tenantId, selection), release, mayRelease)
  return { released, skipped: Math.max(selected - released, 0) }
}

/**
 * Takes selected bills of an ended run back, as `discardBills` does. Throws `notFound` without the run, and `conflict`
 * if it is running, starts again meanwhile or is dry.
 */
export async function discardHeld(
  database: Database,
  context: ChangeContext,
  selection: Selection
): Promise<Discarded> {
  const { tenantId } = context.author
  const selected = await countSelected(database, tenantId, selection)
  const { discarded } = await discardSelected(database, context, selection.runId, inReview(tenantId, selection))
  return { discarded, skipped: Math.max(selected - discarded, 0) }
}

function filterOf(tenantId: string, { runId, billIds, reason }: Selection): ReviewFilter {
  return { tenantId, runId, billIds, reasons: reason && [reason] }
}

async function countSelected(database: Database, tenantId: string, selection: Selection): Promise<number> {
  return selection.billIds ? new Set(selection.billIds).size : countHeld(database, filterOf(tenantId, selection))
}

/** A condition on "customer_bill" without other tables. */
function inReview(tenantId: string, selection: Selection): Sql {
  return sql`"tenant_id" = ${tenantId} AND "bill_run_id" = ${selection.runId} AND "state" = 'onHold'
    AND "issued_as" IS NULL AND "id" IN (SELECT v."bill_id" FROM ${reviewsOf(filterOf(tenantId, selection))})`
}

/** The bills are locked. */
async function makeNew(tx: Transaction, context: ChangeContext, ids: readonly string[]): Promise<readonly string[]> {
  const now = context.clock()
  const { rows: after } = await tx.run(sql`UPDATE "customer_bill" SET "state" = 'new', "hold_reason" = NULL,
      "version" = "version" + 1, "last_update" = ${now}
    WHERE "tenant_id" = ${context.author.tenantId} AND "id" = ANY(${ids}::text[]) RETURNING ${BILL_COLUMNS}`)
  const before = new Map(ids.map((id) => [id, 'onHold']))
  await recordMoves(tx, context, 'release', { before, after }, now)
  return ids
}
