import type { Instant } from '../src/base/instant.ts'
import { MONTH_NAMES } from '../src/billing/cycles/period-label.ts'

/** Times are milliseconds, days and months are those of UTC; the past year ends with October 2026. */
export const SECOND = 1_000
export const HOUR = 3_600 * SECOND
export const DAY = 24 * HOUR

/** The present of the demo data. */
export const AS_OF = Date.UTC(2026, 10, 4)

/** A period; its end is exclusive. */
export interface Period {
  readonly start: number
  readonly end: number
}

/** Months count from 0 and may exceed 11, as in Date.UTC. */
export function midnight(year: number, month: number, day = 1): number {
  return Date.UTC(year, month, day)
}

export function instant(time: number): Instant {
  return new Date(time).toISOString()
}

/** As the API writes it: the end is the last second in the period. */
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
