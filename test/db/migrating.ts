import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { expect } from 'vitest'
import { migrate, SCHEMA_FILES } from '../../src/db/migrations.ts'
import { withDatabase } from '../support/database.ts'

/** An empty database that is migrated in two steps: up to a migration, and from it on. */
export interface Migrating {
  readonly client: pg.Client
  /** Applies the migrations before the one. */
  before(): Promise<void>
  /** Applies the one and all later ones. */
  after(): Promise<void>
  close(): Promise<void>
}

/** `name` is a migration's, without its time. */
export async function startMigrating(name: string): Promise<Migrating> {
  const migrations = readdirSync(SCHEMA_FILES.migrations).sort()
  const ours = migrations.findIndex((migration) => migration.endsWith(`_${name}`))
  const directory = mkdtempSync(path.join(tmpdir(), 'tmf678-test-'))
  const server = String(process.env.TEST_DATABASE_URL)
  const admin = new pg.Client(server)
  await admin.connect()
  await admin.query(`CREATE DATABASE "test_${name}"`)
  const url = withDatabase(server, `test_${name}`)
  const client = new pg.Client(url)
  await client.connect()
  const apply = async (names: readonly string[]) => {
    for (const each of names) {
      mkdirSync(path.join(directory, each))
      cpSync(path.join(SCHEMA_FILES.migrations, each), path.join(directory, each), { recursive: true })
    }
    expect(await migrate(url, undefined, directory)).toEqual(names)
  }
  return {
    client,
    before: () => apply(migrations.slice(0, ours)),
    after: () => apply(migrations.slice(ours)),
    close: async () => {
      await client.end()
      await admin.query(`DROP DATABASE "test_${name}" WITH (FORCE)`)
      await admin.end()
      rmSync(directory, { recursive: true, force: true })
    }
  }
}
