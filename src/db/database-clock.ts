import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, systemClock } from '../base/clock.ts'

/**
 * The database's clock, which dates everything that is stored or compared, independent of the processes' clocks. A
 * process derives it from the quickest answer of the last minute and the time passed here since. It is not ahead of the
 * database as long as that one's clock goes on, and behind by at most the time of the answer.
 */
export interface DatabaseClock {
  /** In a transaction, not before its start: not before anything acknowledged until then. */
  readonly now: Clock
  /** The same in milliseconds. */
  readonly nowMs: () => number
  hear(time: Told): void
  /** Runs the work of a transaction that began at the told time. */
  within<T>(told: Told, work: () => T): T
}

/** The database's time and the local time of its arrival, in milliseconds. */
export interface Told {
  readonly atMs: number
  readonly heardMs: number
}

/** Selects the time of the database as one column. */
export const TIME = '(extract(epoch FROM clock_timestamp()) * 1000)::text AS "at"'

/** For this long, a quick answer is better than a newer one: an answer is old by the time it arrives. */
const KEPT_MS = 60_000

/** Call it as soon as the result of TIME arrives. */
export function told(at: string | undefined): Told {
  return { atMs: Number(at), heardMs: performance.now() }
}

/** Uses the process's clock until the database has told the time. */
export function databaseClock(): DatabaseClock {
  const transactions = new AsyncLocalStorage<Told>()
  let best: Told | undefined
  const hear = (time: Told) => {
    const isBetter = !best || time.heardMs - best.heardMs > KEPT_MS || ahead(time) > ahead(best)
    if (isBetter) best = time
  }
  const nowMs = () => {
    const begun = transactions.getStore() ?? best
    if (!begun || !best) return Date.parse(systemClock())
    return Math.floor(Math.max(ahead(begun), ahead(best)) + performance.now())
  }
  return {
    hear,
    now: () => new Date(nowMs()).toISOString(),
    nowMs,
    within: (time, work) => {
      hear(time)
      return transactions.run(time, work)
    }
  }
}

function ahead({ atMs, heardMs }: Told): number {
  return atMs - heardMs
}
