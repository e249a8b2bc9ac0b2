import type { Logger } from 'pino'
import { releaseJobs } from '../jobs/queue.ts'
import { type JobFigures, supervise } from '../jobs/supervisor.ts'
import { rateLimited } from '../jobs/warnings.ts'
import { within } from '../pace/within.ts'
import { onDemandTasks, recoverRequests } from './on-demand/on-demand.ts'
import { recoverRuns, runTasks } from './runs/tasks.ts'
import type { WorkContext } from './work/context.ts'

/** So often it is looked whether the jobs go on, and what a process that is dead has left behind. */
const LOOK_INTERVAL_MS = 2_000
const STOP_LIMIT_MS = 10_000

/** The work of the billing while it goes on. */
export interface BillingWork {
  /** Why the jobs have stood still for long in this process; undefined while they do not. */
  standstill(): string | undefined
  figures(): Promise<JobFigures>
  /** Waits for what is under way, at most so long (10 s if not said); the rest is begun again elsewhere. */
  stop(limitMs?: number): Promise<void>
}

/**
 * Works off runs and requests for bills until it is stopped. What a process that was killed was at, is begun again,
 * within seconds and by whichever process is alive. `url` leads to a session of its own, past any pooler.
 */
export async function startBillingWork(
  url: string,
  context: WorkContext,
  logger: Pick<Logger, 'warn'>
): Promise<BillingWork> {
  const { database } = context
  const warnings = rateLimited(logger)
  // Whoever asked for a bill does not wait until a run has a place to spare.
  const groups = [
    { name: 'runs', tasks: runTasks(context) },
    { name: 'requests for bills', tasks: onDemandTasks(context) }
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
    } catch (error) {
      warnings.warn('Looking after the jobs failed and will be tried again', error)
    } finally {
      round = undefined
    }
  }
}
