import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { hashSecret } from '../../src/auth/keys/secret.ts'
import { newId } from '../../src/base/ulid.ts'
import {
  type Database,
  type DatabaseSettings,
  openDatabase,
  type Queryable,
  type Row,
  type Transaction
} from '../../src/db/database.ts'
import { type Sql, sql } from '../../src/db/sql.ts'

export const TEMPLATE = 'template_tmf678'
export const TENANT = 'demo'
export const OTHER_TENANT = 'other'
/** A key of each tenant with all rights; the first also opens the embedded database. */
export const KEYS = { [TENANT]: 'demo-api-key', [OTHER_TENANT]: 'other-key' } as const

/** A row that a test takes apart by position, having written the statement itself. */
export type PlainRow = Row & readonly (string | null)[]

/** The database as tests have it. */
export interface PlainDatabase extends Database {
  run(statement: Sql): Promise<{ rows: readonly PlainRow[]; rowCount: number }>
  transaction<T>(work: (tx: Pick<PlainDatabase, 'run'> & Transaction) => Promise<T>): Promise<T>
}

export const openPlainDatabase = (settings: DatabaseSettings): PlainDatabase =>
  openDatabase(settings, () => undefined) as PlainDatabase

export interface TestDatabase {
  readonly url: string
  readonly database: PlainDatabase
  drop(): Promise<void>
}

/** A migrated database with the tenants `demo` and `other` and an API key of each. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const store = await createEmptyDatabase()
  for (const id of [TENANT, OTHER_TENANT] as const) {
    await addTenant(store.database, id)
    await addApiKey(store.database, { tenantId: id, key: KEYS[id] })
  }
  return store
}

/** A migrated database without a tenant. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const server = String(process.env.TEST_DATABASE_URL)
  const name = `test_${randomBytes(6).toString('hex')}`
  await command(server, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY file_copy`)
  const url = withDatabase(server, name)
  const settings = { poolSize: 8, connectTimeoutMs: 120_000, statementTimeoutMs: 120_000, applicationName: name }
  const database = openPlainDatabase({ url, ...settings })
  return {
    url,
    database,
    drop: async () => {
      await database.close()
      await command(server, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  }
}

export async function addTenant(database: Queryable, id: string, isOperator = false): Promise<void> {
  await database.run(sql`INSERT INTO "tenant" ("id", "name", "is_operator") VALUES (${id}, ${id}, ${isOperator})`)
}

/** An API key with all rights unless `scopes` say less. */
export interface TestKey {
  readonly tenantId: string
  readonly key: string
  readonly scopes?: readonly string[]
  readonly partnerId?: string
  readonly addresses?: readonly string[]
}

export async function addApiKey(database: Queryable, { tenantId, key, ...more }: TestKey): Promise<void> {
  const { scopes = ['trust'], partnerId, addresses } = more
  await database.run(sql`INSERT INTO "api_key" ("tenant_id", "id", "last_update", "name", "key_hash", "scope",
      "is_enabled", "partner_id", "allowed_addresses")
    VALUES (${tenantId}, ${newId()}, now(), ${key}, ${hashSecret(key)}, ${JSON.stringify(scopes)}, true, ${partnerId},
      ${addresses && JSON.stringify(addresses)})`)
}

export async function addPartner(database: Queryable, tenantId: string, accountNumber: string): Promise<string> {
  const id = newId()
  await database.run(sql`INSERT INTO "partner" ("tenant_id", "id", "last_update", "account_number")
    VALUES (${tenantId}, ${id}, now(), ${accountNumber})`)
  return id
}

export function withDatabase(url: string, name: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${name}`
  return parsed.href
}

/** Only one client clones a template at a time; Postgres makes the others wait for the lock. */
async function command(url: string, text: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
