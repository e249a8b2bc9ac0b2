import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { migrate } from '../../src/db/migrations.ts'
import { TEMPLATE, withDatabase } from './database.ts'

const MEMORY = '/dev/shm'
const MEMORY_MIN_BYTES = 4 * 2 ** 30

const PROJECT = path.resolve(import.meta.dirname, '../..')
/** Processes of this run and of later ones reuse compiled code, which Node keeps by the content of its file. */
const COMPILED = path.join(PROJECT, 'node_modules/.cache/tmf678-tests')

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
  process.env.NODE_COMPILE_CACHE = COMPILED
  const compiled = existsSync(COMPILED) ? undefined : compileAll()
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE}`)
  await client.query(`CREATE DATABASE ${TEMPLATE}`)
  await client.end()
  await migrate(withDatabase(url, TEMPLATE))
  await compiled
  return async () => {
    await stop()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Compiles what servers and commands load: those that tests kill keep nothing of what they compile. */
async function compileAll(): Promise<void> {
  const files = ['src/app.ts', 'src/cli/index.ts'].flatMap((file) => ['--import', path.join(PROJECT, file)])
  await promisify(execFile)(path.join(PROJECT, 'node_modules/.bin/node'), [...files, '-e', ''])
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
