import type { Database, Transaction } from '../../db/database.ts'
import { computed, computedRow, count } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import type { SKIPS } from '../../messages/reason.ts'
import type { IssuingState } from '../../resources/customer-bill.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { BILL_COLUMNS, recordMoves } from '../issuing/bill-moves.ts'
import { issueExisting, stateOf } from '../issuing/issue-existing.ts'
import { requireReleasable } from '../review/release.ts'
import { inChunks, meantBy, requireEnded } from './run-bills.ts'

/** Selects bills of a run to move to a state, by a filter like a query; without one, all. */
export interface Release {
  readonly runId: string
  readonly state: IssuingState
  readonly filter?: string | undefined
}

/** Reasons of a selected bill that stays: on hold, already in the state or beyond it, or paid at least in part. */
export const LEAVES = ['onHold', 'released', 'paid'] as const satisfies readonly (keyof typeof SKIPS)[]

export interface Released {
  readonly released: number
  readonly skipped: readonly { readonly reason: (typeof LEAVES)[number]; readonly count: number }[]
}

/**
 * Releases bills of an ended run: issues new ones and, for `sent`, also moves validated ones. Throws `notFound` without
 * the run, `conflict` if it is running or dry, `invalidQuery` for a malformed filter, and what requireReleasable does.
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
  await requireReleasable(database, context.author, runId)
  const found = await countMeant(database, ofRun, state)
  const issue = (tx: Transaction, ids: readonly string[]) => issueExisting(tx, context, ids, state)
  const mayIssue = (tx: Transaction) => requireReleasable(tx, context.author, runId)
  const issued = await inChunks(database, sql`${ofRun} AND "state" = 'new'`, issue, mayIssue)
  const send = (tx: Transaction, ids: readonly string[]) => sendBills(tx, context, ids)
  const sent = state === 'sent' ? await inChunks(database, sql`${ofRun} AND "state" = 'validated'`, send) : 0
  return { released: issued + sent, skipped: leftAlone(found, issued + sent) }
}

interface Meant {
  readonly onHold: number
  readonly paid: number
  /** In the state already or beyond it. */
  readonly there: number
  readonly ready: number
}

async function countMeant(database: Database, ofRun: Sql, state: IssuingState): Promise<Meant> {
  const ready = state === 'sent' ? sql`"state" IN ('new', 'validated')` : sql`"state" = 'new'`
  const having = (bills: Sql) => computed(count, sql`count(*) FILTER (WHERE ${bills})`)
  const meant = computedRow({
    onHold: having(sql`"state" = 'onHold'`),
    paid: having(sql`"state" IN ('partiallyPaid', 'settled')`),
    there: having(sql`"state" IN ('validated', 'sent') AND NOT ${ready}`),
    ready: having(ready)
  })
  return meant.one(await database.run(sql`SELECT ${meant.columns} FROM "customer_bill" WHERE ${ofRun}`))
}

function leftAlone({ onHold, paid, there, ready }: Meant, moved: number): Released['skipped'] {
  const counts = { onHold, released: there + Math.max(ready - moved, 0), paid }
  return LEAVES.map((reason) => ({ reason, count: counts[reason] })).filter(({ count }) => count > 0)
}

async function sendBills(tx: Transaction, context: ChangeContext, ids: readonly string[]): Promise<readonly string[]> {
  const { tenantId } = context.author
  const now = context.clock()
  const { rows } =
    await tx.run(sql`UPDATE "customer_bill" b SET "state" = ${stateOf('sent')}, "version" = "version" + 1,
      "last_update" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${ids}::text[]) RETURNING ${BILL_COLUMNS}`)
  await recordMoves(tx, context, 'send', { before: new Map(ids.map((id) => [id, 'validated'])), after: rows }, now)
  return ids
}
