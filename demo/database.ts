import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { StartError } from '../src/base/start-error.ts'
import type { Database } from '../src/db/database.ts'
import { startEmbeddedPostgres } from '../src/db/embedded/postgres.ts'
import { pendingMigrations } from '../src/db/migrations.ts'
import { scalars, text } from '../src/db/row.ts'
import { sql } from '../src/db/sql.ts'
import { OPERATOR } from './names.ts'

/**
 * Runs work on a new Postgres in a temporary folder and removes all of it. Throws a StartError if there can be none.
 */
export async function withOwnPostgres(work: (url: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tmf678-demo-'))
  try {
    const postgres = await startEmbeddedPostgres({ directory, durable: false })
    try {
      await work(postgres.url)
    } finally {
      await postgres.stop()
    }
  } finally {
    remove(directory)
  }
}

/** Throws a StartError unless the database is migrated and has no bills or accounts. */
export async function requireFresh(database: Database): Promise<void> {
  const pending = await pendingMigrations(database)
  if (pending.length > 0) throw new StartError('The database lacks migrations; run npm run db:migrate first')
  const found = await database.run(sql`SELECT 'bills' WHERE EXISTS (SELECT FROM "customer_bill")
    UNION ALL SELECT 'accounts' WHERE EXISTS (SELECT FROM "billing_account")
    UNION ALL SELECT concat('the tenant ', "id") FROM "tenant" WHERE "id" = ${OPERATOR.id}`)
  const contents = scalars(found, text)
  if (contents.length === 0) return
  const refusal = `The demo needs a fresh database, and this one has ${contents.join(' and ')} already`
  throw new StartError(`${refusal}; without DATABASE_URL it runs on one of its own`)
}

/** Under root, Postgres may have its home elsewhere, with a link to it. */
function remove(directory: string): void {
  const home = path.join(directory, 'postgres')
  for (const folder of [...(existsSync(home) ? [realpathSync(home)] : []), directory]) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
