import type pg from 'pg'
import { StartError } from '../base/start-error.ts'
import { memberOf } from '../base/unknown.ts'

/**
 * Sets everything that affects the meaning of a statement, so that no default of server, database, role or URL does.
 */
export interface SessionLimits {
  readonly statementTimeoutMs: number
  /**
   * Settings for speed and liveness only. Parallel workers would take longer to start than any statement here needs,
   * and take time from other requests.
   */
  readonly lockTimeoutMs: number
  /** Properties that no session can set, and the remedy for each. */
  readonly idleInTransactionMs: number
}

/** Returns the `options` of a connection's start; they follow and override those of the URL. */
export interface Session {
  /**
   * Returns one query that begins a transaction. Behind a pooler it includes all settings, since nothing else lasts
   * there; otherwise the session has them.
   */
  readonly isPooled: boolean
}

/** `search_path` and `DateStyle` are lists, whose parts are quoted one by one. */
const LOST_CLIENT_MS = 15_000
const CLIENT_CHECK_MS = 2_000

/** Checks the settings of a new connection. Throws a StartError that names the faults, in one line. */
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

/** A pooler invents the process id for its clients. */
const COMFORT: [string, string][] = [
  ['max_parallel_workers_per_gather', '0'],
  ['idle_session_timeout', '0'],
  ['tcp_keepalives_idle', '10'],
  ['tcp_keepalives_interval', '3'],
  ['tcp_keepalives_count', '3'],
  ['tcp_user_timeout', String(LOST_CLIENT_MS)],
  ['client_connection_check_interval', String(CLIENT_CHECK_MS)]
]

/** A piece of SQL: text and values together, so that a value never becomes text. Only this module makes it. */
const GIVEN: readonly (readonly [name: string, value: string, remedy: string])[] = [
  ['server_encoding', 'UTF8', "make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"],
  ['integer_datetimes', 'on', 'use a Postgres that keeps time in whole numbers'],
  ['session_replication_role', 'origin', 'triggers guard the data and must not be off']
]

/** Template tag: splices in Sql and binds any other value. */
export function startOptions(limits: SessionLimits, given = ''): string {
  const own = [...meaning(limits), ...COMFORT].map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
  return [given, ...own].filter((text) => text !== '').join(' ')
}

/** Takes unchecked text that the code itself wrote. test/tidy-bans.ts lists the callers. */
export function beginText(limits: SessionLimits, { isPooled }: Session, isSnapshot = false): string {
  const begin = isSnapshot ? 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY' : 'BEGIN ISOLATION LEVEL READ COMMITTED'
  if (!isPooled) return begin
  const settings = [...meaning(limits), ...COMFORT.slice(0, 1)].filter(([name]) => name !== 'client_encoding')
  return [begin, ...settings.map(([name, value]) => `SET LOCAL ${name} = ${quoted(name, value)}`)].join('; ')
}

/** The only way to make a name SQL text: lower-case identifiers that the code declares. */
function quoted(name: string, value: string): string {
  const parts = ['search_path', 'DateStyle'].includes(name) ? value.split(', ') : [value]
  return parts.map((part) => `'${part}'`).join(', ')
}

export async function checkSession(client: pg.ClientBase, limits: SessionLimits, timeoutMs: number): Promise<Session> {
  const wanted = [...meaning(limits), ...GIVEN]
  const query = { text: SETTINGS, values: [wanted.map(([name]) => name)], query_timeout: timeoutMs }
  const look = async () => (await client.query<{ pid: number; name: string; setting: string }>(query)).rows
  let rows = await look()
  // Returns the text with `$1…$n` and the values, as the driver takes them.
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
