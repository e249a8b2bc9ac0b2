import type { Logger } from 'pino'
import { Problem } from './base/problem.ts'
import { newId } from './base/ulid.ts'
import { type BillingWork, startBillingWork } from './billing/work.ts'
import type { JobFigures } from './jobs/supervisor.ts'
import { within } from './pace/within.ts'
import type { Store } from './store.ts'

/** Migrations may still come while the server runs; so often it is looked whether they have. */
const READY_CHECK_MS = 2_000

/** The jobs of this process, begun or not. */
export interface Work {
  /** Works off the jobs of the billing as soon as the database is ready for it. */
  start(): void
  /** Why the jobs have stood still for long in this process; undefined while they do not. */
  standstill(): string | undefined
  /** What there is to say about the jobs; undefined before the database is ready. */
  figures(): Promise<JobFigures | undefined>
  /** Waits for the jobs that are under way, at most so long; what is not done then is begun again elsewhere. */
  stop(limitMs: number): Promise<void>
}

/** Prepares the work of this process. A run bills `chunkAccounts` accounts in one transaction. */
export function prepareWork(store: Store, logger: Logger, chunkAccounts: number): Work {
  let work: BillingWork | undefined
  let starting: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  return {
    start: () => {
      attempt()
      timer = setInterval(attempt, READY_CHECK_MS).unref()
    },
    standstill: () => work?.standstill(),
    figures: async () => work?.figures(),
    stop: async (limitMs) => {
      const deadline = performance.now() + limitMs
      clearInterval(timer)
      if (starting) await within(limitMs, starting)
      await work?.stop(deadline - performance.now())
    }
  }

  function attempt(): void {
    if (work) return
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
    work = await startBillingWork(directUrl, { database, clock: database.clock, newId, chunkAccounts }, logger)
  }
}
