import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { migrate } from '../../src/db/migrations.ts'
import { TEMPLATE, withDatabase } from './database.ts'

/**
 * Starts one Postgres for all tests, with a migrated template from which each test file clones its database. It is the
 * embedded one, or the server of TEST_POSTGRES_URL, whose user must be a superuser.
 */
export async function setup(): Promise<() => Promise<void>> {
  const given = process.env.TEST_POSTGRES_URL
  const { url, stop } = given === undefined ? await startOwn() : { url: given, stop: async () => undefined }
  process.env.TEST_DATABASE_URL = url
  // A process reuses the compiled code of earlier ones.
  const compiled = mkdtempSync(path.join(tmpdir(), 'tmf678-compiled-'))
  process.env.NODE_COMPILE_CACHE = compiled
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE}`)
  await client.query(`CREATE DATABASE ${TEMPLATE}`)
  await client.end()
  await migrate(withDatabase(url, TEMPLATE))
  return async () => {
    await stop()
    rmSync(compiled, { recursive: true, force: true })
  }
}

async function startOwn(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tmf678-test-'))
  const postgres = await startEmbeddedPostgres({ directory, durable: false })
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  }
}
