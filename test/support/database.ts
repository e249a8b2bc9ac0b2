import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'

export const TEMPLATE = 'template_tmf678'
export const TENANT = 'demo'
export const OTHER_TENANT = 'other'

export interface TestDatabase {
  readonly url: string
  readonly database: Database
  drop(): Promise<void>
}

/** A migrated database of its own, with the tenants `demo` and `other`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = String(process.env.TEST_DATABASE_URL)
  const name = `test_${randomBytes(6).toString('hex')}`
  await command(server, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`)
  const url = withDatabase(server, name)
  const database = openDatabase(
    { url, poolSize: 8, connectTimeoutMs: 10_000, statementTimeoutMs: 10_000, applicationName: name },
    () => undefined
  )
  for (const id of [TENANT, OTHER_TENANT]) {
    await database.run(sql`INSERT INTO "tenant" ("id", "name") VALUES (${id}, ${id})`)
  }
  return {
    url,
    database,
    drop: async () => {
      await database.close()
      await command(server, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  }
}

export function withDatabase(url: string, name: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${name}`
  return parsed.href
}

/** A template can be cloned by one at a time; Postgres makes the others wait for the lock. */
async function command(url: string, text: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
