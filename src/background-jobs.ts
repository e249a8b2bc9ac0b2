import type { Logger } from 'pino'
import { type BillingJobs, startBillingJobs } from './billing/jobs.ts'
import type { JobFigures } from './jobs/supervisor.ts'
import { Problem } from './messages/problem.ts'
import { within } from './pace/within.ts'
import type { Store } from './store.ts'

const READY_CHECK_MS = 2_000

export interface BackgroundJobs {
  /** Starts the billing jobs as soon as the database is ready. */
  start(): void
  /** Says why the jobs of this process stand still; undefined while they run. */
  standstill(): string | undefined
  /** Undefined before the database is ready. */
  figures(): Promise<JobFigures | undefined>
  /** Waits for jobs under way, at most `limitMs`; other processes begin the rest again. */
  stop(limitMs: number): Promise<void>
}

/** A run bills `chunkAccounts` accounts in one transaction. */
export function prepareJobs(store: Store, logger: Logger, chunkAccounts: number): BackgroundJobs {
  let jobs: BillingJobs | undefined
  let starting: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  return {
    start: () => {
      attempt()
      timer = setInterval(attempt, READY_CHECK_MS).unref()
    },
    standstill: () => jobs?.standstill(),
    figures: async () => jobs?.figures(),
    stop: async (limitMs) => {
      const deadline = performance.now() + limitMs
      isStopped = true
      clearInterval(timer)
      if (starting) await within(limitMs, starting)
      await jobs?.stop(deadline - performance.now())
    }
  }

  function attempt(): void {
    if (jobs) return
    starting ??= begin()
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) logger.warn({ err: error }, 'the jobs cannot be worked off yet')
      })
      .finally(() => {
        starting = undefined
      })
  }

  async function begin(): Promise<void> {
    await store.requireReady()
    const { directUrl, database } = store
    const { clock, newId } = database
    const begun = await startBillingJobs(directUrl, { database, clock, newId, chunkAccounts }, logger)
    if (isStopped) await begun.stop(0)
    else jobs = begun
  }
}
