import type pg from 'pg'
import { StartError } from '../base/start-error.ts'
import { memberOf } from '../base/unknown.ts'

/** What a session may take its time for; 0 is no limit. */
export interface SessionLimits {
  readonly statementTimeoutMs: number
  /** How long a statement waits for a lock. Shorter than the statement's own limit, so that it is told apart. */
  readonly lockTimeoutMs: number
  /** How long a transaction may do nothing, be it that its process hangs: then what it locked is free again. */
  readonly idleInTransactionMs: number
}

/** What a connection turned out to lead to. */
export interface Session {
  /** A pooler stands between: the next transaction may run in another session of Postgres. */
  readonly isPooled: boolean
}

/** How long Postgres keeps the session of a client that takes nothing, and how often it looks for one that left. */
const LOST_CLIENT_MS = 15_000
const CLIENT_CHECK_MS = 2_000

/** Everything that decides what a statement means, so that no default of a server, database, role or URL does. */
function meaning({ statementTimeoutMs, lockTimeoutMs, idleInTransactionMs }: SessionLimits): [string, string][] {
  return [
    ['TimeZone', 'UTC'],
    ['DateStyle', 'ISO, MDY'],
    ['IntervalStyle', 'postgres'],
    ['client_encoding', 'UTF8'],
    ['standard_conforming_strings', 'on'],
    ['search_path', 'public'],
    ['default_transaction_isolation', 'read committed'],
    ['default_transaction_deferrable', 'off'],
    ['statement_timeout', String(statementTimeoutMs)],
    ['lock_timeout', String(lockTimeoutMs)],
    ['idle_in_transaction_session_timeout', String(idleInTransactionMs)]
  ]
}

/**
 * What serves speed and liveness alone. A request is one of many: workers of its own would take longer to start than
 * any statement here needs, and take the time of the others.
 */
const COMFORT: [string, string][] = [
  ['max_parallel_workers_per_gather', '0'],
  ['idle_session_timeout', '0'],
  ['tcp_keepalives_idle', '10'],
  ['tcp_keepalives_interval', '3'],
  ['tcp_keepalives_count', '3'],
  ['tcp_user_timeout', String(LOST_CLIENT_MS)],
  ['client_connection_check_interval', String(CLIENT_CHECK_MS)]
]

/** What nobody can set for a session, and why it matters. */
const GIVEN: readonly (readonly [name: string, value: string, remedy: string])[] = [
  ['server_encoding', 'UTF8', "make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"],
  ['integer_datetimes', 'on', 'use a Postgres that keeps time in whole numbers'],
  ['session_replication_role', 'origin', 'triggers guard the data and must not be off']
]

/** The `options` of a connection's start, after those of its URL: what comes later counts. */
export function startOptions(limits: SessionLimits, given = ''): string {
  const own = [...meaning(limits), ...COMFORT].map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
  return [given, ...own].filter((text) => text !== '').join(' ')
}

/**
 * Begins a transaction, as one query. Behind a pooler it brings along all that a statement must be able to rely on, for
 * nothing else lasts there; otherwise the session has it.
 */
export function beginText(limits: SessionLimits, { isPooled }: Session, isSnapshot = false): string {
  const begin = isSnapshot ? 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY' : 'BEGIN ISOLATION LEVEL READ COMMITTED'
  if (!isPooled) return begin
  const settings = [...meaning(limits), ...COMFORT.slice(0, 1)].filter(([name]) => name !== 'client_encoding')
  return [begin, ...settings.map(([name, value]) => `SET LOCAL ${name} = ${quoted(name, value)}`)].join('; ')
}

/** `search_path` and `DateStyle` are lists, whose parts are quoted one by one. */
function quoted(name: string, value: string): string {
  const parts = ['search_path', 'DateStyle'].includes(name) ? value.split(', ') : [value]
  return parts.map((part) => `'${part}'`).join(', ')
}

/**
 * Looks whether a new connection is what every statement relies on. Throws a StartError that names what is not, in one
 * line.
 */
export async function checkSession(client: pg.ClientBase, limits: SessionLimits, timeoutMs: number): Promise<Session> {
  const wanted = [...meaning(limits), ...GIVEN]
  const query = { text: SETTINGS, values: [wanted.map(([name]) => name)], query_timeout: timeoutMs }
  const look = async () => (await client.query<{ pid: number; name: string; setting: string }>(query)).rows
  let rows = await look()
  // A pooler makes up the process id that it tells its clients.
  const session = { isPooled: Number(rows[0]?.pid) !== memberOf(client, 'processID') }
  if (session.isPooled) {
    await client.query(beginText(limits, session))
    rows = await look()
    await client.query('ROLLBACK')
  }
  const found = new Map(rows.map(({ name, setting }) => [name, setting]))
  for (const [name, value, remedy] of wanted) {
    const actual = found.get(name)
    if (actual === value) continue
    const must = `The database has ${name} = ${actual}, which must be ${value}`
    throw new StartError(remedy ? `${must}: ${remedy}` : must)
  }
  return session
}

const SETTINGS =
  'SELECT pg_backend_pid() AS pid, name, setting FROM pg_catalog.pg_settings WHERE name = ANY ($1::text[])'
