import type { Logger } from 'pino'
import { type BillingJobs, startBillingJobs } from './billing/jobs.ts'
import type { JobFigures } from './jobs/supervisor.ts'
import type { Store } from './store.ts'
import { startWhenReady } from './when-ready.ts'

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
  const { directUrl, database } = store
  const { clock, newId } = database
  const jobs = startWhenReady<BillingJobs>(store, logger, 'the jobs cannot be worked off yet', () =>
    startBillingJobs(directUrl, { database, clock, newId, chunkAccounts }, logger)
  )
  return {
    start: jobs.start,
    standstill: () => jobs.started()?.standstill(),
    figures: async () => jobs.started()?.figures(),
    stop: jobs.stop
  }
}
