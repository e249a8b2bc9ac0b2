import type { Author } from '../audit/record.ts'
import { recordChange } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import { type Instant, instantFromPostgres } from '../base/instant.ts'
import { trimScale } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import { constraintName, type Queryable, type Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import { addJob } from '../jobs/queue.ts'
import { runDates } from './run-dates.ts'

export const BILL_STATES = ['new', 'validated', 'sent'] as const
export type BillState = (typeof BILL_STATES)[number]
export type RunState = 'queued' | 'running' | 'done' | 'cancelled' | 'failed'

/** A run of a cycle as it is served, but for its href. */
export interface BillRun {
  readonly id: string
  readonly state: RunState
  readonly billCycle: { readonly id: string }
  readonly dryRun: boolean
  readonly billState: BillState
  /** Accounts of the cycle's specification; billed, skipped and parked are all of them in the end. */
  readonly eligible: number
  readonly billed: number
  readonly skipped: readonly { readonly reason: string; readonly count: number }[]
  readonly parked: readonly { readonly billingAccount: { readonly id: string }; readonly reason: string }[]
  /** How many rates wait for a bill that name an account of another system: no run bills them. Told in the end. */
  readonly unknownAccountRates?: readonly { readonly billingAccount: { readonly id: string }; readonly count: number }[]
  /** Exact sums as JSON numbers, by currency. */
  readonly amount: readonly { readonly unit: string; readonly value: number }[]
  readonly billsPerSecond?: number
  readonly estimatedEnd?: Instant
  readonly startedAt?: Instant
  readonly finishedAt?: Instant
  readonly failure?: string
}

/** Who starts or steers a run, and when. */
export interface RunContext {
  readonly author: Author
  readonly clock: Clock
  readonly newId: () => string
}

/** Names of the tasks of a run. */
export const START_RUN = 'billRunStart'
export const BILL_CHUNK = 'billRunChunk'

/** So many parked accounts are shown with a run. */
const PARKED_SHOWN_MAX = 1_000

/**
 * Starts a run of a cycle. Throws `notFound` without the cycle, and `conflict` when it is being run, was run, has a run
 * that can be resumed, or follows a specification that no active postpaid account has;
 * `unprocessable` when the dates of the cycle make no sense.
 */
export async function startRun(
  tx: Transaction,
  context: RunContext,
  { billCycleId, isDry, billState }: { billCycleId: string; isDry: boolean; billState: BillState }
): Promise<string> {
  const { tenantId } = context.author
  const { rows } = await tx.run(sql`SELECT "bill_cycle_specification_id",
      EXISTS (SELECT FROM "billing_account" a WHERE ${eligible(sql`c."bill_cycle_specification_id"`)}
        AND a."tenant_id" = c."tenant_id"),
      (SELECT r."state" FROM "bill_run" r WHERE r."tenant_id" = c."tenant_id" AND r."bill_cycle_id" = c."id"
        AND NOT r."is_dry" ORDER BY r."id" DESC LIMIT 1)
    FROM "bill_cycle" c WHERE c."tenant_id" = ${tenantId} AND c."id" = ${billCycleId} FOR UPDATE OF c`)
  const [row] = rows
  if (!row) throw new Problem('invalidField', '$.billCycle.id names no billCycle of this service')
  const [specification, hasAccounts, lastState] = row
  if (specification === null) throw new Problem('conflict', 'This billCycle has no BillCycleSpecification to run')
  if (hasAccounts !== 't')
    throw new Problem('conflict', 'No active postpaid account follows the specification of this billCycle')
  if (!isDry) requireFirst(lastState)
  const dates = await runDates(tx, tenantId, billCycleId)
  const [id, now] = [context.newId(), context.clock()]
  await tx
    .run(sql`INSERT INTO "bill_run" ("tenant_id", "id", "bill_cycle_id", "is_dry", "bill_state", "state", "created_at",
        "dates", "author")
      VALUES (${tenantId}, ${id}, ${billCycleId}, ${isDry}, ${billState}, 'queued', ${now}, ${JSON.stringify(dates)},
        ${JSON.stringify(context.author)})`)
    .catch((error: unknown) => {
      if (constraintName(error) !== 'bill_run_one_at_a_time') throw error
      throw new Problem('conflict', 'This billCycle is being run already')
    })
  await addJob(tx, { task: START_RUN, payload: { tenantId, runId: id }, key: `run ${id}` })
  await record(tx, context, id, 'create', { billCycle: { id: billCycleId }, dryRun: isDry, billState })
  return id
}

function requireFirst(lastState: string | null | undefined): void {
  if (lastState === 'done') throw new Problem('conflict', 'This billCycle is closed: it was run to its end')
  if (lastState === 'queued' || lastState === 'running') {
    throw new Problem('conflict', 'This billCycle is being run already')
  }
  if (lastState) throw new Problem('conflict', `The last run of this billCycle is ${lastState}; resume it`)
}

/** The accounts that a run bills, as a condition on "billing_account" under the name `a`. */
export function eligible(specificationId: Sql): Sql {
  return sql`a."bill_cycle_specification_id" = ${specificationId} AND a."status" = 'ACTIVE'
    AND a."billing_type" = 'postpaid'`
}

/** Stops a run after the chunks under way; what is billed stays billed. */
export async function cancelRun(tx: Transaction, context: RunContext, id: string): Promise<void> {
  await move(
    tx,
    context,
    id,
    'cancel',
    ['queued', 'running'],
    sql`"state" = 'cancelled', "finished_at" = ${context.clock()}`
  )
}

/** Goes on with a run that was cancelled or failed, where it ended. */
export async function resumeRun(tx: Transaction, context: RunContext, id: string): Promise<void> {
  await move(
    tx,
    context,
    id,
    'resume',
    ['cancelled', 'failed'],
    sql`"state" = 'queued', "finished_at" = NULL, "failure" = NULL`
  )
  await addJob(tx, { task: START_RUN, payload: { tenantId: context.author.tenantId, runId: id }, key: `run ${id}` })
}

/** Bills the parked accounts of a run that is done, now that their causes may be mended. */
export async function retryRun(tx: Transaction, context: RunContext, id: string): Promise<void> {
  const { tenantId } = context.author
  await move(tx, context, id, 'retry', ['done'], sql`"state" = 'queued', "finished_at" = NULL`)
  await tx.run(sql`WITH "again" AS (
      DELETE FROM "bill_run_parked" WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${id} RETURNING
        "billing_account_id")
    INSERT INTO "bill_run_chunk" ("tenant_id", "bill_run_id", "number", "first_account", "last_account", "eligible")
    SELECT ${tenantId}, ${id}, (SELECT max("number") FROM "bill_run_chunk"
        WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${id}) + row_number() OVER (ORDER BY "billing_account_id"),
      "billing_account_id", "billing_account_id", 0
    FROM "again"`)
  await addJob(tx, { task: START_RUN, payload: { tenantId, runId: id }, key: `run ${id}` })
}

async function move(
  tx: Transaction,
  context: RunContext,
  id: string,
  action: string,
  from: readonly RunState[],
  change: Sql
): Promise<void> {
  const { tenantId } = context.author
  const { rows } = await tx.run(sql`SELECT "state" FROM "bill_run" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}
    FOR UPDATE`)
  const state = rows[0]?.[0]
  if (!state) throw new Problem('notFound', 'There is no billRun with this id')
  if (!from.includes(state as RunState)) {
    throw new Problem(
      'conflict',
      `A billRun that is ${state} cannot be told to ${action}; it must be ${from.join(' or ')}`
    )
  }
  await tx.run(sql`UPDATE "bill_run" SET ${change}, "version" = "version" + 1
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  await record(tx, context, id, action, undefined)
}

function record(tx: Transaction, context: RunContext, id: string, action: string, after: object | undefined) {
  const change = { action, resourceType: 'BillRun', resourceId: id, after }
  return recordChange(tx, context.author, change, { id: context.newId(), now: context.clock() })
}

/** Runs of a tenant, the newest first; one alone with `id`. */
export async function readRuns(
  queryable: Queryable,
  tenantId: string,
  now: Instant,
  { id, limit = 100, offset = 0 }: { id?: string; limit?: number; offset?: number } = {}
): Promise<readonly BillRun[]> {
  const which = id === undefined ? sql`TRUE` : sql`r."id" = ${id}`
  const { rows } = await queryable.run(sql`SELECT r."id", r."state", r."bill_cycle_id", r."is_dry", r."bill_state",
      r."failure", r."started_at", r."finished_at", c."eligible", c."billed", c."chunks", c."finished",
      (SELECT json_agg(json_build_object('reason', s."reason", 'count', s."count") ORDER BY s."reason") FROM (
        SELECT k."key" AS "reason", sum(k."value"::bigint) AS "count" FROM "bill_run_chunk" x,
          jsonb_each_text(x."skipped") k
        WHERE x."tenant_id" = r."tenant_id" AND x."bill_run_id" = r."id" GROUP BY 1) s),
      (SELECT json_object_agg(s."unit", s."value"::text) FROM (
        SELECT k."key" AS "unit", sum(k."value"::numeric) AS "value" FROM "bill_run_chunk" x,
          jsonb_each_text(x."amounts") k
        WHERE x."tenant_id" = r."tenant_id" AND x."bill_run_id" = r."id" GROUP BY 1) s),
      (SELECT json_agg(json_build_object('billingAccount', json_build_object('id', p."billing_account_id"),
          'reason', p."reason")) FROM (SELECT * FROM "bill_run_parked" q WHERE q."tenant_id" = r."tenant_id"
          AND q."bill_run_id" = r."id" ORDER BY q."billing_account_id" LIMIT ${PARKED_SHOWN_MAX}) p),
      (SELECT json_agg(json_build_object('billingAccount', json_build_object('id', u."key"), 'count', u."value"::bigint)
        ORDER BY u."key") FROM jsonb_each_text(r."unknown_account_rates") u)
    FROM "bill_run" r CROSS JOIN LATERAL (
      SELECT coalesce(sum(x."eligible"), 0) AS "eligible", coalesce(sum(x."billed"), 0) AS "billed",
        count(*) AS "chunks", count(x."finished_at") AS "finished"
      FROM "bill_run_chunk" x WHERE x."tenant_id" = r."tenant_id" AND x."bill_run_id" = r."id") c
    WHERE r."tenant_id" = ${tenantId} AND ${which} ORDER BY r."id" DESC LIMIT ${limit} OFFSET ${offset}`)
  return rows.map((row) => represent(row, now))
}

function represent(row: readonly (string | null)[], now: Instant): BillRun {
  const [id, state, billCycle, isDry, billState, failure, startedAt, finishedAt, eligibleCount, billed] = row
  const [chunks, finished, skipped, amounts, parked, unknown] = row.slice(10)
  const [from, to] = [startedAt, finishedAt].map((printed) => (printed ? instantFromPostgres(printed) : undefined))
  const amount = Object.entries(JSON.parse(amounts ?? '{}') as Record<string, string>)
  return {
    id: String(id),
    state: state as RunState,
    billCycle: { id: String(billCycle) },
    dryRun: isDry === 't',
    billState: billState as BillState,
    eligible: Number(eligibleCount),
    billed: Number(billed),
    skipped: JSON.parse(skipped ?? '[]'),
    parked: JSON.parse(parked ?? '[]'),
    ...(unknown && { unknownAccountRates: JSON.parse(unknown) }),
    amount: amount.map(([unit, value]) => ({ unit, value: Number(trimScale(value)) })),
    ...(from && { startedAt: from, ...speed(from, to ?? now, Number(billed), Number(chunks), Number(finished), !to) }),
    ...(to && { finishedAt: to }),
    ...(failure && { failure })
  }
}

function speed(from: Instant, to: Instant, billed: number, chunks: number, finished: number, isOpen: boolean) {
  const ms = Math.max(Date.parse(to) - Date.parse(from), 1)
  const billsPerSecond = Math.round((billed * 1_000) / ms)
  if (!isOpen || finished === 0) return { billsPerSecond }
  const end = Date.parse(from) + (ms * chunks) / finished
  return { billsPerSecond, estimatedEnd: new Date(end).toISOString() }
}
