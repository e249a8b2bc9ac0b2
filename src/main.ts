import pino from 'pino'
import { buildApp } from './app.ts'
import { printBanner } from './banner.ts'
import { readConfig } from './base/config.ts'
import { StartError, startError } from './base/start-error.ts'
import { startHousekeeping } from './housekeeping.ts'
import { drainable, stopSignal } from './stop.ts'
import { openStore } from './store.ts'
import { startWork } from './work.ts'

const NO_ISSUER =
  'PUBLIC_URL is not set: whoever asks decides by the Host header what links begin with and who issues tokens'

/** What the audit has not sealed yet could still be changed unseen, so this is short. */
const HOUSEKEEPING_INTERVAL_MS = 5_000

/** Runs until a signal stops it. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  // Before anything else: as the first process of a container, one that does not listen for a signal never gets it.
  const stopped = stopSignal(config.SHUTDOWN_TIMEOUT_MS, fail)
  const logger = pino({ level: config.LOG_LEVEL }, pino.destination({ sync: false }))
  if (config.DATABASE_URL && !config.PUBLIC_URL) logger.warn(NO_ISSUER)
  const store = await openStore(config, logger)
  try {
    const app = await buildApp({ config, logger, ...store })
    const drain = drainable(app)
    // Given the name, the framework makes a second server for the other loopback address and never drains it.
    const host = config.HOST === 'localhost' ? '127.0.0.1' : config.HOST
    await app.listen({ host, port: config.PORT }).catch((error: unknown) => {
      throw startError(`Cannot listen on ${config.HOST}:${config.PORT}`, error)
    })
    const housekeeping = startHousekeeping(store.database, logger, HOUSEKEEPING_INTERVAL_MS)
    const work = startWork(store, logger, config.BILL_RUN_CHUNK_ACCOUNTS)
    printBanner(app, config)
    await stopped
    // At once: jobs would take the time of the requests that are still to be answered.
    await Promise.all([work.stop(), drain()])
    await housekeeping.stop()
  } finally {
    await store.close()
  }
}

function fail(error: unknown): void {
  // A StartError is the operator's to mend, in one line; anything else is a bug and shows where it is.
  console.error(error instanceof StartError ? `tmf678-server: ${error.message}` : error)
  process.exit(1)
}

await main().then(() => process.exit(0), fail)
