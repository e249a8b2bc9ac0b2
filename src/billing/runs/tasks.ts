import type { Transaction } from '../../db/database.ts'
import { isDataRefused } from '../../db/failure.ts'
import { computed, json, rowOf, text } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { isOutage } from '../../jobs/outage.ts'
import { addJobs, hasNoJob, IN_BULK } from '../../jobs/queue.ts'
import type { Task } from '../../jobs/runner.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { authorIn } from '../engine/author.ts'
import type { EngineContext } from '../engine/context.ts'
import { BILL_CHUNK, eligible, START_RUN } from './bill-run.ts'
import { billChunk, type ChunkName } from './chunk.ts'
import { recordRun } from './events.ts'
import { isolate } from './fault.ts'
import { RUN_DATES } from './run-dates.ts'

const UNKNOWN_SHOWN_MAX = 1_000

export function runTasks(context: EngineContext): ReadonlyMap<string, Task> {
  return new Map<string, Task>([
    [START_RUN, async ({ tenantId, runId }) => begin(context, String(tenantId), String(runId))],
    [
      BILL_CHUNK,
      async ({ tenantId, runId, number }, { isLast }) => {
        const chunk = { tenantId: String(tenantId), runId: String(runId), number: Number(number) }
        await billChunk(context, chunk).catch((error: unknown) => mend(context, chunk, error, isLast))
        await finish(context, chunk.tenantId, chunk.runId)
      }
    ]
  ])
}

export async function recoverRuns({ database }: EngineContext): Promise<void> {
  await database.transaction(async (tx) => {
    const key = sql`concat('run ', r."id")`
    await addJobs(
      tx,
      START_RUN,
      sql`SELECT json_build_object('tenantId', r."tenant_id", 'runId', r."id"), ${key} FROM "bill_run" r
        WHERE (r."state" = 'queued' OR r."state" = 'running' AND NOT EXISTS (SELECT FROM "bill_run_chunk" c
            WHERE c."tenant_id" = r."tenant_id" AND c."bill_run_id" = r."id" AND c."finished_at" IS NULL))
          AND ${hasNoJob(key)}
        FOR UPDATE OF r SKIP LOCKED`
    )
    await addChunks(tx, sql`TRUE`)
  })
}

async function addChunks(tx: Transaction, condition: Sql): Promise<void> {
  const key = sql`concat('run ', c."bill_run_id", ' chunk ', c."number")`
  await addJobs(
    tx,
    BILL_CHUNK,
    sql`SELECT json_build_object('tenantId', c."tenant_id", 'runId', c."bill_run_id", 'number', c."number"), ${key}
      FROM "bill_run" r JOIN "bill_run_chunk" c ON c."tenant_id" = r."tenant_id" AND c."bill_run_id" = r."id"
      WHERE r."state" = 'running' AND c."finished_at" IS NULL AND ${condition} AND ${hasNoJob(key)}
      FOR UPDATE OF c SKIP LOCKED`,
    IN_BULK
  )
}

const BEGUN = rowOf('bill_run', { dates: json(RUN_DATES), before: computed(text, sql`b."state"`) }, 'r')

async function begin(context: EngineContext, tenantId: string, runId: string): Promise<void> {
  await context.database.transaction(async (tx) => {
    await tx.takeTime()
    const { rows } = await tx.run(sql`UPDATE "bill_run" r SET "state" = 'running',
        "started_at" = coalesce(r."started_at", ${context.clock()}), "version" = r."version" + 1
      FROM (SELECT * FROM "bill_run" WHERE "tenant_id" = ${tenantId} AND "id" = ${runId} FOR UPDATE) b
      WHERE r."tenant_id" = b."tenant_id" AND r."id" = b."id" AND b."state" IN ('queued', 'running')
      RETURNING ${BEGUN.columns}`)
    const [run] = rows.map(BEGUN.read)
    if (!run) return
    await divide(tx, context, { tenantId, runId }, run.dates.specificationId)
    await divideRetry(tx, context, { tenantId, runId })
    await addChunks(tx, sql`r."tenant_id" = ${tenantId} AND r."id" = ${runId}`)
    if (run.before === 'queued') await recordRun(tx, changeBy(context, tenantId, runId), 'stateChanged', runId)
  })
  await finish(context, tenantId, runId)
}

async function divide(
  tx: Transaction,
  { chunkAccounts }: EngineContext,
  { tenantId, runId }: Omit<ChunkName, 'number'>,
  specificationId: string
): Promise<void> {
  const chunks = sql`SELECT FROM "bill_run_chunk" WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId}`
  await tx.run(sql`INSERT INTO "bill_run_chunk"
      ("tenant_id", "bill_run_id", "number", "first_account", "last_account", "eligible")
    SELECT ${tenantId}, ${runId}, "chunk", min("id"), max("id"), count(*)
    FROM (SELECT a."id", (row_number() OVER (ORDER BY a."id") - 1) / ${chunkAccounts}::bigint AS "chunk"
      FROM "billing_account" a WHERE a."tenant_id" = ${tenantId} AND ${eligible(sql`${specificationId}::text`)}
        AND NOT EXISTS (${chunks})) "account"
    GROUP BY "chunk"`)
}

