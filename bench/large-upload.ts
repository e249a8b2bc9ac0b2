import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { migrate } from '../src/db/migrations.ts'
import { fillCredentials } from './credentials.ts'
import { type BenchServer, TENANT, withClient } from './database.ts'
import { startOurs, type Target } from './target.ts'

const DATABASE = 'bench_upload'
const PATH = '/billing/v1/billUpload'
/** Rows of a piece of the file. */
const PIECE_ROWS = 1_000
const POLL_MS = 100
/** Shares of the rows after which the memory is measured. */
const EARLY_SHARE = 0.2
const LATE_SHARE = 0.9
/** Accounts of this service, for the figure with the ledger. */
const ACCOUNTS = 100_000

/** One upload of many bills, from its first byte until the last bill is stored. */
export interface LargeUpload {
  readonly rows: number
  readonly perSecond: number
  /** The same with accounts of this service, whose bills go into its ledger. */
  readonly ownPerSecond: number
  /** Bytes kept after a fifth and after nine tenths of the rows, and the peak resident memory. */
  readonly early: number
  readonly late: number
  readonly resident: number
}

/** Uploads bills of other systems in a database of its own, and a fifth of the file for accounts of this service. */
export async function measureLargeUpload(server: BenchServer, rows: number): Promise<LargeUpload> {
  console.log(`uploading ${rows.toLocaleString('en')} bills in one file`)
  const foreign = await inFreshDatabase(server, (target) => upload(target, rows, (at) => `HEAT-${at}`))
  const ownRows = Math.ceil(rows * EARLY_SHARE)
  const own = await inFreshDatabase(server, (target) => upload(target, ownRows, (at) => `OWN-${at % ACCOUNTS}`))
  const { perSecond, early, late, resident } = foreign
  return { rows, perSecond, ownPerSecond: own.perSecond, early, late, resident }
}

async function inFreshDatabase<T>({ url: server }: BenchServer, work: (target: Target) => Promise<T>): Promise<T> {
  const url = new URL(server)
  url.pathname = `/${DATABASE}`
  const drop = (client: pg.Client) => client.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`)
  await withClient(server, async (client) => {
    await drop(client)
    await client.query(`CREATE DATABASE ${DATABASE}`)
  })
  try {
    await migrate(url.href)
    await withClient(url.href, fill)
    const target = await startOurs(url.href)
    return await work(target).finally(() => target.stop())
  } finally {
    await withClient(server, drop)
  }
}

async function fill(client: pg.Client): Promise<void> {
  await client.query("INSERT INTO tenant (id, name) VALUES ($1, 'Bench')", [TENANT])
  await fillCredentials(client, TENANT)
  await client.query(
    `INSERT INTO customer (tenant_id, id, internal_id, last_update, name) VALUES ($1, 'OWN', 'OWN', now(), 'Own')`,
    [TENANT]
  )
  await client.query(
    `INSERT INTO billing_account (tenant_id, id, internal_id, last_update, customer_id, name, status, billing_type,
        invoice_currency, net_term_days)
      SELECT $1, 'OWN-' || i, 'OWN-' || i, now(), 'OWN', 'Account ' || i, 'ACTIVE', 'postpaid', 'EUR', 14
      FROM generate_series(0, $2::int - 1) i`,
    [TENANT, ACCOUNTS]
  )
  // Not the tables of bills: Postgres plans for what it found in them, which would be nothing.
  await client.query('VACUUM (ANALYZE) customer, billing_account, account_alias')
}

interface Progress {
  readonly state: string
  readonly progress: number
  readonly created: number
}

type Measured = Omit<LargeUpload, 'rows' | 'ownPerSecond'>

async function upload(target: Target, rows: number, accountOf: (at: number) => string): Promise<Measured> {
  const { origin, headers, memory, keptMemory } = target
  const started = performance.now()
  const sent = { ...headers, 'content-type': 'text/csv' }
  const body = ReadableStream.from(pieces(rows, accountOf))
  const response = await fetch(origin + PATH, { method: 'POST', headers: sent, body, duplex: 'half' })
  if (response.status !== 202) throw new Error(`${PATH} was answered with ${response.status} ${await response.text()}`)
  const place = `${origin}${new URL(String(response.headers.get('location')), origin).pathname}`
  await response.body?.cancel()
  let [early, late, resident] = [0, 0, 0]
  for (;;) {
    const { state, progress, created } = await read(place, headers)
    resident = Math.max(resident, memory())
    if (early === 0 && progress >= EARLY_SHARE) early = await keptMemory()
    if (late === 0 && progress >= LATE_SHARE) late = await keptMemory()
    if (state === 'done' && created === rows) {
      return { perSecond: rows / ((performance.now() - started) / 1000), early, late, resident }
    }
    if (state !== 'running') throw new Error(`an upload is ${state} after ${created} of ${rows} rows`)
    await delay(POLL_MS)
  }
}

async function read(url: string, headers: Target['headers']): Promise<Progress> {
  const response = await fetch(url, { headers })
  if (!response.ok) throw new Error(`an upload was answered with ${response.status} ${await response.text()}`)
  return (await response.json()) as Progress
}

const HEAD = 'account_number,amount,due_date,period,bill_no,name\n'

/** Makes the file, piece by piece. */
export function* pieces(rows: number, accountOf: (at: number) => string): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(HEAD)
  for (let at = 0; at < rows; at += PIECE_ROWS) {
    const lines = Array.from({ length: Math.min(PIECE_ROWS, rows - at) }, (_, place) => line(at + place, accountOf))
    yield encoder.encode(lines.join(''))
  }
}

function line(at: number, accountOf: (at: number) => string): string {
  const amount = 20 + (at % 9_000) / 100
  return `${accountOf(at)},${amount.toFixed(2)},14-12-2099,12-2099,U-2099-${at},Household ${at}\n`
}
