import type { Database } from '../db/database.ts'
import { lostForLong } from './lost.ts'
import { lostJobs, nextJob, queueFigures, renewLocks } from './queue.ts'
import type { Warnings } from './warnings.ts'
import { type Patience, seconds, type TaskGroup, watch } from './watch.ts'

export interface JobFigures {
  readonly queued: number
  /** Age of the oldest job that is ready; 0 for none. */
  readonly oldestReadySeconds: number
  readonly underWay: number
  readonly replacedRunners: number
  readonly warnings: number
}

export interface Supervisor {
  /** Replaces runners that are stuck. Throws if the database does not answer. */
  look(): Promise<void>
  standstill(): string | undefined
  figures(): Promise<JobFigures>
  /** Takes no more jobs and waits for those under way, at most `limitMs`. Other processes begin the rest again. */
  stop(limitMs: number): Promise<void>
}

export interface Limits extends Patience {
  /** From then on the process is not ready. */
  readonly longMs: number
}

const LIMITS: Limits = { standstillMs: 5_000, silenceMs: 10_000, longMs: 30_000 }

/** Starts a runner for each group on the database of `url`; checks their progress on `database`. */
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
        // They were asked for again long ago, so that no transaction of theirs is left.
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
