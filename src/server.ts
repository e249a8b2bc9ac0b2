import type { FastifyInstance } from 'fastify'
import pino, { type Logger } from 'pino'
import { buildApp, buildProbes } from './app.ts'
import { prepareBackground } from './background.ts'
import { ownRoot, printBanner } from './banner.ts'
import { StartError, startError } from './base/start-error.ts'
import { type Config, readConfig, readSecret } from './config.ts'
import { warnOfStaleSecrets } from './db/secrets.ts'
import { drainable, stopSignal } from './http/drain.ts'
import { mailSettings } from './mail/settings.ts'
import type { Sources } from './metrics/collect.ts'
import type { MetricsServer } from './metrics/server.ts'
import { within } from './pace/within.ts'
import { openStore, requireSecretKeys, type Store } from './store.ts'

const NO_ISSUER =
  'PUBLIC_URL is not set: whoever asks decides by the Host header what links begin with and who issues tokens'

/** Writes many lines at a time, soon after they come. An orderly end writes the rest; a kill loses them. */
const LOG = { sync: false, minLength: 4_096, periodicFlush: 100 } as const

/** Share of the shutdown time for jobs; another process begins unfinished ones again. */
const SHARE_OF_WORK = 0.6

async function run(onStart: () => void): Promise<void> {
  const config = readConfig(process.env)
  // Before anything else: as the first process of a container, one that does not listen for a signal never gets it.
  const stopped = stopSignal(config.SHUTDOWN_TIMEOUT_MS, fail)
  const logger = pino({ level: config.LOG_LEVEL }, pino.destination(LOG))
  if (config.DATABASE_URL && !config.PUBLIC_URL) logger.warn(NO_ISSUER)
  if (config.DATABASE_URL && !config.SMTP_URL) logger.warn(noMailServer(config))
  if (config.DATABASE_URL) requireSecretKeys(config)
  const store = await openStore(config, logger)
  try {
    await bootstrap(store, config, logger)
    const background = prepareBackground(store, logger, config, () => config.PUBLIC_URL ?? ownRoot(app, config))
    const build = config.ROLE === 'worker' ? buildProbes : buildApp
    const app = await build({ config, logger, ...store, standstill: background.standstill })
    const drain = drainable(app)
    const metrics = await measure(app, config, { database: store.database, ...background.figures })
    // For `localhost` the framework makes a second server for the other loopback address and never drains it.
    const host = config.HOST === 'localhost' ? '127.0.0.1' : config.HOST
    await app.listen({ host, port: config.PORT }).catch((error: unknown) => {
      throw startError(`Cannot listen on ${config.HOST}:${config.PORT}`, error)
    })
    background.start()
    printBanner(app, config, metrics?.url)
    void warnOfSecrets(store, logger)
    onStart()
    await stopped
    const limitMs = config.SHUTDOWN_TIMEOUT_MS * SHARE_OF_WORK
    // At once: jobs would take time from the remaining requests.
    const ended = Promise.all([background.stop(limitMs), drain()])
    await within(limitMs, ended)
    // Requests still waiting for the database get an error while there is time to send it.
    store.database.cut()
    await ended
    await metrics?.stop()
  } finally {
    await store.close()
  }
}

async function bootstrap({ database, requireReady }: Store, config: Config, logger: Logger): Promise<void> {
  const { BOOTSTRAP_TENANT: id, BOOTSTRAP_ADMIN_PASSWORD_FILE: password, BOOTSTRAP_CLIENT_SECRET_FILE: secret } = config
  if (!id || !password || !secret) return
  await requireReady().catch((error: unknown) => {
    throw startError('BOOTSTRAP_TENANT needs a migrated database', error)
  })
  const { bootstrapTenant } = await import('./admin/bootstrap.ts')
  const given = {
    password: readSecret('BOOTSTRAP_ADMIN_PASSWORD_FILE', password),
    clientSecret: readSecret('BOOTSTRAP_CLIENT_SECRET_FILE', secret)
  }
  const outcome = await bootstrapTenant(database, id, given)
  if (outcome === 'changed')
    logger.warn(`tenant ${id} was changed since its first start: BOOTSTRAP_ variables do nothing`)
}

/** Only then loads the library of the metrics. */
async function measure(app: FastifyInstance, config: Config, sources: Sources): Promise<MetricsServer | undefined> {
  if (config.METRICS_PORT === undefined) return undefined
  const { startMetrics } = await import('./metrics/server.ts')
  return startMetrics(app, sources, { host: config.METRICS_HOST ?? config.HOST, port: config.METRICS_PORT })
}

const noMailServer = (config: Config) =>
  `SMTP_URL is not set: mails to customers are written to ${mailSettings(config).folder}`

async function warnOfSecrets({ database, secrets, requireReady }: Store, logger: Logger): Promise<void> {
  await requireReady()
    .then(() => warnOfStaleSecrets(database, secrets(), logger))
    .catch(() => undefined)
}

function fail(error: unknown): void {
  // A StartError is one line for the operator; any other error is a bug and shows its stack.
  console.error(error instanceof StartError ? `tmf678-server: ${error.message}` : error)
  process.exit(1)
}

/** Serves until a signal, then ends the process. `onStart` is called once it listens. */
export function serve(onStart: () => void): Promise<void> {
  return run(onStart).then(() => process.exit(0), fail)
}
