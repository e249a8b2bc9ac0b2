import type { Logger } from 'pino'
import { systemClock } from './base/clock.ts'
import { Problem } from './base/problem.ts'
import { newId } from './base/ulid.ts'
import { startBillingWork } from './billing/work.ts'
import type { Store } from './store.ts'

/** Migrations may still come while the server runs; so often it is looked whether they have. */
const READY_CHECK_MS = 2_000

/**
 * Works off the jobs of the billing as soon as the database is ready for it, until it is stopped. A run bills
 * `chunkAccounts` accounts in one transaction.
 */
export function startWork(store: Store, logger: Logger, chunkAccounts: number): { stop(): Promise<void> } {
  let starting: Promise<{ stop(): Promise<void> } | undefined> = attempt()
  const timer = setInterval(() => {
    starting = starting.then((work) => work ?? attempt())
  }, READY_CHECK_MS).unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await (await starting)?.stop()
    }
  }

  async function attempt() {
    try {
      await store.requireReady()
      const { directUrl, database } = store
      return await startBillingWork(directUrl, { database, clock: systemClock, newId, chunkAccounts }, logger)
    } catch (error) {
      if (!(error instanceof Problem)) logger.warn({ err: error }, 'the jobs cannot be worked off yet')
      return undefined
    }
  }
}