/**
 * Makes chunks of the parked accounts that wait for a retry. They are none of the eligible: others counted them. Finds
 * the accounts by their places in the table, quickly even where the planner knows no numbers yet.
 */
async function divideRetry(
  tx: Transaction,
  { chunkAccounts }: EngineContext,
  { tenantId, runId }: Omit<ChunkName, 'number'>
): Promise<void> {
  const last = sql`SELECT max("number") FROM "bill_run_chunk"
    WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId}`
  await tx.run(sql`WITH "account" AS (
      SELECT p."billing_account_id" AS "id", p.ctid AS "place", ((${last})
        + (row_number() OVER (ORDER BY p."billing_account_id") - 1) / ${chunkAccounts}::bigint + 1)::int AS "chunk"
      FROM "bill_run_parked" p WHERE p."tenant_id" = ${tenantId} AND p."bill_run_id" = ${runId} AND p."retry" = 0),
    "given" AS (
      UPDATE "bill_run_parked" p SET "retry" = a."chunk" FROM "account" a
      WHERE p.ctid = a."place" AND p."tenant_id" = ${tenantId} AND p."bill_run_id" = ${runId})
    INSERT INTO "bill_run_chunk" ("tenant_id", "bill_run_id", "number", "first_account", "last_account", "eligible")
    SELECT ${tenantId}, ${runId}, "chunk", min("id"), max("id"), 0 FROM "account" GROUP BY "chunk"`)
}

/** Ends a run whose chunks are done, and counts rates of unknown accounts, which no run bills. */
async function finish(context: EngineContext, tenantId: string, runId: string): Promise<void> {
  const { database, clock } = context
  await database.transaction(async (tx) => {
    await tx.takeTime()
    const ended = await tx.run(sql`UPDATE "bill_run" r SET "state" = 'done', "version" = r."version" + 1,
        "finished_at" = ${clock()},
        "unknown_account_rates" = (SELECT coalesce(jsonb_object_agg("account", "count"), '{}') FROM (
          SELECT x."billing_account_id" AS "account", count(*) AS "count" FROM "applied_customer_billing_rate" x
          WHERE x."tenant_id" = ${tenantId} AND NOT x."is_billed" AND x."date" < (r."dates"->>'chargeDate')::timestamptz
            AND x."billing_account_id" IS NOT NULL AND NOT EXISTS (SELECT FROM "billing_account" a
              WHERE a."tenant_id" = x."tenant_id"
                AND a."id" IN (x."billing_account_id", x."partner_id" || ':' || x."billing_account_id")
                AND (x."partner_id" IS NULL OR x."partner_id" = a."partner_id"))
          GROUP BY 1 ORDER BY 1 LIMIT ${UNKNOWN_SHOWN_MAX}) u)
      WHERE r."tenant_id" = ${tenantId} AND r."id" = ${runId} AND r."state" = 'running' AND NOT EXISTS (
        SELECT FROM "bill_run_chunk" c WHERE c."tenant_id" = ${tenantId} AND c."bill_run_id" = ${runId}
          AND c."finished_at" IS NULL)`)
    if (ended.rowCount > 0) await recordRun(tx, changeBy(context, tenantId, runId), 'stateChanged', runId)
  })
}

/** A change that a run makes, as its events tell it. */
function changeBy({ clock, newId }: EngineContext, tenantId: string, runId: string): ChangeContext {
  return { author: authorIn(tenantId), clock, newId, correlationId: runId }
}

/**
 * Halves a chunk with refused data until the account at fault is alone and parked. Another failure is tried again, and
 * at last fails the run.
 */
async function mend(context: EngineContext, chunk: ChunkName, error: unknown, isLast: boolean): Promise<void> {
  const { database, clock } = context
  const { tenantId, runId, number } = chunk
  if (isDataRefused(error)) {
    await database.transaction((tx) => isolate(tx, chunk, error, clock()))
    return
  }
  if (isLast && !isOutage(error)) {
    const failure = `The chunk ${number} failed after all attempts; the log says why. Resume the run.`
    await database.transaction(async (tx) => {
      const { rowCount } = await tx.run(sql`UPDATE "bill_run" SET "state" = 'failed', "failure" = ${failure},
          "finished_at" = ${clock()}, "version" = "version" + 1
        WHERE "tenant_id" = ${tenantId} AND "id" = ${runId} AND "state" = 'running'`)
      if (rowCount > 0) await recordRun(tx, changeBy(context, tenantId, runId), 'stateChanged', runId)
    })
  }
  throw error
}
