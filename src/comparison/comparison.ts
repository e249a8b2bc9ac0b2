import { recordChange } from '../audit/record.ts'
import type { Transaction } from '../db/database.ts'
import { boolean, computed, oneOf, optional, rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { addJob } from '../jobs/queue.ts'
import { BODIES } from '../messages/body.ts'
import { COMPARISONS } from '../messages/comparison.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { UPLOAD_STATES } from '../upload/states.ts'
import type { Source } from './sides.ts'

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

/** The columns of a source. */
export const SOURCE = { billCycleId: optional(text), uploadId: optional(text) } as const

export function sourceOf({ billCycleId, uploadId }: { [Name in keyof typeof SOURCE]: string | undefined }): Source {
  if (uploadId !== undefined) return { uploadId }
  if (billCycleId !== undefined) return { billCycleId }
  throw new Error('a comparison has no source')
}

export interface Wanted {
  readonly source: Source
  /** A run that is done, dry or not. */
  readonly billRunId: string
  /** Currency -> the largest difference that counts as equal, as decimal text; 0 by default. */
  readonly tolerance: Readonly<Record<string, string>>
}

/**
 * Stores a comparison for a job to compute. Returns its id. Throws `invalidField` without the source or the run, and
 * `conflict` for an upload or a run that is not done, or has nothing to compare.
 */
export async function startComparison(tx: Transaction, context: ChangeContext, wanted: Wanted): Promise<string> {
  const { tenantId } = context.author
  const { source, billRunId, tolerance } = wanted
  const [billCycleId, uploadId] = 'uploadId' in source ? [undefined, source.uploadId] : [source.billCycleId]
  if (billCycleId !== undefined) await requireCycle(tx, tenantId, billCycleId)
  if (uploadId !== undefined) await requireUpload(tx, tenantId, uploadId)
  await requireDone(tx, tenantId, billRunId)
  const [id, now] = [context.newId(), context.clock()]
  await tx.run(sql`INSERT INTO "comparison" ("tenant_id", "id", "created_at", "bill_cycle_id", "upload_id",
      "bill_run_id", "tolerance", "state")
    VALUES (${tenantId}, ${id}, ${now}, ${billCycleId}, ${uploadId}, ${billRunId}, ${JSON.stringify(tolerance)},
      'queued')`)
  await addJob(tx, { task: COMPARE, payload: { tenantId, comparisonId: id }, key: `comparison ${id}` })
  const after = { ...nameOf(source), billRun: { id: billRunId }, tolerance }
  await record(tx, context, { action: 'create', id, after })
  return id
}

/** Names a source as requests do. */
export function nameOf(source: Source): object {
  return 'uploadId' in source ? { upload: { id: source.uploadId } } : { billCycle: { id: source.billCycleId } }
}

async function requireCycle(tx: Transaction, tenantId: string, id: string): Promise<void> {
  const found = await tx.run(sql`SELECT FROM "bill_cycle" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}
    FOR KEY SHARE`)
  if (found.rowCount === 0) throw BODIES.unknownReference('$.billCycle.id', 'billCycle')
}

const UPLOAD = rowOf(
  'upload',
  {
    state: oneOf(UPLOAD_STATES),
    isDry: computed(boolean, sql`coalesce((u."options"->>'dryRun')::boolean, false)`),
    isKept: computed(
      boolean,
      sql`u."parts" = (SELECT count(p."results") FROM "upload_part" p
        WHERE p."tenant_id" = u."tenant_id" AND p."upload_id" = u."id")`
    )
  },
  'u'
)

/** Results of rows say which bills they made; they are kept for a time. */
async function requireUpload(tx: Transaction, tenantId: string, id: string): Promise<void> {
  const found = await tx.run(sql`SELECT ${UPLOAD.columns} FROM "upload" u
    WHERE u."tenant_id" = ${tenantId} AND u."id" = ${id} AND u."kind" = 'bill'`)
  const [upload] = found.rows.map(UPLOAD.read)
  if (!upload) throw BODIES.unknownReference('$.upload.id', 'billUpload')
  if (upload.state !== 'done') throw COMPARISONS.uploadNotDone(upload.state)
  if (upload.isDry) throw COMPARISONS.uploadDry()
  if (!upload.isKept) throw COMPARISONS.uploadForgotten()
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
