import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { migrate } from '../../src/db/migrations.ts'
import { TEMPLATE, withDatabase } from './database.ts'

const MEMORY = '/dev/shm'
const MEMORY_MIN_BYTES = 4 * 2 ** 30

/**
 * Starts one Postgres for all tests, with a migrated template from which each test file clones its database. It is the
 * embedded one, or the server of TEST_POSTGRES_URL, whose user must be a superuser.
 */
export async function setup(): Promise<() => Promise<void>> {
  const scratch = mkdtempSync(path.join(quickFolder(), 'tmf678-tests-'))
  // The user of Postgres passes through it.
  chmodSync(scratch, 0o711)
  process.env.TMPDIR = scratch
  const given = process.env.TEST_POSTGRES_URL
  const { url, stop } = given === undefined ? await startOwn(scratch) : { url: given, stop: async () => undefined }
  process.env.TEST_DATABASE_URL = url
  // A process reuses the compiled code of earlier ones.
  process.env.NODE_COMPILE_CACHE = path.join(scratch, 'compiled')
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE}`)
  await client.query(`CREATE DATABASE ${TEMPLATE}`)
  await client.end()
  await migrate(withDatabase(url, TEMPLATE))
  return async () => {
    await stop()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/**
 * Memory instead of a disk, if there is enough: ext4 takes ever longer to create the files of a database while many
 * were deleted in the last minutes.
 */
function quickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    if (bavail * bsize >= MEMORY_MIN_BYTES) return MEMORY
  } catch {
    // Other systems than Linux have none.
  }
  return tmpdir()
}

async function startOwn(directory: string): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const postgres = await startEmbeddedPostgres({ directory, durable: false })
  return { url: postgres.url, stop: postgres.stop }
}
