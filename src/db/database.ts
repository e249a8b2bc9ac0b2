import pg from 'pg'
import { Problem, type ProblemKind } from '../base/problem.ts'
import { quickly } from '../base/slow.ts'
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
  /** Runs fixed text that answers one column `name`: what migrations.ts asks of a pool and of a client alike. */
  query(text: string): Promise<{ rows: { name: string | null }[] }>
  close(): Promise<void>
}

/** A Queryable inside a transaction; functions that write take it as their first argument. */
export interface Transaction extends Queryable {
  readonly isTransaction: true
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
const RETRY_AFTER_S = '5'
const SERIALIZATION_FAILURE = '40001'
const DATA_EXCEPTION = /^22/
const INTEGRITY_VIOLATION = /^23/
const DEADLOCK_DETECTED = '40P01'
const QUERY_CANCELED = '57014'

/** Opens the pool. Connections are made when they are needed; an error of an idle one is handed to `onIdleError`. */
export function openDatabase(settings: DatabaseSettings, onIdleError: (error: Error) => void): Database {
  const pool = new pg.Pool({
    connectionString: settings.url,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    application_name: settings.applicationName,
    options: SESSION.concat(`statement_timeout=${settings.statementTimeoutMs}`)
      .map((setting) => `-c ${setting}`)
      .join(' '),
    types: { getTypeParser: () => asPrinted }
  })
  pool.on('error', onIdleError)
  // The pool itself listens to idle connections only. One that is lost between two statements of a transaction, or
  // just after it was given up, fails whatever is asked of it next; its event alone would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const names = new Map<string, string>()
  return {
    run: (statement, options) => run(pool, names, statement, options),
    query: (text) =>
      pool.query<{ name: string | null }>(text).catch((error: unknown) => Promise.reject(translated(error))),
    transaction: (work) => transaction(pool, names, work),
    close: () => pool.end()
  }
}

/**
 * UTC and ISO make printed values canonical (see representation.ts). A request is one of many: workers of its own
 * would take longer to start than any statement here needs, and take the time of the others.
 */
const SESSION: readonly string[] = ['timezone=UTC', 'datestyle=ISO', 'max_parallel_workers_per_gather=0']

const asPrinted = (value: string): string => value

async function run(
  client: pg.Pool | pg.PoolClient,
  names: Map<string, string>,
  statement: Sql,
  options: RunOptions = {}
): Promise<Result> {
  const { text, values } = render(statement)
  const name = options.prepared ? nameOf(text, names) : undefined
  try {
    const { rows, rowCount } = await client.query<(string | null)[]>({
      text,
      values: values as unknown[],
      rowMode: 'array',
      ...(name && { name })
    })
    return { rows, rowCount: rowCount ?? 0 }
  } catch (error) {
    throw translated(error)
  }
}

/** The name a statement is prepared under. The table of names is bounded, whatever clients think of asking. */
function nameOf(text: string, names: Map<string, string>): string | undefined {
  const known = names.get(text)
  if (known || names.size >= PREPARED_MAX) return known
  const name = `s${names.size}`
  names.set(text, name)
  return name
}

async function transaction<T>(
  pool: pg.Pool,
  names: Map<string, string>,
  work: (tx: Transaction) => Promise<T>
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptTransaction(pool, names, work)
    } catch (error) {
      const isTransient = [SERIALIZATION_FAILURE, DEADLOCK_DETECTED].includes(sqlState(error) ?? '')
      if (!isTransient || attempt > RETRIES) throw error
    }
  }
}

async function attemptTransaction<T>(
  pool: pg.Pool,
  names: Map<string, string>,
  work: (tx: Transaction) => Promise<T>
): Promise<T> {
  const client = await connect(pool)
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    const tx: Transaction = { isTransaction: true, run: (statement, options) => run(client, names, statement, options) }
    const result = await quickly(() => work(tx))
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure
    })
    throw translated(error)
  } finally {
    client.release(broken)
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw translated(error)
  }
}

/** The SQLSTATE of a database error, e.g. `23503`. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** Whether a value is none for the database, e.g. a number that is too large: to try again would not help. */
export function isDataException(error: unknown): error is Error {
  return DATA_EXCEPTION.test(sqlState(error) ?? '')
}

/** The same, or a constraint is violated. */
export function isDataRefused(error: unknown): error is Error {
  return isDataException(error) || INTEGRITY_VIOLATION.test(sqlState(error) ?? '')
}

/** The table that a database error is about: for a foreign key the one that refers. */
export function tableName(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.table : undefined
}

/** The constraint that a database error is about, e.g. the name of a unique index. */
export function constraintName(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined
}

/** Network errors, refused log-ins and a server going down are not the client's fault, nor a bug: 503. */
function translated(error: unknown): unknown {
  const state = sqlState(error)
  if (state === QUERY_CANCELED) return caused('statementTimeout', 'The database took too long', error)
  const isUnavailable = state ? UNAVAILABLE.test(state) : isConnectionError(error)
  return isUnavailable ? caused('unavailable', 'The database does not answer; try again later', error) : error
}

/** The cause is for the log; the client sees the message alone. */
function caused(kind: ProblemKind, message: string, cause: unknown): Problem {
  const problem = new Problem(kind, message, { 'Retry-After': RETRY_AFTER_S })
  problem.cause = cause
  return problem
}

/** Connection exceptions, insufficient resources, operator intervention (shutdown), failed authorization. */
const UNAVAILABLE = /^(08|53|57P|28)/

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Problem) return false
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return /^E[A-Z]+$/.test(code) || /timeout|terminated|Connection|not queryable/i.test(error.message)
}
