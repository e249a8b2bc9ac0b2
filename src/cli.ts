import path from 'node:path'
import { parseArgs } from 'node:util'
import pino from 'pino'
import { readConfig } from './base/config.ts'
import { StartError } from './base/start-error.ts'
import type { Queryable } from './db/database.ts'
import { migrate, pendingMigrations } from './db/migrations.ts'
import { identifier, sql } from './db/sql.ts'
import { fillWithDemoData } from './demo/demo.ts'
import { resources } from './resources/index.ts'
import { openStore } from './store.ts'

const OPENAPI_FILE = path.resolve(import.meta.dirname, '../openapi/tmf678-server.openapi.json')
const FAILED = 1
const MISUSED = 2

interface Command {
  readonly description: string
  /** Does the work and answers what to print. */
  readonly run: () => Promise<string>
}

/** By name; a Map, so that `constructor` is no command. */
const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['migrate', { description: 'brings the database of DATABASE_URL up to date', run: migrateDatabase }],
  ['demo', { description: 'fills that database, or the embedded one, with demo data', run: fillDatabase }],
  ['openapi', { description: 'writes the OpenAPI document into openapi/', run: writeDocument }],
  ['help', { description: 'prints this', run: async () => help() }]
])

async function main(): Promise<void> {
  const command = chosenCommand(process.argv.slice(2))
  if (command instanceof Error) {
    fail(new StartError(`${command.message}; try help`), MISUSED)
    return
  }
  console.log(await command.run())
}

/** The command that the arguments name, or the error that they make. */
function chosenCommand(args: readonly string[]): Command | Error {
  try {
    const options = { help: { type: 'boolean', short: 'h' } } as const
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options })
    const [name, ...rest] = values.help ? ['help'] : positionals
    if (name === undefined) return new Error('which command?')
    if (rest.length > 0) return new Error(`${name} takes no arguments`)
    return COMMANDS.get(name) ?? new Error(`there is no command ${name}`)
  } catch (error) {
    return error instanceof Error ? new Error(error.message.split('. ')[0]) : new Error(String(error))
  }
}

function help(): string {
  const lines = [...COMMANDS].map(([name, { description }]) => `  ${name.padEnd(8)}  ${description}`)
  return `Usage: node src/cli.ts COMMAND\n\n${lines.join('\n')}`
}

async function migrateDatabase(): Promise<string> {
  const { DATABASE_URL } = readConfig(process.env)
  if (!DATABASE_URL) {
    throw new StartError('DATABASE_URL is not set; the embedded database is migrated whenever the server starts')
  }
  const applied = await migrate(DATABASE_URL)
  return applied.length > 0 ? applied.map((name) => `applied ${name}`).join('\n') : 'up to date'
}

async function fillDatabase(): Promise<string> {
  const store = await openStore(readConfig(process.env), pino({ level: 'silent' }))
  try {
    const pending = await pendingMigrations(store.database)
    if (pending.length > 0) throw new StartError('The database lacks migrations; run npm run db:migrate first')
    await fillWithDemoData(store.database)
    return await contents(store.database)
  } finally {
    await store.close()
  }
}

/** How much of what each tenant has. */
async function contents(database: Queryable): Promise<string> {
  const { rows } = await database.run(sql`SELECT "id", "name" FROM "tenant" ORDER BY "id"`)
  const lines = rows.map(async ([id, name]) => {
    const counts = [...resources.values()].map(async ({ path: plural, table }) => {
      const count = sql`SELECT count(*) FROM ${identifier(table)} WHERE "tenant_id" = ${id}`
      return `${(await database.run(count)).rows[0]?.[0]} ${plural}`
    })
    return `tenant ${id} (${name}): ${(await Promise.all(counts)).join(', ')}`
  })
  return (await Promise.all(lines)).join('\n')
}

async function writeDocument(): Promise<string> {
  // Imported here: no other command needs the whole server.
  const { writeOpenApi } = await import('./openapi-file.ts')
  writeOpenApi(OPENAPI_FILE)
  return `wrote ${path.relative(process.cwd(), OPENAPI_FILE)}`
}

function fail(error: unknown, exitCode: number): void {
  // A StartError is the operator's to mend, in one line; anything else is a bug and shows where it is.
  console.error(error instanceof StartError ? `tmf678-server: ${error.message}` : error)
  process.exitCode = exitCode
}

await main().catch((error: unknown) => fail(error, FAILED))
