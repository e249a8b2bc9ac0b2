import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { Clock } from '../base/clock.ts'
import { idsBy } from '../base/ulid.ts'
import { quickly } from '../pace/slow.ts'
import { type Connections, openPool, type PoolUse, sessionLimits } from './connection.ts'
import { type DatabaseClock, databaseClock, TIME, type Told, told } from './database-clock.ts'
import { isSilence, isTransient, isUnavailable, readOnly, translated } from './failure.ts'
import { BACKEND, type Backend, OWN_BACKEND, watchBackend } from './lifeline.ts'
import { arePlain, runPlain } from './plain.ts'
import { beginText, type Session, type SessionLimits } from './session.ts'
import { type Row, render, type Sql } from './sql.ts'

export type { Row } from './sql.ts'

export interface Queryable {
  /** Runs a statement. Every value comes back as the text Postgres prints, or null. */
  run(statement: Sql): Promise<Result>
}

export interface Result {
  readonly rows: readonly Row[]
  readonly rowCount: number
}

export interface Database extends Queryable {
  /** Runs `work` in one transaction, and again from the start on a serialization failure or a deadlock. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Runs work that only reads, on one snapshot. */
  snapshot<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  readonly clock: Clock
  /** Ids of this clock. Those of two processes are in order, except within the time that an answer takes. */
  readonly newId: () => string
  /** Throws a Problem soon if the database does not answer or takes no changes. */
  requireWritable(): Promise<void>
  /** Runs fixed text with one column `name`, for migrations.ts, which also queries a client. */
  query(text: string): Promise<{ rows: { name: string | null }[] }>
  connections(): PoolUse
  /** Fails all statements, present and future; only `close` is left. */
  cut(): void
  close(): Promise<void>
}

/** A Queryable in a transaction; writing functions take it as their first argument. */
export interface Transaction extends Queryable {
  /** Lifts the statement limit, as no client waits. A process that hangs still loses the transaction. */
  takeTime(): Promise<void>
}

export interface DatabaseSettings {
  readonly url: string
  readonly poolSize: number
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly applicationName: string
}

const RETRIES = 5
const PREPARED_MAX = 500
const NO_LIMITS = 'SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0'
const PROBE_MS = 2_000
const UNLIMITED_MS = 2_147_483_647

/** Opens the pool. Connections are made on demand; `onIdleError` gets an error of an idle one. */
export function openDatabase(settings: DatabaseSettings, onIdleError: (error: Error) => void): Database {
  const limits = sessionLimits(settings.statementTimeoutMs)
  const types = { getTypeParser: () => asPrinted }
  const clock = databaseClock()
  const connections = openPool({ ...settings, ...limits, types }, settings.poolSize, onIdleError, clock.hear)
  const pool: Pool = { connections, limits, clock, names: new Map() }
  const inOne = <T>(work: (tx: Transaction) => Promise<T>, isSnapshot: boolean) =>
    retried(() =>
      withLine(pool, (line) => {
        const { tx, end } = transactionOn(pool, line)
        return inTransaction(line, () => quickly(() => work(tx)), isSnapshot).finally(end)
      })
    )
  return {
    run: (statement) => single(pool, (line) => run(line, statement)),
    query: (text) => single(pool, ({ client }) => client.query<{ name: string | null }>(text)),
    transaction: (work) => inOne(work, false),
    snapshot: (work) => inOne(work, true),
    clock: clock.now,
    newId: idsBy(clock.nowMs),
    requireWritable: () => single(pool, requireWritable),
    connections: connections.use,
    cut: connections.cut,
    close: connections.close
  }
}

interface Pool {
  readonly connections: Connections
  readonly limits: SessionLimits
  readonly clock: DatabaseClock
  readonly names: Map<string, string>
}

interface Line extends Pool {
  readonly client: pg.PoolClient
  readonly session: Session
}

const asPrinted = (value: string): string => value

/** Runs one statement; behind a pooler in a transaction, which brings the settings along. */
function single<T>(pool: Pool, work: (line: Line) => Promise<T>): Promise<T> {
  return retried(() =>
    withLine(pool, (line) => (line.session.isPooled ? inTransaction(line, () => work(line)) : work(line)))
  )
}

