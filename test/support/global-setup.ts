import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts'
import { migrate } from '../../src/db/migrations.ts'
import { TEMPLATE, withDatabase } from './database.ts'

/** One Postgres for all tests, with a migrated template from which each test file clones a database of its own. */
export async function setup(): Promise<() => Promise<void>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tmf678-test-'))
  const postgres = await startEmbeddedPostgres({ directory, durable: false })
  process.env.TEST_DATABASE_URL = postgres.url
  const client = new pg.Client(postgres.url)
  await client.connect()
  await client.query(`CREATE DATABASE ${TEMPLATE}`)
  await client.end()
  await migrate(withDatabase(postgres.url, TEMPLATE))
  return async () => {
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
