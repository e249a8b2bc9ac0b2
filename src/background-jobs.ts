import type { Logger } from 'pino'
import { startBillingJobs } from './billing/jobs.ts'
import type { JobFigures } from './jobs/supervisor.ts'
import type { Store } from './store.ts'
import { type BackgroundWork, startWhenReady } from './when-ready.ts'

/** A run bills `chunkAccounts` accounts in one transaction. */
export function prepareJobs(store: Store, logger: Logger, chunkAccounts: number): BackgroundWork<JobFigures> {
  const { directUrl, database } = store
  const { clock, newId } = database
  return startWhenReady(store, logger, 'the jobs cannot be worked off yet', () =>
    startBillingJobs(directUrl, { database, clock, newId, chunkAccounts }, logger)
  )
}
