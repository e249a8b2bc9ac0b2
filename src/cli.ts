import path from 'node:path'
import { parseArgs } from 'node:util'
import pino from 'pino'
import { readConfig } from './base/config.ts'
import { StartError } from './base/start-error.ts'
import type { Queryable } from './db/database.ts'
import { migrate, pendingMigrations } from './db/migrations.ts'
import { identifier, join, sql } from './db/sql.ts'
import { fillWithDemoData } from './demo/demo.ts'
import { resources } from './resources/index.ts'
import { openStore } from './store.ts'

const OPENAPI_FILE = path.resolve(import.meta.dirname, '../openapi/openapi.json')

interface Command {
  readonly description: string
  /** Answers what to print. */
  readonly run: () => Promise<string>
}

/** By name; a Map, so that `constructor` is no command. */
const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['migrate', { description: 'brings the database of DATABASE_URL up to date', run: runMigrate }],
  ['demo', { description: 'fills the database, or the embedded one, with demo data', run: runDemo }],
  ['openapi', { description: 'writes the OpenAPI document to the folder openapi', run: runOpenApi }],
  ['help', { description: 'prints this', run: async () => usage() }]
])

