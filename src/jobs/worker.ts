import { Logger as JobLogger, type Runner, run, type TaskList } from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from 'pino'
import { jobSettings, openPool } from '../db/connection.ts'
import { ATTEMPTS_MAX } from './queue.ts'

/** What is done for a job. `isLast`: it will not be tried again when this throws. */
export type Task = (payload: Readonly<Record<string, unknown>>, attempt: { readonly isLast: boolean }) => Promise<void>

/** Works off jobs until it is stopped, which waits for those under way. */
export interface Worker {
  /** Whether it gave up by itself, because it lost the database for too long: another one is to be started. */
  hasEnded(): boolean
  stop(): Promise<void>
}

const CONCURRENCY = 2
const POLL_INTERVAL_MS = 1_000
/** One connection listens, the others take jobs and finish them; tasks work on the pool of the server. */
const CONNECTIONS = 3

/** Starts to work off jobs. */
export async function startWorker(
  url: string,
  tasks: ReadonlyMap<string, Task>,
  logger: Pick<Logger, 'warn'>
): Promise<Worker> {
  const { pool, close } = openPool(jobSettings(url), CONNECTIONS, (error) =>
    logger.warn({ err: error }, 'an idle connection of the jobs was lost')
  )
  const runner = await startRunner(pool, tasks, logger).catch(async (error: unknown) => {
    await close()
    throw error
  })
  let isOver = false
  const over = runner.promise
    .catch((error: unknown) => logger.warn({ err: error }, 'the jobs are no longer worked off'))
    .finally(() => {
      isOver = true
      return close()
    })
  return {
    hasEnded: () => isOver,
    stop: async () => {
      if (!isOver) await runner.stop()
      await over
    }
  }
}

function startRunner(pgPool: pg.Pool, tasks: ReadonlyMap<string, Task>, logger: Pick<Logger, 'warn'>): Promise<Runner> {
  const taskList: TaskList = Object.fromEntries(
    [...tasks].map(([name, task]) => [
      name,
      (payload, { job }) =>
        task(payload as Readonly<Record<string, unknown>>, {
          isLast: job.attempts >= Math.min(job.max_attempts, ATTEMPTS_MAX)
        })
    ])
  )
  return run({
    pgPool,
    concurrency: CONCURRENCY,
    pollInterval: POLL_INTERVAL_MS,
    noHandleSignals: true,
    taskList,
    // In batches, be it of one: what it could not say because the database was away, it says again.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: new JobLogger(() => (level, message) => {
      if (level === 'error' || level === 'warning') logger.warn(message)
    })
  })
}
