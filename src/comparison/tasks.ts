import type { Clock } from '../base/clock.ts'
import type { FurtherJobs } from '../billing/jobs.ts'
import type { Database, Transaction } from '../db/database.ts'
import { isDataRefused } from '../db/failure.ts'
import { boolean, computed, rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { isOutage } from '../jobs/outage.ts'
import { addJobs, hasNoJob } from '../jobs/queue.ts'
import type { Task } from '../jobs/runner.ts'
import { COMPARE, SOURCE, sourceOf } from './comparison.ts'
import { type Comparison, compare } from './compute.ts'
import { summarize } from './summary.ts'

export interface ComparisonContext {
  readonly database: Database
  readonly clock: Clock
}

type Name = Pick<Comparison, 'tenantId' | 'id'>

export function comparisonJobs(context: ComparisonContext): FurtherJobs {
  const task: Task = async ({ tenantId, comparisonId }, { isLast }) => {
    const name = { tenantId: String(tenantId), id: String(comparisonId) }
    await begin(context, name)
    await compute(context, name).catch((error: unknown) => fail(context, name, error, isLast))
  }
  return { tasks: new Map([[COMPARE, task]]), recover: () => recover(context) }
}

/** Asks again for comparisons whose processes died. One that is computed is locked. */
async function recover({ database }: ComparisonContext): Promise<void> {
  const key = sql`concat('comparison ', c."id")`
  await database.transaction((tx) =>
    addJobs(
      tx,
      COMPARE,
      sql`SELECT json_build_object('tenantId', c."tenant_id", 'comparisonId', c."id"), ${key} FROM "comparison" c
        WHERE c."state" IN ('queued', 'running') AND ${hasNoJob(key)} FOR UPDATE OF c SKIP LOCKED`
    )
  )
}

async function begin({ database, clock }: ComparisonContext, { tenantId, id }: Name): Promise<void> {
  await database.run(sql`UPDATE "comparison" SET "state" = 'running', "started_at" = ${clock()},
      "version" = "version" + 1
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'queued'`)
}

const CLAIMED = rowOf(
  'comparison',
  { id: text, ...SOURCE, billRunId: text, isDry: computed(boolean, sql`r."is_dry"`) },
  'c'
)

/** Computes a comparison in one transaction: all of its results are there, or none. Leaves one that is locked. */
async function compute({ database, clock }: ComparisonContext, name: Name): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.takeTime()
    const comparison = await claim(tx, name)
    if (!comparison) return
    await compare(tx, comparison)
    await summarize(tx, comparison, clock())
  })
}

async function claim(tx: Transaction, { tenantId, id }: Name): Promise<Comparison | undefined> {
  const { rows } = await tx.run(sql`SELECT ${CLAIMED.columns}
    FROM "comparison" c JOIN "bill_run" r ON r."tenant_id" = c."tenant_id" AND r."id" = c."bill_run_id"
    WHERE c."tenant_id" = ${tenantId} AND c."id" = ${id} AND c."state" = 'running' FOR UPDATE OF c SKIP LOCKED`)
  const [claimed] = rows.map(CLAIMED.read)
  return claimed && { ...claimed, tenantId, source: sourceOf(claimed) }
}

/** A failure is tried again, and at last shown. Data that the database refuses stays the same: it is shown at once. */
async function fail({ database, clock }: ComparisonContext, { tenantId, id }: Name, error: unknown, isLast: boolean) {
  const isRefused = isDataRefused(error)
  if (isRefused || (isLast && !isOutage(error))) {
    const failure = isRefused ? `The database refuses it: ${error.message}` : GIVEN_UP
    await database.run(sql`UPDATE "comparison" SET "state" = 'failed', "failure" = ${failure},
        "finished_at" = ${clock()}, "version" = "version" + 1
      WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'running'`)
  }
  if (!isRefused) throw error
}

const GIVEN_UP = 'It failed after all attempts; the log says why. Start another.'
