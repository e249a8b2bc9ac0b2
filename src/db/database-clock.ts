import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, systemClock } from '../base/clock.ts'
import type { Instant } from '../base/instant.ts'

/**
 * The clock of the database: the one by which whatever is stored or compared is dated, whatever the clocks of the
 * processes say. A process reckons it from what the database told it and the time that has passed here since; so it is
 * never ahead of the database, and behind it by no more than the answer took.
 */
export interface DatabaseClock {
  /** Within a transaction, no earlier than its start: not before anything that was acknowledged until then. */
  readonly now: Clock
  /** Runs the work of a transaction at whose start the database told the time. */
  within<T>(told: Told, work: () => T): T
}

/** The time of the database, and when it was heard here, in milliseconds. */
export interface Told {
  readonly atMs: number
  readonly heardMs: number
}

/** What is asked of the database, in the one row and column of its answer. */
export const TIME = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::text AS "at"'

/** What was told is old when it is heard: an answer that came quickly is better than a newer one, for so long. */
const KEPT_MS = 60_000

/** Reads the answer to TIME at once. */
export function told(at: string | undefined): Told {
  return { atMs: Number(at), heardMs: performance.now() }
}

/** Goes by the clock of the process as long as the database has told nothing. */
export function databaseClock(): DatabaseClock {
  const transactions = new AsyncLocalStorage<Told>()
  let best: Told | undefined
  return {
    now: () => {
      const known = [transactions.getStore(), best].flatMap((time) => (time ? [ahead(time)] : []))
      return known.length > 0 ? at(Math.max(...known) + performance.now()) : systemClock()
    },
    within: (time, work) => {
      const isBetter = !best || time.heardMs - best.heardMs > KEPT_MS || ahead(time) > ahead(best)
      if (isBetter) best = time
      return transactions.run(time, work)
    }
  }
}

function at(ms: number): Instant {
  return new Date(Math.floor(ms)).toISOString()
}

/** The difference between the clock of the database and the time that passes here. */
function ahead({ atMs, heardMs }: Told): number {
  return atMs - heardMs
}
