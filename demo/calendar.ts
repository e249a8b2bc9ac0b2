import { monthName } from '../sample-data/calendar.ts'
import type { Instant } from '../src/base/instant.ts'
import { DAY_MS, dayOf, startOfDay } from '../src/base/time-zone.ts'

/** A month in a time zone; its end is exclusive. */
export interface Month {
  readonly start: Instant
  readonly end: Instant
  /** For people, e.g. `October 2026`. */
  readonly name: string
  /** The day after it, e.g. `2026-11-01`. */
  readonly dayAfter: string
}

/** Returns the last complete month in a time zone. */
export function lastMonth(now: Instant, timeZone: string): Month {
  const today = new Date(dayOf(Date.parse(now), timeZone) * DAY_MS)
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth()]
  const [first, next] = [Date.UTC(year, month - 1), Date.UTC(year, month)]
  const instant = (day: number) => new Date(startOfDay(day / DAY_MS, timeZone)).toISOString()
  return { start: instant(first), end: instant(next), name: monthName(first), dayAfter: dayText(next) }
}

/** Returns a day such as `2026-11-23`. */
export function dayIn(timeZone: string, instant: Instant): string {
  return dayText(dayOf(Date.parse(instant), timeZone) * DAY_MS)
}

/** Returns the instant at which a share of a month, from 0 up to but not including 1, has passed. */
export function instantWithin({ start, end }: Month, share: number): Instant {
  const from = Date.parse(start)
  return new Date(from + Math.floor((Date.parse(end) - from) * share)).toISOString()
}

function dayText(midnight: number): string {
  return new Date(midnight).toISOString().slice(0, 10)
}
