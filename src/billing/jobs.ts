import type { Logger } from 'pino'
import { releaseJobs } from '../jobs/queue.ts'
import type { Task } from '../jobs/runner.ts'
import { type Supervisor, supervise } from '../jobs/supervisor.ts'
import { rateLimited } from '../jobs/warnings.ts'
import { within } from '../pace/within.ts'
import type { EngineContext } from './engine/context.ts'
import { onDemandTasks, recoverRequests } from './on-demand/on-demand.ts'
import { recoverRuns, runTasks } from './runs/tasks.ts'

/** Interval for checking on jobs and on the work of dead processes. */
const LOOK_INTERVAL_MS = 2_000
const STOP_LIMIT_MS = 10_000

export interface BillingJobs extends Pick<Supervisor, 'standstill' | 'figures'> {
  /** Waits for jobs under way, at most `limitMs` (10 s by default); other processes begin the rest again. */
  stop(limitMs?: number): Promise<void>
}

/** Jobs of another room. */
export interface FurtherJobs {
  /** Those of one group share its runner; by default all do. */
  readonly group?: string
  readonly tasks: ReadonlyMap<string, Task>
  /** Asks again for the work of dead processes. */
  recover(): Promise<void>
}

/**
 * Runs billing jobs, and further ones beside them, until it is stopped. Within seconds, any live process begins again
 * the work of a killed one. `url` leads to Postgres without a pooler.
 */
export async function startBillingJobs(
  url: string,
  context: EngineContext,
  logger: Pick<Logger, 'warn'>,
  further: readonly FurtherJobs[] = []
): Promise<BillingJobs> {
  const { database } = context
  const warnings = rateLimited(logger)
  // A request for a bill does not wait for a run, and neither of them for an upload or a slow mail server.
  const groups = [
    { name: 'runs', tasks: runTasks(context) },
    { name: 'requests for bills', tasks: onDemandTasks(context) },
    ...Map.groupBy(further, ({ group = 'further jobs' }) => group)
      .entries()
      .map(([name, jobs]) => ({ name, tasks: new Map(jobs.flatMap(({ tasks }) => [...tasks])) }))
  ]
  const jobs = supervise(url, database, groups, warnings)
  let round: Promise<void> | undefined = look()
  await round
  const timer = setInterval(() => {
    round ??= look()
  }, LOOK_INTERVAL_MS).unref()
  return {
    standstill: jobs.standstill,
    figures: jobs.figures,
    stop: async (limitMs = STOP_LIMIT_MS) => {
      clearInterval(timer)
      await Promise.all([jobs.stop(limitMs), round && within(limitMs, round)])
    }
  }

  async function look(): Promise<void> {
    try {
      await jobs.look()
      await releaseJobs(database)
      await recoverRuns(context)
      await recoverRequests(context)
      for (const { recover } of further) await recover()
    } catch (error) {
      warnings.warn('Looking after the jobs failed and will be tried again', error)
    } finally {
      round = undefined
    }
  }
}
