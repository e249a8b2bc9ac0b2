import type { Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'

/** What a worker of any process is to do, once the transaction that asks for it is committed. */
export interface Job {
  /** Name of the task in worker.ts. */
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
