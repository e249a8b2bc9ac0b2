import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { Clock } from '../base/clock.ts'
import { quickly } from '../pace/slow.ts'
import { type Connections, openPool, sessionLimits } from './connection.ts'
import { type DatabaseClock, databaseClock, TIME, type Told, told } from './database-clock.ts'
import { isSilence, isTransient, isUnavailable, readOnly, translated } from './failure.ts'
import { BACKEND, type Backend, OWN_BACKEND, watchBackend } from './lifeline.ts'
import { beginText, type Session, type SessionLimits } from './session.ts'
import { render, type Sql } from './sql.ts'

/** Where statements run: the pool, or the one connection of a transaction. */
export interface Queryable {
  /** Runs a statement. Every value comes back as the text Postgres prints, or null. */
  run(statement: Sql, options?: RunOptions): Promise<Result>
}

export interface RunOptions {
  /** Prepare the statement once per connection. Only for statements of few shapes: each stays in memory there. */
  readonly prepared?: boolean
}

export interface Result {
  readonly rows: readonly (readonly (string | null)[])[]
  readonly rowCount: number
}

export interface Database extends Queryable {
  /** Runs `work` in one transaction, again from the start when Postgres says so (serialization failure, deadlock). */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** The same for work that only reads, and sees everything as it is when it begins to. */
  snapshot<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** The clock of the database: every process that works on it has the same time. */
  readonly clock: Clock
  /** Throws a Problem, soon, while the database does not answer or takes no changes. */
  requireWritable(): Promise<void>
  /** Runs fixed text that answers one column `name`: what migrations.ts asks of a pool and of a client alike. */
  query(text: string): Promise<{ rows: { name: string | null }[] }>
  /** Fails what is under way and whatever comes; only `close` is left. */
  cut(): void
  close(): Promise<void>
}

/** A Queryable inside a transaction; functions that write take it as their first argument. */
export interface Transaction extends Queryable {
  /**
   * Lets what follows take its time, as no client waits for it. A process that stands still loses the transaction all
   * the same.
   */
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
/** Whoever asks whether the database answers does not wait for long. */
const PROBE_MS = 2_000
/** The longest that a timer can wait, which is for weeks. */
const UNLIMITED_MS = 2_147_483_647

/** Opens the pool. Connections are made when they are needed; an error of an idle one is handed to `onIdleError`. */
export function openDatabase(settings: DatabaseSettings, onIdleError: (error: Error) => void): Database {
  const limits = sessionLimits(settings.statementTimeoutMs)
  const types = { getTypeParser: () => asPrinted }
  const connections = openPool({ ...settings, ...limits, types }, settings.poolSize, onIdleError)
  const clock = databaseClock()
  const pool: Pool = { connections, limits, clock, names: new Map() }
  const inOne = <T>(work: (tx: Transaction) => Promise<T>, isSnapshot: boolean) =>
    retried(() =>
      withLine(pool, (line) => {
        const { tx, end } = transactionOn(pool, line)
        return inTransaction(line, () => quickly(() => work(tx)), isSnapshot).finally(end)
      })
    )
  return {
    run: (statement, options) => single(pool, (line) => run(line, statement, options)),
    query: (text) => single(pool, ({ client }) => client.query<{ name: string | null }>(text)),
    transaction: (work) => inOne(work, false),
    snapshot: (work) => inOne(work, true),
    clock: clock.now,
    requireWritable: () => single(pool, requireWritable),
    cut: connections.cut,
    close: connections.close
  }
}

interface Pool {
  readonly connections: Connections
  readonly limits: SessionLimits
  readonly clock: DatabaseClock
  /** The names of the statements that are prepared, by their text. */
  readonly names: Map<string, string>
}

/** A connection that is taken from the pool. */
interface Line extends Pool {
  readonly client: pg.PoolClient
  readonly session: Session
}

const asPrinted = (value: string): string => value

/** Runs one statement for itself; behind a pooler in a transaction, as it could rely on nothing otherwise. */
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
    run: (statement, options) =>
      run(line, statement, options, limitMs).catch((error: unknown) => {
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

async function run(line: Line, statement: Sql, options: RunOptions = {}, limitMs?: number): Promise<Result> {
  const { text, values } = render(statement)
  // What one session of Postgres has prepared, the next one does not know.
  const name = options.prepared && !line.session.isPooled ? nameOf(text, line.names) : undefined
  const query = {
    text,
    values: values as unknown[],
    rowMode: 'array' as const,
    ...(name && { name }),
    ...(limitMs && { query_timeout: limitMs })
  }
  const { rows, rowCount } = await line.client.query<(string | null)[]>(query)
  return { rows, rowCount: rowCount ?? 0 }
}

/**
 * The name a statement is prepared under: the same text has the same name in every process, and no other text has it.
 * The table of names is bounded, whatever clients think of asking.
 */
function nameOf(text: string, names: Map<string, string>): string | undefined {
  const known = names.get(text)
  if (known || names.size >= PREPARED_MAX) return known
  const name = createHash('sha256').update(text).digest('base64url')
  names.set(text, name)
  return name
}

/** Begins, and hears the time of the database with the same answer. */
async function begin({ client, limits, session }: Line, isSnapshot: boolean): Promise<Told> {
  const row = await lastRow<{ at: string }>(client, [beginText(limits, session, isSnapshot), TIME])
  return told(row?.at)
}

/** Runs statements as one query, and returns the only row of the last one. */
async function lastRow<T extends pg.QueryResultRow>(client: pg.PoolClient, texts: string[]): Promise<T | undefined> {
  const results: unknown = await client.query(texts.join('; '))
  return (results as pg.QueryResult<T>[]).at(-1)?.rows[0]
}

async function backendOf({ client }: Line, pid: string): Promise<Backend | undefined> {
  const { rows } = await client.query<Backend>(BACKEND, [pid])
  return rows[0]
}

async function requireWritable({ client }: Line): Promise<void> {
  const query = { text: `SELECT current_setting('transaction_read_only') AS read_only`, query_timeout: PROBE_MS }
  const { rows } = await client.query<{ read_only: string }>(query)
  if (rows[0]?.read_only !== 'off') throw readOnly()
}

/** Works again from the start when Postgres says that this may help. */
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
    // One that does not answer loses its transaction when it is hung up.
    if (isSilence(error)) connections.condemn(client)
    else await client.query('ROLLBACK').catch(() => connections.spoil(client))
    throw error
  }
}
