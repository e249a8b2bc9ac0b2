import type { Queryable, Transaction } from '../db/database.ts'
import { computedRow, count, decimal, optional, scalar, scalars, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'

export interface Job {
  readonly task: string
  readonly payload: Readonly<Record<string, string | number | null>>
  /** A waiting job with the same key is replaced, so that asking again does no harm. */
  readonly key: string
}

/** Tries before a job is given up; graphile-worker waits e^attempt s between them. */
export const ATTEMPTS_MAX = 6

/** Priority of jobs that come in thousands; jobs that somebody waits for come first. */
export const IN_BULK = 10

/** A job taken longer ago but not begun belongs to a dead process. */
const TAKEN_LIMIT = sql`interval '3 seconds'`

export async function addJob(tx: Transaction, { task, payload, key }: Job): Promise<void> {
  await tx.run(prepared`SELECT graphile_worker.add_job(${task}, payload := ${JSON.stringify(payload)}::json,
      max_attempts := ${ATTEMPTS_MAX}, job_key := ${key})`)
}

/** Adds a job for each row of a statement with the columns payload (json) and key. */
export async function addJobs(tx: Transaction, task: string, payloadsAndKeys: Sql, priority = 0): Promise<void> {
  await tx.run(sql`SELECT graphile_worker.add_job(${task}, payload := j."payload", max_attempts := ${ATTEMPTS_MAX},
      job_key := j."key", priority := ${priority}::int)
    FROM (${payloadsAndKeys}) j("payload", "key")`)
}

/**
 * Returns a condition: no job under the key waits or was just taken. A job taken longer ago may be under way; the
 * caller must know by a lock on the job's object.
 */
export function hasNoJob(key: Sql): Sql {
  return sql`NOT EXISTS (SELECT FROM graphile_worker.jobs j WHERE j.key = ${key}
    AND CASE WHEN j.locked_at IS NULL THEN j.attempts < j.max_attempts ELSE j.locked_at > now() - ${TAKEN_LIMIT} END)`
}

export async function nextJob(database: Queryable, tasks: readonly string[]): Promise<string | undefined> {
  const next = await database.run(sql`SELECT j.id FROM graphile_worker.jobs j
    WHERE j.task_identifier = ANY (${tasks}::text[]) AND ${IS_READY} ORDER BY j.priority, j.run_at, j.id LIMIT 1`)
  return scalar(next, optional(text))
}

const IS_READY = sql`j.locked_at IS NULL AND j.attempts < j.max_attempts AND j.run_at <= now()`

const FIGURES = computedRow({ queued: count, seconds: decimal })

export async function queueFigures(
  database: Queryable
): Promise<{ readonly queued: number; readonly oldestReadySeconds: number }> {
  const found = await database.run(sql`SELECT ${FIGURES.columns} FROM (SELECT count(*) AS "queued",
      coalesce(extract(epoch FROM now() - min(j.run_at) FILTER (WHERE ${IS_READY})), 0) AS "seconds"
    FROM graphile_worker.jobs j WHERE j.locked_at IS NULL AND j.attempts < j.max_attempts) f`)
  const { queued, seconds } = FIGURES.one(found)
  return { queued, oldestReadySeconds: Number(seconds) }
}

/**
 * Runners renew the locks of jobs under way. A job whose lock is older belongs to a dead process or a replaced runner.
 */
const LOCK_LIMIT = sql`interval '40 seconds'`
const GIVEN_UP_KEPT = sql`interval '1 day'`

/** A lock is renewed at this age: it must always look older than one just taken. */
const RENEWAL = sql`interval '10 seconds'`

export async function renewLocks(database: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await database.run(sql`UPDATE graphile_worker._private_jobs SET locked_at = now()
    WHERE id = ANY (${ids}::bigint[]) AND locked_at < now() - ${RENEWAL}`)
}

/** Returns the jobs, assumed under way, that were asked for again: no transaction locks their objects. */
export async function lostJobs(database: Queryable, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const lost = await database.run(sql`SELECT j.id FROM graphile_worker.jobs j
    WHERE j.id = ANY (${ids}::bigint[]) AND j.key IS NULL AND j.attempts >= j.max_attempts`)
  return scalars(lost, text)
}

/**
 * Frees the jobs of dead runners and removes those that nobody will do. A job that runs all the same finds nothing left
 * to do.
 */
export async function releaseJobs(database: Queryable): Promise<void> {
  await database.run(sql`UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL
    WHERE locked_at < now() - ${LOCK_LIMIT}`)
  // Without a key: it was asked for again, as a job of its own.
  await database.run(sql`DELETE FROM graphile_worker._private_jobs WHERE locked_at IS NULL AND attempts >= max_attempts
    AND (key IS NULL OR run_at < now() - ${GIVEN_UP_KEPT})`)
}
