import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { withClient } from './database.ts'
import { subscribe } from './event-data.ts'
import type { EventScene } from './event-scene.ts'

/** Queries of an idle server, per second. */
export interface Asked {
  readonly transactions: number
  /** Reads of listeners and their progress. */
  readonly listeners: number
  readonly events: number
}

/** Without a listener, and with one. */
export interface Idle {
  readonly alone: Asked
  readonly subscribed: Asked
}

/** Backends tell their counts by then. */
const SETTLING_MS = 11_000

/** Counts what the idle server asks for. */
export async function measureIdle({ databaseUrl, target, receiver }: EventScene, seconds: number): Promise<Idle> {
  console.log('counting the queries of an idle server, without and with a listener')
  return withClient(databaseUrl, async (client) => {
    const alone = await countFor(client, seconds)
    await subscribe(target, receiver.origin)
    return { alone, subscribed: await countFor(client, seconds) }
  })
}

async function countFor(client: pg.Client, seconds: number): Promise<Asked> {
  await delay(SETTLING_MS)
  const before = await read(client)
  await delay(seconds * 1_000)
  const after = await read(client)
  const perSecond = (name: keyof Asked) => (after[name] - before[name]) / seconds
  return { transactions: perSecond('transactions'), listeners: perSecond('listeners'), events: perSecond('events') }
}

async function read(client: pg.Client): Promise<Asked> {
  const { rows } = await client.query<Asked>(COUNTS)
  const [counts] = rows
  if (counts) return counts
  throw new Error('the database has no statistics')
}

/** A query of listeners may look into each of their tables. */
const COUNTS = `SELECT max(scans) FILTER (WHERE relname <> 'event')::int AS listeners,
    max(scans) FILTER (WHERE relname = 'event')::int AS events,
    (SELECT (xact_commit + xact_rollback)::int FROM pg_stat_database WHERE datname = current_database()) AS transactions
  FROM (SELECT relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables
    WHERE relname IN ('event', 'event_listener', 'event_progress', 'event_delivery', 'event_replay')) t`
