// `npm run db:diff -- NAME` writes the migration from the committed ones to schema.prisma. Read what it writes:
//
// - A renamed column or table comes out as dropped and added. Write RENAME by hand.
// - Partial and expression indexes, CHECK constraints, views, functions and sequences cannot be declared in
//   schema.prisma: add them to the migration by hand. The comparison does not see them and leaves them alone.
// - Every other index must be declared, with its name, or the next migration drops it. NULLS LAST, NULLS NOT DISTINCT
//   and COLLATE are not compared: declare the index or column without and add them to the migration by hand. Columns
//   under INCLUDE are compared as if they were the last columns of the index: declare them so.
// - What is added by hand is lost when the generated SQL drops the column or table and creates it anew.
// - Each migration runs as one transaction. CREATE INDEX CONCURRENTLY must be the only statement of its migration.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { StartError } from '../src/base/start-error.ts'
import { diffMigrations, SCHEMA_FILES } from '../src/db/migrations.ts'

const { exitCode, message } = await writeMigration(process.argv[2] ?? '', process.env.DATABASE_URL)
console.log(message)
process.exitCode = exitCode

type Outcome = { readonly exitCode: number; readonly message: string }

async function writeMigration(name: string, databaseUrl: string | undefined): Promise<Outcome> {
  if (!/^[a-z0-9]+([_-][a-z0-9]+)*$/.test(name))
    return { exitCode: 2, message: 'usage: npm run db:diff -- a_short_name' }
  try {
    const sql = databaseUrl ? await diffMigrations(databaseUrl) : await diffOnEmbeddedPostgres()
    if (sql === '') return { exitCode: 0, message: 'no change' }
    const folder = path.join(SCHEMA_FILES.migrations, `${timestamp(new Date())}_${name}`)
    const file = path.join(folder, 'migration.sql')
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, sql)
    return { exitCode: 0, message: `wrote ${path.relative(process.cwd(), file)}` }
  } catch (error) {
    if (error instanceof StartError) return { exitCode: 1, message: error.message }
    throw error
  }
}

async function diffOnEmbeddedPostgres(): Promise<string> {
  const { startEmbeddedPostgres } = await import('../src/db/embedded/postgres.ts')
  const directory = mkdtempSync(path.join(tmpdir(), 'tmf678-diff-'))
  try {
    const postgres = await startEmbeddedPostgres({ directory, durable: false })
    return await diffMigrations(postgres.url).finally(() => postgres.stop())
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** yyyymmddhhmmss in UTC: migrations run in the order of their names. */
function timestamp(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 14)
}
