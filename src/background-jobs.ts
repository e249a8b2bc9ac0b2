import type { Logger } from 'pino'
import type { EngineContext } from './billing/engine/context.ts'
import { type FurtherJobs, startBillingJobs } from './billing/jobs.ts'
import { comparisonJobs } from './comparison/tasks.ts'
import type { JobFigures } from './jobs/supervisor.ts'
import type { Store } from './store.ts'
import { uploadJobs } from './upload/tasks.ts'
import { type BackgroundWork, startWhenReady } from './when-ready.ts'

/** A run bills `chunkAccounts` accounts in one transaction. */
export function prepareJobs(store: Store, logger: Logger, chunkAccounts: number): BackgroundWork<JobFigures> {
  const { directUrl, database } = store
  const { clock, newId } = database
  const context = { database, clock, newId, chunkAccounts }
  return startWhenReady(store, logger, 'the jobs cannot be worked off yet', () =>
    startBillingJobs(directUrl, context, logger, furtherJobs(context))
  )
}

/** The jobs of the rooms above billing. */
export function furtherJobs(context: EngineContext): readonly FurtherJobs[] {
  return [comparisonJobs(context), uploadJobs(context)]
}
