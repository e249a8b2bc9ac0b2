import pg from 'pg'
import { startEmbeddedPostgres } from '../src/db/embedded/postgres.ts'
import { migrate } from '../src/db/migrations.ts'
import { AFTER_FILLED_IDS, fillWithBills, share, type Work } from './bills.ts'
import { fillCredentials } from './credentials.ts'
import { clearEvents } from './event-tables.ts'

/** The tenant of all bills. */
export const TENANT = 'bench'

const DIRECTORY = '.data/bench'
const TABLE = 'customer_bill'
/** Connections that fill at the same time. */
const FILLERS = 2

export interface BenchServer {
  /** The address of a database from which others can be created and dropped. */
  readonly url: string
  /** Returns the address of a database with that many bills and credentials; creates it if missing. */
  open(bills: number, fresh: boolean): Promise<string>
  stop(): Promise<void>
}

/** Opens the server at `url`, else starts the embedded one with its production settings. */
export async function openBenchServer(url: string | undefined): Promise<BenchServer> {
  const embedded = url === undefined ? await startEmbeddedPostgres({ directory: DIRECTORY }) : undefined
  const server = url ?? String(embedded?.url)
  return {
    url: server,
    open: async (bills, fresh) => {
      const url = await openFilled(server, bills, fresh)
      await withClient(url, (client) => fillCredentials(client, TENANT))
      return url
    },
    stop: async () => embedded?.stop()
  }
}

/** Removes the rows of a run and undoes its changes, for the next run. */
export async function restoreBills(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await clearEvents(client)
    await client.query('DELETE FROM oauth_grant')
    // Only the owner of the table may.
    await client.query('ALTER TABLE audit DISABLE TRIGGER USER')
    await client.query('TRUNCATE audit')
    await client.query('ALTER TABLE audit ENABLE TRIGGER USER')
    await client.query(`DELETE FROM ${TABLE} WHERE tenant_id = $1 AND id > $2`, [TENANT, AFTER_FILLED_IDS])
    const patched = `tenant_id = $1 AND version > 1 AND state = 'onHold'`
    await client.query(`UPDATE ${TABLE} SET state = 'new' WHERE ${patched}`, [TENANT])
    await client.query(`VACUUM (ANALYZE) ${TABLE}`)
  })
}

export async function postgresVersion(url: string): Promise<string> {
  const { rows } = await withClient(url, (client) => client.query<{ server_version: string }>('SHOW server_version'))
  return rows[0]?.server_version ?? ''
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(url)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The caller ends the connection. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'tmf678 bench' })
  await client.connect()
  return client
}

async function openFilled(server: string, bills: number, fresh: boolean): Promise<string> {
  const name = `bench_${bills}`
  const url = new URL(server)
  url.pathname = `/${name}`
  if (!fresh && (await hasBills(server, name, url.href, bills))) return url.href
  console.log(`filling ${name} with ${bills.toLocaleString('en')} bills`)
  await makeDatabase(server, name, (unfinished) => fill(unfinished, bills))
  return url.href
}

/** Makes and fills a migrated database; an interrupted one has another name. */
export async function makeDatabase(
  server: string,
  name: string,
  fillIt: (url: string) => Promise<void>
): Promise<void> {
  const started = Date.now()
  const unfinished = `${name}_unfinished`
  const url = new URL(server)
  url.pathname = `/${unfinished}`
  await withClient(server, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${unfinished}`)
  })
  await migrate(url.href)
  await fillIt(url.href)
  await withClient(server, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`)
  })
  console.log(`filled in ${Math.round((Date.now() - started) / 1000)} s`)
}

async function hasBills(server: string, name: string, url: string, bills: number): Promise<boolean> {
  const known = await withClient(server, (client) => client.query('SELECT FROM pg_database WHERE datname = $1', [name]))
  if (known.rowCount === 0) return false
  // Migrations may have come since.
  await migrate(url)
  const count = `SELECT count(*)::int AS bills FROM ${TABLE} WHERE tenant_id = $1 AND id < $2`
  const { rows } = await withClient(url, (client) => client.query<{ bills: number }>(count, [TENANT, AFTER_FILLED_IDS]))
  return rows[0]?.bills === bills
}

async function fill(url: string, bills: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: FILLERS }, () => connect(url)))
  const restore = await dropIndexesAndKeys(clients[0] as pg.Client, [TABLE])
  await fillWithBills(clients, TENANT, bills)
  await share(clients, restore)
  // Index-only counts need to know which pages all transactions see.
  await clients[0]?.query('VACUUM (ANALYZE)')
  await clients[0]?.query('CHECKPOINT')
  await Promise.all(clients.map((client) => client.end()))
}

/** Drops indexes and keys, which are built faster for all rows at once. Returns the work that restores them. */
export async function dropIndexesAndKeys(client: pg.Client, tables: readonly string[]): Promise<readonly Work[]> {
  const { rows } = await client.query<{ drop: string; create: string }>(DEFINITIONS, [tables])
  for (const { drop } of rows) await client.query(drop)
  return rows.map(
    ({ create }): Work =>
      async (each) => {
        await each.query(`SET maintenance_work_mem = '512MB'`)
        await each.query(create)
      }
  )
}

const DEFINITIONS = `
  SELECT format('DROP INDEX %s', indexrelid::regclass) AS drop, pg_get_indexdef(indexrelid) AS create
    FROM pg_index WHERE indrelid = ANY($1::text[]::regclass[]) AND NOT indisunique
  UNION ALL
  SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = ANY($1::text[]::regclass[]) AND contype = 'f'`
