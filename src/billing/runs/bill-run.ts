import { type Action, recordChange } from '../../audit/record.ts'
import type { Transaction } from '../../db/database.ts'
import { constraintName } from '../../db/failure.ts'
import { boolean, computed, oneOf, optional, rowOf, text } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { addJob } from '../../jobs/queue.ts'
import { BODIES } from '../../messages/body.ts'
import { RESOURCES } from '../../messages/resource.ts'
import { RUNS } from '../../messages/run.ts'
import type { RunBillState } from '../../resources/customer-bill.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { requirementsOf } from '../review/release.ts'
import { recordRun } from './events.ts'
import { RUN_STATES, type RunState } from './run.ts'
import { runDates } from './run-dates.ts'

export const START_RUN = 'billRunStart'
export const BILL_CHUNK = 'billRunChunk'

/**
 * Starts a run of a cycle. Throws `invalidField` without the cycle, and `conflict` if it is running, was run, has a run
 * that can be resumed, its specification has no active postpaid account, or its bills may not be issued at once;
 * `unprocessable` if the dates of the cycle make no sense.
 */
export async function startRun(
  tx: Transaction,
  context: ChangeContext,
  { billCycleId, isDry, billState }: { billCycleId: string; isDry: boolean; billState: RunBillState }
): Promise<string> {
  const { tenantId } = context.author
  await requireRunnable(tx, tenantId, billCycleId, isDry)
  if (!isDry && billState !== 'new') await requireFree(tx, tenantId)
  const dates = await runDates(tx, tenantId, billCycleId)
  const [id, now] = [context.newId(), context.clock()]
  await tx
    .run(sql`INSERT INTO "bill_run" ("tenant_id", "id", "bill_cycle_id", "is_dry", "bill_state", "state", "created_at",
        "dates", "author", "review_rules")
      SELECT ${tenantId}, ${id}, ${billCycleId}, ${isDry}, ${billState}, 'queued', ${now}, ${JSON.stringify(dates)},
        ${JSON.stringify(context.author)}, CASE WHEN NOT ${isDry} THEN t."review_rules" END
      FROM "tenant" t WHERE t."id" = ${tenantId}`)
    .catch((error: unknown) => {
      if (constraintName(error) !== 'bill_run_one_at_a_time') throw error
      throw RUNS.underWay()
    })
  await addJob(tx, { task: START_RUN, payload: { tenantId, runId: id }, key: `run ${id}` })
  await record(tx, context, id, 'create', { billCycle: { id: billCycleId }, dryRun: isDry, billState })
  await recordRun(tx, context, 'created', id)
  return id
}

const RUNNABLE = rowOf(
  'bill_cycle',
  {
    billCycleSpecificationId: optional(text),
    hasAccounts: computed(
      boolean,
      sql`EXISTS (SELECT FROM "billing_account" a WHERE ${eligible(sql`c."bill_cycle_specification_id"`)}
        AND a."tenant_id" = c."tenant_id")`
    ),
    lastState: computed(
      optional(oneOf(RUN_STATES)),
      sql`(SELECT r."state" FROM "bill_run" r WHERE r."tenant_id" = c."tenant_id" AND r."bill_cycle_id" = c."id"
        AND NOT r."is_dry" ORDER BY r."id" DESC LIMIT 1)`
    )
  },
  'c'
)

async function requireRunnable(tx: Transaction, tenantId: string, billCycleId: string, isDry: boolean): Promise<void> {
  const cycle = sql`"bill_cycle" c WHERE c."tenant_id" = ${tenantId} AND c."id" = ${billCycleId}`
  // Decides by a separate statement: one that waits for a lock sees the state before its wait.
  await tx.run(sql`SELECT FROM ${cycle} FOR UPDATE`)
  const { rows } = await tx.run(sql`SELECT ${RUNNABLE.columns} FROM ${cycle}`)
  const [found] = rows.map(RUNNABLE.read)
  if (!found) throw BODIES.unknownReference('$.billCycle.id', 'billCycle')
  const { billCycleSpecificationId: specification, hasAccounts, lastState } = found
  if (specification === undefined) throw RUNS.noSpecification()
  if (!hasAccounts) throw RUNS.noAccounts()
  if (!isDry) requireFirst(lastState)
}

function requireFirst(lastState: RunState | undefined): void {
  if (lastState === 'done') throw RUNS.closed()
  if (lastState === 'queued' || lastState === 'running') {
    throw RUNS.underWay()
  }
  if (lastState) throw RUNS.resume(lastState)
}

/** A run that issues its bills at once would release them without a review. */
async function requireFree(tx: Transaction, tenantId: string): Promise<void> {
  if ((await requirementsOf(tx, tenantId)).length > 0) throw RUNS.releasedLater()
}

/** Selects the accounts that a run bills, as a condition on "billing_account" under the name `a`. */
export function eligible(specificationId: Sql): Sql {
  return sql`a."bill_cycle_specification_id" = ${specificationId} AND a."status" = 'ACTIVE'
    AND a."billing_type" = 'postpaid'`
}

export async function cancelRun(tx: Transaction, context: ChangeContext, id: string): Promise<void> {
  const cancelled = sql`"state" = 'cancelled', "finished_at" = ${context.clock()}`
  await move(tx, context, id, 'cancel', ['queued', 'running'], cancelled)
}

export async function resumeRun(tx: Transaction, context: ChangeContext, id: string): Promise<void> {
  const queued = sql`"state" = 'queued', "finished_at" = NULL, "failure" = NULL`
  await move(tx, context, id, 'resume', ['cancelled', 'failed'], queued)
  await addJob(tx, { task: START_RUN, payload: { tenantId: context.author.tenantId, runId: id }, key: `run ${id}` })
}

export async function retryRun(tx: Transaction, context: ChangeContext, id: string): Promise<void> {
  const { tenantId } = context.author
  await move(tx, context, id, 'retry', ['done'], sql`"state" = 'queued', "finished_at" = NULL`)
  await tx.run(sql`UPDATE "bill_run_parked" SET "retry" = 0
    WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${id}`)
  await addJob(tx, { task: START_RUN, payload: { tenantId, runId: id }, key: `run ${id}` })
}

const STATE = rowOf('bill_run', { state: oneOf(RUN_STATES) })

async function move(
  tx: Transaction,
  context: ChangeContext,
  id: string,
  action: Action,
  from: readonly RunState[],
  change: Sql
): Promise<void> {
  const { tenantId } = context.author
  const { rows } =
    await tx.run(sql`SELECT ${STATE.columns} FROM "bill_run" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}
    FOR UPDATE`)
  const [run] = rows.map(STATE.read)
  if (!run) throw RESOURCES.notFound('billRun')
  const { state } = run
  if (!from.includes(state)) {
    throw RUNS.wrongState(state, action, from.join(' or '))
  }
  await tx.run(sql`UPDATE "bill_run" SET ${change}, "version" = "version" + 1
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  await record(tx, context, id, action, undefined)
  await recordRun(tx, context, 'stateChanged', id)
}

function record(tx: Transaction, context: ChangeContext, id: string, action: Action, after: object | undefined) {
  const change = { action, resourceType: 'BillRun', resourceId: id, after }
  return recordChange(tx, context, change, context.clock())
}
