import type { Database } from '../db/database.ts'
import { EVENTS } from '../messages/event.ts'
import type { View } from '../tmf/view.ts'
import { type EventRow, horizon } from './outbox.ts'
import { sharedReads } from './shared-reads.ts'

/** A reader of the feed. */
export interface Reader {
  /** Called at regular times, whether or not there is something new; `nowMs` is of a monotonic clock. */
  look(nowMs: number): void
}

/** The events of a database, followed by one query for all readers of this process. */
export interface Feed {
  /** The position up to which events can be read; 0 before the first look. */
  readonly until: number
  /** Lets a reader follow. Returns the function that lets it leave. Throws `tooManyRequests`. */
  join(reader: Reader, tenant: string, principal: string): () => void
  /** Reads the next events of a view up to `until`. Readers at the same place share what is read. */
  next(view: View, after: number, read: <T>(work: () => Promise<T>) => Promise<T>): Promise<Batch>
}

export interface Batch {
  readonly events: readonly EventRow[]
  /** Where to go on. */
  readonly position: number
}

const PER_PRINCIPAL_MAX = 10
const PER_TENANT_MAX = 100
const RETRY_S = 5
const LOOK_INTERVAL_MS = 100
const BATCH_MAX = 100

const feeds = new WeakMap<Database, Feed>()

export function feedOf(database: Database): Feed {
  const feed = feeds.get(database) ?? openFeed(database)
  feeds.set(database, feed)
  return feed
}

function openFeed(database: Database): Feed {
  const readers = new Map<Reader, Owners>()
  const eventsOf = sharedReads(database)
  let until = 0
  let timer: NodeJS.Timeout | undefined
  let isLooking = false
  return {
    get until() {
      return until
    },
    join: (reader, ...owners) => {
      requireRoom(readers, owners)
      readers.set(reader, owners)
      timer ??= setInterval(look, LOOK_INTERVAL_MS).unref()
      return () => {
        readers.delete(reader)
        if (readers.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
    next: async (view, after, read) => {
      const to = until
      const events = await read(() => eventsOf(view, after, to, BATCH_MAX))
      const last = events.length === BATCH_MAX ? events.at(-1) : undefined
      return { events, position: last?.position ?? to }
    }
  }

  function look(): void {
    const nowMs = performance.now()
    for (const reader of readers.keys()) reader.look(nowMs)
    if (isLooking) return
    isLooking = true
    horizon(database)
      .then((position) => {
        until = Math.max(until, position)
      })
      // While the database is away there is nothing to read.
      .catch(() => undefined)
      .finally(() => {
        isLooking = false
      })
  }
}

type Owners = readonly [tenant: string, principal: string]

function requireRoom(readers: ReadonlyMap<Reader, Owners>, [tenant, principal]: Owners): void {
  const all = [...readers.values()].filter((owners) => owners[0] === tenant)
  const own = all.filter((owners) => owners[1] === principal)
  const refusal =
    own.length >= PER_PRINCIPAL_MAX
      ? EVENTS.tooManyStreams(PER_PRINCIPAL_MAX)
      : all.length >= PER_TENANT_MAX && EVENTS.tooManyOfTenant(PER_TENANT_MAX)
  if (refusal) throw refusal.with({ 'Retry-After': String(RETRY_S) })
}
