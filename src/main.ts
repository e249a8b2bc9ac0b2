import pino from 'pino'
import { buildApp } from './app.ts'
import { printBanner } from './banner.ts'
import { type Config, readConfig } from './base/config.ts'
import { StartError, startError } from './base/start-error.ts'
import { openStore } from './store.ts'

/** How long idle connections may still send a request, which is answered with `Connection: close`, before they end. */
const DRAIN_GRACE_MS = 300

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = pino({ level: config.LOG_LEVEL }, pino.destination({ sync: false }))
  const store = await openStore(config, logger)
  try {
    const app = await buildApp({ config, database: store.database, logger })
    let isDraining = false
    app.addHook('onSend', async (_, reply) => {
      if (isDraining) reply.header('Connection', 'close')
    })
    await app.listen({ host: config.HOST, port: config.PORT }).catch((error: unknown) => {
      throw startError(`Cannot listen on ${config.HOST}:${config.PORT}`, error)
    })
    printBanner(app, config)
    onStopSignal(async () => {
      isDraining = true
      await new Promise((resolve) => setTimeout(resolve, DRAIN_GRACE_MS))
      await app.close()
      await store.close()
    }, config)
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Closes once on SIGTERM or SIGINT; exits 0 when that ends in time, 1 when it does not. A second signal ends at once. */
function onStopSignal(close: () => Promise<void>, { SHUTDOWN_TIMEOUT_MS }: Config): void {
  const stop = () => {
    setTimeout(() => fail(new StartError('The server did not stop in time')), SHUTDOWN_TIMEOUT_MS).unref()
    close().then(() => process.exit(0), fail)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
}

function fail(error: unknown): void {
  // A StartError is the operator's to mend, in one line; anything else is a bug and shows where it is.
  console.error(error instanceof StartError ? `tmf678-server: ${error.message}` : error)
  process.exit(1)
}

await main().catch(fail)
