import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg'
import type pg from 'pg'
import { StartError, startError } from '../base/start-error.ts'
import { connectClient, migrationSettings, openPool } from './connection.ts'
import { lockMigrations, type Waiting } from './migration-lock.ts'
import { withDatabase } from './postgres-url.ts'

const PRISMA = path.resolve(import.meta.dirname, '../../prisma')
const MIGRATIONS = path.join(PRISMA, 'migrations')

type Queryable = { query(text: string): Promise<{ rows: { name: string | null }[] }> }

export async function pendingMigrations(database: Queryable, directory = MIGRATIONS): Promise<string[]> {
  const names = migrationNames(directory)
  if (!(await hasMigrationsTable(database))) return names
  const { rows } = await database.query(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL'
  )
  const finished = new Set(rows.map((row) => row.name))
  return names.filter((name) => !finished.has(name))
}

/**
 * Applies the pending migrations and returns their names; processes may do so at the same time. Each migration is one
 * transaction, except a single statement that Postgres refuses in one. Throws a StartError that names the failed
 * migration, or the holder of the lock. The next call tries a failed one again.
 */
export async function migrate(
  url: string,
  waiting: Waiting = { report: () => undefined },
  directory = MIGRATIONS
): Promise<string[]> {
  try {
    const client = await connectClient(migrationSettings(url, 'tmf678 migration'))
    // The end of the client releases the lock.
    return await migrateWith(client, url, directory, waiting).finally(() => client.end())
  } catch (error) {
    throw startError('the database cannot be migrated', error)
  }
}

async function migrateWith(client: pg.Client, url: string, directory: string, waiting: Waiting): Promise<string[]> {
  await lockMigrations(client, waiting)
  const pending = await pendingMigrations(client, directory)
  if (pending.length > 0) await apply(client, url, directory)
  if (directory === MIGRATIONS) await migrateJobs(url)
  return pending
}

export type SchemaFiles = { readonly schema: string; readonly migrations: string }

export const SCHEMA_FILES: SchemaFiles = { schema: path.join(PRISMA, 'schema.prisma'), migrations: MIGRATIONS }

/**
 * Returns the SQL from the committed migrations to schema.prisma; empty if they agree. Works in a database of its own
 * on the server of `url`, whose user may create databases.
 */
export async function diffMigrations(url: string, files = SCHEMA_FILES): Promise<string> {
  const { NO_FILTERS: filters, withSchemaEngine } = await import('./schema-engine.ts')
  const content = readFileSync(files.schema, 'utf8')
  const schema = [{ path: files.schema, content }]
  return withScratchDatabase(url, async (scratch) => {
    await migrate(scratch, undefined, files.migrations)
    const from = { tag: 'schemaDatasource' as const, files: schema, configDir: path.dirname(files.schema) }
    const to = { tag: 'schemaDatamodel' as const, files: schema }
    const diff = await withSchemaEngine(scratch, (engine) =>
      engine.diff({ from, to, script: true, exitCode: true, filters })
    )
    // 2 is a difference; else the script is a comment. Text sorts by code point in any database, as the API does.
    return diff.exitCode === 2 ? (diff.stdout ?? '').replace(TEXT_COLUMN, '$1 COLLATE "C"') : ''
  })
}

/** A column of type text, new or changed, before any quoted value or list of columns. */
const TEXT_COLUMN = /^([^'(\n]*" (?:SET DATA TYPE )?TEXT(?:\[\])?)(?=[ ,;]|$)/gm

async function migrateJobs(url: string): Promise<void> {
  const { Logger, runMigrations } = await import('graphile-worker')
  const { pool, close } = openPool(migrationSettings(url, 'tmf678 migration of jobs'), 1, () => undefined)
  await runMigrations({ pgPool: pool, logger: new Logger(() => () => undefined) }).finally(close)
}

function migrationNames(directory: string): string[] {
  if (!existsSync(directory)) throw new StartError(`the folder ${directory} of the migrations is missing`)
  const entries = readdirSync(directory, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
}

async function apply(client: pg.Client, url: string, directory: string): Promise<void> {
  const { NO_FILTERS: filters, withSchemaEngine } = await import('./schema-engine.ts')
  const migrationsList = readMigrations(directory)
  await withSchemaEngine(url, async (engine) => {
    // The mark of a failed or killed migration blocks the engine. It was one transaction and left nothing else.
    for (const migrationName of await unfinished(client)) {
      await engine.markMigrationRolledBack({ migrationName })
    }
    await engine.applyMigrations({ migrationsList, filters })
  }).catch(async (error) => {
    const [name] = await unfinished(client).catch(() => [])
    throw startError(name === undefined ? 'the schema engine failed' : `the migration ${name} failed`, error)
  })
}

async function unfinished(client: pg.Client): Promise<string[]> {
  if (!(await hasMigrationsTable(client))) return []
  const { rows } = await client.query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL'
  )
  return rows.map((row) => row.name)
}

async function hasMigrationsTable(database: Queryable): Promise<boolean> {
  const { rows } = await database.query(`SELECT to_regclass('_prisma_migrations')::text AS name`)
  return rows[0]?.name != null
}

function readMigrations(directory: string): MigrationList {
  const migrationDirectories = migrationNames(directory).map((name) => {
    const value = readFileSync(path.join(directory, name, 'migration.sql'), 'utf8')
    return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } } }
  })
  const lockfile = { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' }
  return { baseDir: directory, lockfile, shadowDbInitScript: '', migrationDirectories }
}

async function withScratchDatabase<T>(url: string, work: (url: string) => Promise<T>): Promise<T> {
  const name = `tmf678_scratch_${randomUUID().replaceAll('-', '')}`
  const client = await connectClient(migrationSettings(url, 'tmf678 migration'))
  try {
    await client.query(`CREATE DATABASE ${name}`)
    return await work(withDatabase(url, name))
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await client.end()
  }
}
