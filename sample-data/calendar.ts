import type { Instant } from '../src/base/instant.ts'
import { MONTH_NAMES } from '../src/billing/cycles/period-label.ts'

/** Times are milliseconds, days and months are those of UTC; the past year ends with October 2026. */
export const SECOND = 1_000
export const HOUR = 3_600 * SECOND
export const DAY = 24 * HOUR

/** The moment the data shows: what was to happen by then has happened. */
export const AS_OF = Date.UTC(2026, 10, 4)

/** A stretch of time; its end is the start of the next one. */
export interface Period {
  readonly start: number
  readonly end: number
}

/** Midnight of a day; months count from 0 and may lie beyond 11, as in Date.UTC. */
export function midnight(year: number, month: number, day = 1): number {
  return Date.UTC(year, month, day)
}

/** A time as the API writes it. */
export function instant(time: number): Instant {
  return new Date(time).toISOString()
}

/** A period as the API writes it: its end is the last second that belongs to it. */
export function timePeriod({ start, end }: Period): { startDateTime: Instant; endDateTime: Instant } {
  return { startDateTime: instant(start), endDateTime: instant(end - SECOND) }
}

/** For people, e.g. `15 October 2026`. */
export function dayName(time: number): string {
  return `${new Date(time).getUTCDate()} ${monthName(time)}`
}

/** For people, e.g. `October 2026`. */
export function monthName(time: number): string {
  const date = new Date(time)
  return `${MONTH_NAMES[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}
