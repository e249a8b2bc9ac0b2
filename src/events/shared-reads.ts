import type { Queryable } from '../db/database.ts'
import type { View } from '../tmf/view.ts'
import { type EventRow, eventsAfter } from './outbox.ts'

/** Reads events as `eventsAfter` does. */
export type ReadEvents = (view: View, after: number, until: number, limit: number) => Promise<readonly EventRow[]>

/** Each holds the events of one read. */
const KEPT_MAX = 8

/** Keeps the last reads: listeners of one tenant that have come equally far ask for the same, soon after each other. */
export function sharedReads(queryable: Queryable): ReadEvents {
  const kept = new Map<string, Promise<readonly EventRow[]>>()
  return (view, after, until, limit) => {
    const key = JSON.stringify([view.tenantId, view.partnerId, after, until, limit])
    const known = kept.get(key)
    if (known) return known
    const read = eventsAfter(queryable, view, after, until, limit)
    kept.set(key, read)
    read.catch(() => kept.delete(key))
    for (const oldest of [...kept.keys()].slice(0, -KEPT_MAX)) kept.delete(oldest)
    return read
  }
}