function transactionOn(pool: Pool, line: Line): { readonly tx: Transaction; readonly end: () => void } {
  let limitMs: number | undefined
  let end: () => void = () => undefined
  const find = (pid: string) => single(pool, (other) => backendOf(other, pid))
  const tx: Transaction = {
    run: (statement) =>
      run(line, statement, limitMs).catch((error: unknown) => {
        throw isTransient(error) ? error : translated(error)
      }),
    takeTime: async () => {
      const backend = await lastRow<Backend>(line.client, [NO_LIMITS, OWN_BACKEND])
      limitMs = UNLIMITED_MS
      end()
      if (backend) end = watchBackend(backend, find, () => pool.connections.hangUp(line.client))
    }
  }
  return { tx, end: () => end() }
}

async function run(line: Line, statement: Sql, limitMs?: number): Promise<Result> {
  const { text, values } = render(statement)
  // Prepared statements do not survive a change of session.
  const name = statement.isPrepared && !line.session.isPooled ? nameOf(text, line.names) : undefined
  if (arePlain(values)) return runPlain(line.client, { name, text, values, limitMs })
  const query = {
    text,
    values: values as unknown[],
    rowMode: 'array' as const,
    ...(name && { name }),
    ...(limitMs && { query_timeout: limitMs })
  }
  const { rows, rowCount } = await line.client.query<Row>(query)
  return { rows, rowCount: rowCount ?? 0 }
}

/**
 * Names a prepared statement: one text has one name in every process. The table of names is bounded, whatever clients
 * ask.
 */
function nameOf(text: string, names: Map<string, string>): string | undefined {
  const known = names.get(text)
  if (known || names.size >= PREPARED_MAX) return known
  const name = createHash('sha256').update(text).digest('base64url')
  names.set(text, name)
  return name
}

async function begin({ client, limits, session }: Line, isSnapshot: boolean): Promise<Told> {
  const row = await lastRow<{ at: string }>(client, [beginText(limits, session, isSnapshot), `SELECT ${TIME}`])
  return told(row?.at)
}

async function lastRow<T extends pg.QueryResultRow>(client: pg.PoolClient, texts: string[]): Promise<T | undefined> {
  const results: unknown = await client.query(texts.join('; '))
  return (results as pg.QueryResult<T>[]).at(-1)?.rows[0]
}

async function backendOf({ client }: Line, pid: string): Promise<Backend | undefined> {
  const { rows } = await client.query<Backend>(BACKEND, [pid])
  return rows[0]
}

/** Also hears the time: a process that only reads begins no transaction that would tell it. */
async function requireWritable({ client, clock }: Line): Promise<void> {
  const text = `SELECT current_setting('transaction_read_only') AS read_only, ${TIME}`
  const query = { text, query_timeout: PROBE_MS }
  const { rows } = await client.query<{ read_only: string; at: string }>(query)
  clock.hear(told(rows[0]?.at))
  if (rows[0]?.read_only !== 'off') throw readOnly()
}

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isTransient(error) || count > RETRIES) throw translated(error)
    }
  }
}

async function withLine<T>(pool: Pool, work: (line: Line) => Promise<T>): Promise<T> {
  const { connections } = pool
  const client = await connections.connect()
  try {
    return await work({ ...pool, client, session: connections.sessionOf(client) })
  } catch (error) {
    if (isSilence(error)) connections.condemn(client)
    else if (isUnavailable(error)) connections.spoil(client)
    throw error
  } finally {
    connections.release(client)
  }
}

async function inTransaction<T>(line: Line, work: () => Promise<T>, isSnapshot = false): Promise<T> {
  const { connections, client } = line
  try {
    const result = await line.clock.within(await begin(line, isSnapshot), work)
    const { command } = await client.query('COMMIT')
    if (command !== 'COMMIT') throw new Error('what failed within a transaction was taken for success')
    return result
  } catch (error) {
    // A silent connection loses its transaction by hanging up.
    if (isSilence(error)) connections.condemn(client)
    else await client.query('ROLLBACK').catch(() => connections.spoil(client))
    throw error
  }
}
