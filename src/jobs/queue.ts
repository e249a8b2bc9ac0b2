import type { Queryable, Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'

/** What a worker of any process is to do, once the transaction that asks for it is committed. */
export interface Job {
  /** Name of the task; see runner.ts. */
  readonly task: string
  readonly payload: Readonly<Record<string, string | number | null>>
  /** A job that waits under the same key is replaced, so that asking again does no harm. */
  readonly key: string
}

/** How often a job is tried before it is given up; the waits between grow, as graphile-worker has it: e^attempt s. */
export const ATTEMPTS_MAX = 6

/** Jobs that come in thousands; whatever somebody waits for comes before them. */
export const IN_BULK = 10

/** What was taken so long ago and is not begun yet, was taken by a process that is dead. */
const TAKEN_LIMIT = sql`interval '3 seconds'`

/** Adds a job in the transaction of what it belongs to. */
export async function addJob(tx: Transaction, { task, payload, key }: Job): Promise<void> {
  await tx.run(
    sql`SELECT graphile_worker.add_job(${task}, payload := ${JSON.stringify(payload)}::json,
      max_attempts := ${ATTEMPTS_MAX}, job_key := ${key})`,
    { prepared: true }
  )
}

/** Adds a job for every row of a statement whose columns are its payload (json) and its key. */
export async function addJobs(tx: Transaction, task: string, payloadsAndKeys: Sql, priority = 0): Promise<void> {
  await tx.run(sql`SELECT graphile_worker.add_job(${task}, payload := j."payload", max_attempts := ${ATTEMPTS_MAX},
      job_key := j."key", priority := ${priority}::int)
    FROM (${payloadsAndKeys}) j("payload", "key")`)
}

/**
 * Whether nothing waits under a key, as a condition: no job that will be tried, nor one that was just taken. A job that
 * was taken longer ago may be under way, which whoever asks must know by a lock of what it works on.
 */
export function hasNoJob(key: Sql): Sql {
  return sql`NOT EXISTS (SELECT FROM graphile_worker.jobs j WHERE j.key = ${key}
    AND CASE WHEN j.locked_at IS NULL THEN j.attempts < j.max_attempts ELSE j.locked_at > now() - ${TAKEN_LIMIT} END)`
}

/** The id of the job of these tasks that is to be taken next, where one could be taken at once. */
export async function nextJob(database: Queryable, tasks: readonly string[]): Promise<string | undefined> {
  const { rows } = await database.run(sql`SELECT j.id FROM graphile_worker.jobs j
    WHERE j.task_identifier = ANY (${tasks}::text[]) AND ${IS_READY} ORDER BY j.priority, j.run_at, j.id LIMIT 1`)
  return rows[0]?.[0] ?? undefined
}

const IS_READY = sql`j.locked_at IS NULL AND j.attempts < j.max_attempts AND j.run_at <= now()`

/** Jobs that wait, and how long the oldest one does that could be taken. */
export async function queueFigures(
  database: Queryable
): Promise<{ readonly queued: number; readonly oldestReadySeconds: number }> {
  const { rows } = await database.run(sql`SELECT count(*),
      coalesce(extract(epoch FROM now() - min(j.run_at) FILTER (WHERE ${IS_READY})), 0)
    FROM graphile_worker.jobs j WHERE j.locked_at IS NULL AND j.attempts < j.max_attempts`)
  const [queued, oldest] = rows[0] ?? []
  return { queued: Number(queued), oldestReadySeconds: Number(oldest) }
}

/**
 * A job that is under way is locked by its runner, and whoever does it renews the lock. One that is not renewed for so
 * long belongs to a process that was killed or cut off, or to a runner that was replaced.
 */
const LOCK_LIMIT = sql`interval '30 seconds'`
/** What was given up is kept for a while, since it says why. */
const GIVEN_UP_KEPT = sql`interval '1 day'`

/** A lock is renewed once it is so old. Between renewals it must look older than one that was just taken. */
const RENEWAL = sql`interval '10 seconds'`

/** Renews the locks of jobs that are under way, by their ids. */
export async function renewLocks(database: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await database.run(sql`UPDATE graphile_worker._private_jobs SET locked_at = now()
    WHERE id = ANY (${ids}::bigint[]) AND locked_at < now() - ${RENEWAL}`)
}

/**
 * Which of these jobs, which are taken for under way, were asked for again: somebody found that no transaction holds
 * what they work on.
 */
export async function lostJobs(database: Queryable, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const { rows } = await database.run(sql`SELECT j.id FROM graphile_worker.jobs j
    WHERE j.id = ANY (${ids}::bigint[]) AND j.key IS NULL AND j.attempts >= j.max_attempts`)
  return rows.map(([id]) => String(id))
}

/**
 * Lets others take the jobs of whoever is dead, and removes what nobody will ever do. A job that is done all the same
 * finds nothing left to do.
 */
export async function releaseJobs(database: Queryable): Promise<void> {
  await database.run(sql`UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL
    WHERE locked_at < now() - ${LOCK_LIMIT}`)
  // Without a key: it was asked for again meanwhile, as a job of its own.
  await database.run(sql`DELETE FROM graphile_worker._private_jobs WHERE locked_at IS NULL AND attempts >= max_attempts
    AND (key IS NULL OR run_at < now() - ${GIVEN_UP_KEPT})`)
}
