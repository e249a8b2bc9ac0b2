import pg from 'pg'
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts'
import { migrate } from '../src/db/migrations.ts'
import { AFTER_FILLED_IDS, fillWithBills } from './bills.ts'

/** The tenant that all bills of the bench belong to. */
export const TENANT = 'bench'

const DIRECTORY = '.data/bench'
const TABLE = 'customer_bill'

/** A Postgres that keeps the databases of the bench. */
export interface BenchServer {
  /** The address of the database with so many bills; creates and fills it unless it is there. */
  open(bills: number, fresh: boolean): Promise<string>
  stop(): Promise<void>
}

/** Opens the server at `url`, else starts the embedded one with the settings with which it serves. */
export async function openBenchServer(url: string | undefined): Promise<BenchServer> {
  const embedded = url === undefined ? await startEmbeddedPostgres({ directory: DIRECTORY }) : undefined
  const server = url ?? String(embedded?.url)
  return {
    open: (bills, fresh) => openFilled(server, bills, fresh),
    stop: async () => embedded?.stop()
  }
}

/** Takes away what a run posted, so that the next one finds what this one found. */
export async function removePosted(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(`DELETE FROM event`)
    await client.query(`DELETE FROM ${TABLE} WHERE tenant_id = $1 AND id > $2`, [TENANT, AFTER_FILLED_IDS])
    await client.query(`UPDATE ${TABLE} SET state = 'onHold' WHERE tenant_id = $1 AND state = 'onHold' AND false`, [TENANT])
    await client.query(`VACUUM (ANALYZE) ${TABLE}`)
  })
}

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'tmf678 bench' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function openFilled(server: string, bills: number, fresh: boolean): Promise<string> {
  const name = `bench_${bills}`
  const url = new URL(server)
  url.pathname = `/${name}`
  if (!fresh && (await hasBills(server, name, url.href, bills))) return url.href
  console.log(`filling ${name} with ${bills.toLocaleString('en')} bills`)
  await withClient(server, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${name}`)
  })
  await migrate(url.href)
  await withClient(url.href, (client) => fill(client, bills))
  return url.href
}

async function hasBills(server: string, name: string, url: string, bills: number): Promise<boolean> {
  const known = await withClient(server, (client) => client.query('SELECT FROM pg_database WHERE datname = $1', [name]))
  if (known.rowCount === 0) return false
  // A fill that was cut short has fewer, or lacks the table even; migrations may have come since.
  await migrate(url)
  const count = `SELECT count(*)::int AS bills FROM ${TABLE} WHERE tenant_id = $1 AND id < $2`
  const { rows } = await withClient(url, (client) => client.query<{ bills: number }>(count, [TENANT, AFTER_FILLED_IDS]))
  return rows[0]?.bills === bills
}

async function fill(client: pg.Client, bills: number): Promise<void> {
  const started = Date.now()
  const restoreIndexes = await dropIndexes(client)
  await fillWithBills(client, TENANT, bills)
  await restoreIndexes()
  // Index-only counts need to know which pages all transactions see.
  await client.query('VACUUM (ANALYZE)')
  await client.query('CHECKPOINT')
  console.log(`filled in ${Math.round((Date.now() - started) / 1000)} s`)
}

/** Building an index from all rows at once is much quicker than row by row; answers what makes them again. */
async function dropIndexes(client: pg.Client): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
     FROM pg_index WHERE indrelid = $1::regclass AND NOT indisunique`,
    [TABLE]
  )
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`)
  return async () => {
    await client.query(`SET maintenance_work_mem = '512MB'`)
    for (const { definition } of rows) await client.query(definition)
  }
}
