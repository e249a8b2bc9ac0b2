import { accessSync, constants, mkdirSync } from 'node:fs'
import path from 'node:path'
import pino from 'pino'
import { buildApp } from '../src/app.ts'
import { prepareJobs } from '../src/background-jobs.ts'
import { newSecretKey, parseSecretKeys } from '../src/base/secret-keys.ts'
import { StartError, startError } from '../src/base/start-error.ts'
import { newId } from '../src/base/ulid.ts'
import type { Context, Screen } from '../src/cli/command.ts'
import { type Config, callbackNetworks, readConfig } from '../src/config.ts'
import { prepareDelivery } from '../src/event-delivery.ts'
import { LOOPBACK } from '../src/events/callback-address.ts'
import { startHousekeeping } from '../src/housekeeping.ts'
import { mailSettings } from '../src/mail/settings.ts'
import { UNHURRIED } from '../src/pace/unhurried.ts'
import { openStore, type Store } from '../src/store.ts'
import { requireFresh, withOwnPostgres } from './database.ts'
import { narratorOn } from './narrator.ts'
import { playMonth } from './play.ts'

/** Relative to the working folder; npm makes that the project's. */
const FOLDER = path.resolve('reports/demo')
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const STOPPED = 'The demo was stopped before its end'
/** More often than in production: the audit is verified right after the play. */
const HOUSEKEEPING = { intervalMs: 500, eventRetentionDays: 30, uploadRetentionDays: 30 }
const STOP_LIMIT_MS = 5_000
/** Chunks of the run, so that its progress shows. */
const CHUNKS = 20
/** Errors end the command, on one line. */
const SILENT = pino({ level: 'silent' })

export interface Staging {
  readonly config: Config
  /** The number of postpaid accounts. */
  readonly accounts: number
  readonly actor: Context['actor']
  readonly screen: Screen
}

/**
 * Plays a month of billing on the configured database, which must be fresh, or on its own. Removes its own at the end,
 * also after a signal or when the output is closed. Throws a StartError for the operator, and Unexpected if the play
 * fails.
 */
export async function stageMonth(staging: Staging): Promise<void> {
  const interruption = listenForInterruption()
  const { signal } = interruption
  try {
    const url = staging.config.DATABASE_URL
    await (url ? playOn(staging, url, false, signal) : playOnOwn(staging, signal))
  } catch (error) {
    throw signal.aborted ? new StartError(STOPPED) : error
  } finally {
    interruption.end()
  }
}

function listenForInterruption(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  // Ignores further signals: removing everything takes moments.
  const abort = () => controller.abort()
  for (const name of SIGNALS) process.on(name, abort)
  process.stdout.on('error', abort)
  return {
    signal: controller.signal,
    end: () => {
      for (const name of SIGNALS) process.off(name, abort)
    }
  }
}

async function playOnOwn(staging: Staging, signal: AbortSignal): Promise<void> {
  staging.screen.write('A Postgres of its own is started, and removed at the end.\n')
  await withOwnPostgres(async (url) => {
    signal.throwIfAborted()
    await playOn(staging, url, true, signal)
  })
}

async function playOn(staging: Staging, url: string, isOwn: boolean, signal: AbortSignal): Promise<void> {
  const config = serverConfig(staging.config, url, isOwn)
  const store = await openStore(config, SILENT)
  try {
    signal.throwIfAborted()
    if (!isOwn) await requireFresh(store.database)
    createFolder()
    await withServer(config, store, staging.accounts, (root) => play(staging, store, root, signal))
  } finally {
    await store.close()
  }
}

/** Sets up a production server, except for the database and its protection from others. */
function serverConfig(config: Config, url: string, isOwn: boolean): Config {
  const { DATABASE_DIRECT_URL, DATABASE_POOL_SIZE, DATABASE_CONNECT_TIMEOUT_MS, DATABASE_STATEMENT_TIMEOUT_MS } = config
  const timeouts = !isOwn && { DATABASE_CONNECT_TIMEOUT_MS, DATABASE_STATEMENT_TIMEOUT_MS }
  const limits = { DATABASE_POOL_SIZE, ...timeouts }
  const database = { ...limits, DATABASE_URL: url, ...(!isOwn && { DATABASE_DIRECT_URL }) }
  const unlimited = { RATE_LIMIT_PER_MINUTE: 0, MAX_EVENT_LOOP_DELAY_MS: 0 }
  // Keys for a database that is removed at the end.
  const { SECRET_KEYS, SECRET_KEYS_FILE } = config
  const secrets = isOwn ? { SECRET_KEYS: parseSecretKeys(newSecretKey()) } : { SECRET_KEYS, SECRET_KEYS_FILE }
  const own = { MIGRATE_ON_START: isOwn, PORT: 0, WEBHOOK_ALLOW_NETWORKS: LOOPBACK }
  return { ...readConfig(UNHURRIED), ...database, ...unlimited, ...secrets, ...own }
}

function createFolder(): void {
  try {
    mkdirSync(FOLDER, { recursive: true })
    accessSync(FOLDER, constants.W_OK)
  } catch (error) {
    throw startError(`Documents cannot be written to ${FOLDER}`, error)
  }
}

/** Runs the whole server, jobs included, on a free port of the loopback interface. */
async function withServer(
  config: Config,
  store: Store,
  accounts: number,
  work: (root: string) => Promise<void>
): Promise<void> {
  const app = await buildApp({ config, logger: SILENT, ...store })
  const root = await app.listen({ host: config.HOST, port: config.PORT }).catch((error: unknown) => {
    throw startError(`Cannot listen on ${config.HOST}`, error)
  })
  const housekeeping = startHousekeeping(store.database, SILENT, HOUSEKEEPING)
  const jobs = prepareJobs(store, SILENT, Math.ceil(accounts / CHUNKS), mailSettings(config))
  const delivery = prepareDelivery(store, SILENT, { allowed: callbackNetworks(config), root: () => root })
  jobs.start()
  delivery.start()
  try {
    await work(root)
  } finally {
    await Promise.all([jobs.stop(STOP_LIMIT_MS), delivery.stop(STOP_LIMIT_MS), app.close()])
    await housekeeping.stop()
  }
}

async function play(staging: Staging, store: Store, root: string, signal: AbortSignal): Promise<void> {
  const { actor, accounts, screen } = staging
  screen.write(`The server listens on ${root}; requests below /customerBillManagement/v4 are told without it.\n`)
  const commands: Context = {
    database: store.database,
    clock: store.database.clock,
    newId,
    secrets: store.secrets,
    actor,
    readInput: async () => '',
    screen,
    print: (line) => screen.write(`${line}\n`),
    interruption: () => signal,
    // The server runs the jobs.
    startWork: async () => ({ stop: async () => undefined })
  }
  await playMonth({ root, commands, narrator: narratorOn(screen), signal, folder: FOLDER, accounts })
}
