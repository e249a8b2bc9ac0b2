import type pg from 'pg'
import { StartError } from '../base/start-error.ts'
import { memberOf } from '../base/unknown.ts'
import { TIME, type Told, told } from './database-clock.ts'

/** Limits in ms; 0 is no limit. */
export interface SessionLimits {
  readonly statementTimeoutMs: number
  /** Wait for a lock; shorter than the statement's limit, so that the two errors differ. */
  readonly lockTimeoutMs: number
  /** Idle time of a transaction; after it the locks of a hanging process are free again. */
  readonly idleInTransactionMs: number
}

export interface Session {
  /** Behind a pooler, the next transaction may run in another session of Postgres. */
  readonly isPooled: boolean
}

/** A session that passed its check, and the time that it told. */
export interface CheckedSession extends Session, Told {}

/** Time until Postgres ends the session of an unresponsive client, and how often it checks for one that left. */
const LOST_CLIENT_MS = 15_000
const CLIENT_CHECK_MS = 2_000

/**
 * Sets everything that affects the meaning of a statement, so that no default of server, database, role or URL does.
 */
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
 * Settings for speed and liveness only. Parallel workers would take longer to start than any statement here needs, and
 * take time from other requests.
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

const GIVEN: readonly (readonly [name: string, value: string, remedy: string])[] = [
  ['server_encoding', 'UTF8', "make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"],
  ['integer_datetimes', 'on', 'use a Postgres that keeps time in whole numbers'],
  ['session_replication_role', 'origin', 'triggers guard the data and must not be off']
]

/** Returns the `options` of a connection's start; they follow and override those of the URL. */
export function startOptions(limits: SessionLimits, given = ''): string {
  const own = [...meaning(limits), ...COMFORT].map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
  return [given, ...own].filter((text) => text !== '').join(' ')
}

/**
 * Returns one query that begins a transaction. Behind a pooler it includes all settings, since nothing else lasts
 * there; otherwise the session has them.
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

/** Checks the settings of a new connection. Throws a StartError that names the faults, in one line. */
export async function checkSession(
  client: pg.ClientBase,
  limits: SessionLimits,
  timeoutMs: number
): Promise<CheckedSession> {
  const wanted = [...meaning(limits), ...GIVEN]
  const query = { text: SETTINGS, values: [wanted.map(([name]) => name)], query_timeout: timeoutMs }
  const look = async () => (await client.query<{ pid: number; name: string; setting: string; at: string }>(query)).rows
  let rows = await look()
  // A pooler invents the process id for its clients.
  const session = { ...told(rows[0]?.at), isPooled: Number(rows[0]?.pid) !== memberOf(client, 'processID') }
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

const SETTINGS = `SELECT pg_backend_pid() AS pid, name, setting, ${TIME} FROM pg_catalog.pg_settings
  WHERE name = ANY ($1::text[])`
