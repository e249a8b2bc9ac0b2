import type pg from 'pg'
import { StartError } from '../base/start-error.ts'
import { sqlState } from './failure.ts'
import { LOCKS } from './locks.ts'

export interface Waiting {
  /** Gets the holder of the lock every few seconds. */
  readonly report: (text: string) => void
  readonly limitMs?: number
}

const LIMIT_MS = 300_000
const REPORT_INTERVAL_MS = 5_000
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Takes the lock for applying migrations, for as long as the client is connected. Throws a StartError that names the
 * holder after the limit.
 */
export async function lockMigrations(
  client: pg.Client,
  { report, limitMs = LIMIT_MS }: Waiting,
  reportMs = REPORT_INTERVAL_MS
): Promise<void> {
  for (let waitedMs = 0; ; ) {
    const sliceMs = Math.min(reportMs, limitMs - waitedMs)
    if (await locks(client, sliceMs)) return
    waitedMs += sliceMs
    const text = `migrations wait for their lock, which is held by ${await holder(client)}`
    if (waitedMs >= limitMs) throw new StartError(text)
    report(text)
  }
}

async function locks(client: pg.Client, limitMs: number): Promise<boolean> {
  const plain = await client.query<{ plain: string }>(`SELECT current_setting('lock_timeout') AS plain`)
  const set = (value: string) => client.query(`SELECT set_config('lock_timeout', $1, false)`, [value])
  await set(`${limitMs}ms`)
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCKS.migration])
    return true
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error
    return false
  } finally {
    await set(String(plain.rows[0]?.plain))
  }
}

async function holder(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ holder: string }>(
    `SELECT format('process %s of Postgres (%s from %s, %s since %s); SELECT pg_terminate_backend(%s) would end it',
        a.pid, coalesce(nullif(a.application_name, ''), 'a nameless client'), coalesce(host(a.client_addr), 'a socket'),
        coalesce(a.state, 'unknown'), to_char(a.state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), a.pid)
        AS holder
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = $1 AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [LOCKS.migration]
  )
  return rows.map((row) => row.holder).join(', ') || 'somebody who has just let go of it'
}
