import { userInfo } from 'node:os'
import { text as textOf } from 'node:stream/consumers'
import pino from 'pino'
import { allTenants } from './admin/tenants.ts'
import { furtherJobs } from './background-jobs.ts'
import { StartError } from './base/start-error.ts'
import { catalogue } from './billing/catalogue.ts'
import { startBillingJobs } from './billing/jobs.ts'
import { type CommandLine, readCommandLine } from './cli/arguments.ts'
import { type Arguments, Misuse, type Result, type Screen, type Usage, type Work } from './cli/command.ts'
import { databaseCommands } from './cli/index.ts'
import { helpOn } from './cli/usage.ts'
import { readConfig } from './config.ts'
import type { Queryable } from './db/database.ts'
import { migrate, pendingMigrations } from './db/migrations.ts'
import { count, scalar } from './db/row.ts'
import { identifier, sql } from './db/sql.ts'
import { Problem } from './messages/problem.ts'
import { openStore, type Store } from './store.ts'

const FAILED = 1
const MISUSED = 2
/** Errors end the command, on one line. */
const SILENT = pino({ level: 'silent' })

interface Command extends Usage {
  readonly run: (args: Arguments) => Promise<Result>
}

/** By name; a Map, so that `constructor` is no command. */
const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['migrate', { description: 'applies pending migrations to DATABASE_URL', run: migrateDatabase }],
  ['demo-data', { description: 'fills that database, or the embedded one, with demo data', run: fillDatabase }],
  ['openapi', { description: 'writes the OpenAPI document into openapi/, and docs/errors.md', run: writeDocument }],
  ...[...databaseCommands].map(([name, { prepare, ...usage }]): [string, Command] => [
    name,
    { ...usage, run: async (args) => onDatabase(prepare(args)) }
  ])
])

async function main(): Promise<void> {
  const line = readCommandLine(COMMANDS, process.argv.slice(2))
  const { text, isFailure } = await run(line)
  if (text !== '') console.log(text)
  if (isFailure) process.exitCode = FAILED
}

async function run(line: CommandLine<Command>): Promise<Result> {
  if (line.kind === 'help') return { text: helpOn(COMMANDS, line.topic) }
  return line.command.run(line.args)
}

function onDatabase(work: Work): Promise<Result> {
  const name = operatingSystemUser()
  const actor = { type: 'command', id: name, name } as const
  const screen: Screen = {
    isTerminal: process.stderr.isTTY,
    write: (text) => process.stderr.write(text)
  }
  const chunkAccounts = readConfig(process.env).BILL_RUN_CHUNK_ACCOUNTS
  return withDatabase(({ database, directUrl, secrets }) => {
    const { clock, newId } = database
    const context = { database, clock, newId, chunkAccounts }
    return work({
      database,
      clock,
      newId,
      secrets,
      actor,
      readInput: () => textOf(process.stdin),
      screen,
      print: (line) => console.log(line),
      interruption,
      startWork: () => startBillingJobs(directUrl, context, SILENT, furtherJobs(context))
    })
  })
}

function interruption(): AbortSignal {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
  return interrupted.signal
}

/** In a container the user may have no name. */
function operatingSystemUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.()}`
  }
}

async function withDatabase(work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openStore(readConfig(process.env), SILENT)
  try {
    const pending = await pendingMigrations(store.database)
    if (pending.length > 0) throw new StartError('The database lacks migrations; run npm run db:migrate first')
    return await work(store)
  } finally {
    await store.close()
  }
}

async function migrateDatabase(): Promise<Result> {
  const { DATABASE_URL, DATABASE_DIRECT_URL = DATABASE_URL } = readConfig(process.env)
  if (!DATABASE_DIRECT_URL) {
    throw new StartError('DATABASE_URL is not set; the embedded database is migrated whenever the server starts')
  }
  const applied = await migrate(DATABASE_DIRECT_URL, { report: (text) => console.error(text) })
  return { text: applied.length > 0 ? applied.map((name) => `applied ${name}`).join('\n') : 'up to date' }
}

function fillDatabase(): Promise<Result> {
  return withDatabase(async ({ database }) => {
    const { fillWithDemoData } = await import('../sample-data/demo.ts')
    await fillWithDemoData(database)
    return { text: await contents(database) }
  })
}

async function contents(database: Queryable): Promise<string> {
  const tenants = await allTenants(database)
  const lines = tenants.map(async ({ id, name }) => {
    const counts = [...catalogue.values()].map(async ({ path: plural, table }) => {
      const counted = sql`SELECT count(*) FROM ${identifier(table)} WHERE "tenant_id" = ${id}`
      return `${scalar(await database.run(counted), count)} ${plural}`
    })
    return `tenant ${id} (${name}): ${(await Promise.all(counts)).join(', ')}`
  })
  return (await Promise.all(lines)).join('\n')
}

async function writeDocument(): Promise<Result> {
  // Imported here: no other command needs the whole server.
  const { writeGenerated } = await import('./openapi-file.ts')
  return { text: `wrote ${writeGenerated().join(', ')}` }
}

function fail(error: unknown): void {
  // An operator's error is one line; any other is a bug and shows its stack.
  const isTold = error instanceof StartError || error instanceof Misuse
  console.error(isTold || error instanceof Problem ? `tmf678-server: ${error.message}` : error)
  process.exitCode = error instanceof Misuse ? MISUSED : FAILED
}

await main().catch(fail)
