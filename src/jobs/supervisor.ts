import type { Database } from '../db/database.ts'
import { lostForLong } from './lost.ts'
import { lostJobs, nextJob, queueFigures, renewLocks } from './queue.ts'
import type { Warnings } from './warnings.ts'
import { type Patience, seconds, type TaskGroup, watch } from './watch.ts'

/** What there is to say about the jobs, for metrics. */
export interface JobFigures {
  /** Jobs that wait, for their turn or for the next attempt. */
  readonly queued: number
  /** How long the oldest job waits that could be taken at once; 0 where there is none. */
  readonly oldestReadySeconds: number
  /** Jobs that are under way in this process. */
  readonly underWay: number
  /** Runners of this process that were replaced since its start. */
  readonly replacedRunners: number
  /** Warnings about the jobs of this process since its start. */
  readonly warnings: number
}

/** Keeps a runner of each group of tasks at work. */
export interface Supervisor {
  /** Looks whether every runner gets on, and replaces the others. Throws when the database does not answer. */
  look(): Promise<void>
  /** Why the jobs stand still, when they have done so for long although the database answers. */
  standstill(): string | undefined
  figures(): Promise<JobFigures>
  /** Takes no further jobs and waits for those under way, at most so long. The others are begun again elsewhere. */
  stop(limitMs: number): Promise<void>
}

/** The limits of the watch in ms. */
export interface Limits extends Patience {
  /** From then on the process says that it is not ready. */
  readonly longMs: number
}

const LIMITS: Limits = { standstillMs: 5_000, silenceMs: 10_000, longMs: 30_000 }

/** Starts a runner for each group on the database of `url`. What `database` says decides whether they get on. */
export function supervise(
  url: string,
  database: Database,
  groups: readonly TaskGroup[],
  warnings: Warnings,
  limits = LIMITS
): Supervisor {
  const watches = groups.map((group) => watch(url, group, warnings, limits))
  const hopeless = lostForLong(limits.silenceMs)
  const underWay = () => watches.flatMap((one) => one.underWay())
  return {
    look: async () => {
      try {
        // Others were asked to do them long ago, so that no transaction of theirs is left.
        for (const id of hopeless(await lostJobs(database, underWay()))) {
          warnings.warn('A job hangs and is given up; another one does what it was at')
          for (const one of watches) one.giveUp(id)
        }
        for (const one of watches) one.look(await nextJob(database, one.tasks))
        await renewLocks(database, underWay())
      } catch (error) {
        for (const one of watches) one.excuse()
        throw error
      }
    },
    standstill: () => {
      const ms = Math.max(...watches.map((one) => one.stuckMs()))
      return ms >= limits.longMs ? `no job was taken for ${seconds(ms)}` : undefined
    },
    figures: async () => ({
      ...(await queueFigures(database)),
      underWay: underWay().length,
      replacedRunners: watches.reduce((sum, one) => sum + one.replaced(), 0),
      warnings: warnings.count()
    }),
    stop: async (limitMs) => {
      await Promise.all(watches.map((one) => one.stop(limitMs)))
    }
  }
}
