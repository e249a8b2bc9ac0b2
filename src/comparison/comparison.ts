import { recordChange } from '../audit/record.ts'
import type { Transaction } from '../db/database.ts'
import { oneOf, rowOf } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { addJob } from '../jobs/queue.ts'
import { BODIES } from '../messages/body.ts'
import { COMPARISONS } from '../messages/comparison.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'

export const STATES = ['queued', 'running', 'done', 'failed'] as const

export const STATUSES = ['equal', 'differs', 'onlyHere', 'onlyThere'] as const

/** In what the bills of an account differ. */
const DIFFERENCES = ['amount', 'tax', 'lines', 'dueDate'] as const
/** Why the run has no bill of an account. */
const ABSENCES = ['unknownAccount', 'parked', 'notBilled'] as const
export const REASONS = [...DIFFERENCES, ...ABSENCES] as const

/** Parts that a side may not know; then they are not compared. */
export const OPTIONAL_PARTS = ['tax', 'lines', 'dueDate'] as const

export const COMPARE = 'comparison'

export interface Wanted {
  /** The cycle of the bills of other systems. */
  readonly billCycleId: string
  /** A run that is done, dry or not. */
  readonly billRunId: string
  /** Currency -> the largest difference that counts as equal, as decimal text; 0 by default. */
  readonly tolerance: Readonly<Record<string, string>>
}

/**
 * Stores a comparison for a job to compute. Returns its id. Throws `invalidField` without the cycle or the run, and
 * `conflict` for a run that is not done.
 */
export async function startComparison(tx: Transaction, context: ChangeContext, wanted: Wanted): Promise<string> {
  const { tenantId } = context.author
  const { billCycleId, billRunId, tolerance } = wanted
  const cycle = await tx.run(sql`SELECT FROM "bill_cycle" WHERE "tenant_id" = ${tenantId} AND "id" = ${billCycleId}
    FOR KEY SHARE`)
  if (cycle.rowCount === 0) throw BODIES.unknownReference('$.billCycle.id', 'billCycle')
  await requireDone(tx, tenantId, billRunId)
  const [id, now] = [context.newId(), context.clock()]
  await tx.run(sql`INSERT INTO "comparison" ("tenant_id", "id", "created_at", "bill_cycle_id", "bill_run_id",
      "tolerance", "state")
    VALUES (${tenantId}, ${id}, ${now}, ${billCycleId}, ${billRunId}, ${JSON.stringify(tolerance)}, 'queued')`)
  await addJob(tx, { task: COMPARE, payload: { tenantId, comparisonId: id }, key: `comparison ${id}` })
  const after = { billCycle: { id: billCycleId }, billRun: { id: billRunId }, tolerance }
  await record(tx, context, { action: 'create', id, after })
  return id
}

const RUN = rowOf('bill_run', { state: oneOf(['queued', 'running', 'done', 'cancelled', 'failed']) })

async function requireDone(tx: Transaction, tenantId: string, id: string): Promise<void> {
  const found = await tx.run(sql`SELECT ${RUN.columns} FROM "bill_run"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} FOR KEY SHARE`)
  const [run] = found.rows.map(RUN.read)
  if (!run) throw BODIES.unknownReference('$.billRun.id', 'billRun')
  if (run.state !== 'done') throw COMPARISONS.runNotDone(run.state)
}

const STATE = rowOf('comparison', { state: oneOf(STATES) })

/** Removes a comparison with its results. Throws `notFound`, and `conflict` while it is computed. */
export async function removeComparison(tx: Transaction, context: ChangeContext, id: string): Promise<void> {
  const { tenantId } = context.author
  const own = sql`"comparison" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`
  const [found] = (await tx.run(sql`SELECT ${STATE.columns} FROM ${own}`)).rows.map(STATE.read)
  if (!found) throw RESOURCES.notFound('comparison')
  // Before the lock, which the job holds as long as it computes.
  if (found.state === 'running') throw COMPARISONS.underWay()
  const { rowCount } = await tx.run(sql`DELETE FROM ${own}`)
  if (rowCount === 0) throw RESOURCES.notFound('comparison')
  await record(tx, context, { action: 'remove', id })
}

interface Recorded {
  readonly action: 'create' | 'remove'
  readonly id: string
  readonly after?: object
}

function record(tx: Transaction, context: ChangeContext, { action, id, after }: Recorded) {
  const change = { action, resourceType: 'Comparison', resourceId: id, after }
  return recordChange(tx, context, change, context.clock())
}
