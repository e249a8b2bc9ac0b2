import { CYCLES } from '../messages/cycle.ts'
import type { Instant } from './instant.ts'

/**
 * Days in a time zone. A day is a number counted from 1 January 1970, the same in every zone; a time is milliseconds
 * since the epoch. The runtime provides the zones of the IANA database.
 */
const SECOND_MS = 1_000
const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

/**
 * Returns the midnight that begins a day. If the clocks skip midnight, the day begins with that change (a day skipped
 * as a whole begins with the next one); if midnight comes twice, with the first.
 */
export function startOfDay(day: number, timeZone: string): number {
  const midnight = day * DAY_MS
  // No offset reaches a day, so these are the offsets on both sides of a change near midnight.
  const offsets = [offsetAt(midnight - DAY_MS, timeZone), offsetAt(midnight + DAY_MS, timeZone)]
  const times = offsets.map((offset) => midnight - offset)
  const found = times.filter((time) => time + offsetAt(time, timeZone) === midnight)
  return found.length > 0 ? Math.min(...found) : changeBetween(Math.min(...times), Math.max(...times), timeZone)
}

export function dayOf(time: number, timeZone: string): number {
  return Math.floor((time + offsetAt(time, timeZone)) / DAY_MS)
}

/** Writes a day, such as 2026-11-30. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** Writes an instant in a zone (RFC 3339): `2026-04-01T02:00:00.000+02:00`. */
export function offsetTime(instant: Instant, timeZone: string): string {
  const time = Date.parse(instant)
  const offset = Math.round(offsetAt(time, timeZone) / MINUTE_MS)
  const local = new Date(time + offset * MINUTE_MS).toISOString().slice(0, -1)
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
    String(part).padStart(2, '0')
  )
  return `${local}${offset < 0 ? '-' : '+'}${hours}:${minutes}`
}

/** Returns the first second after `before` with the offset of `after`. One change of the clocks lies between them. */
function changeBetween(before: number, after: number, timeZone: string): number {
  const target = offsetAt(after, timeZone)
  let [early, late] = [before / SECOND_MS, after / SECOND_MS]
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2)
    if (offsetAt(middle * SECOND_MS, timeZone) === target) late = middle
    else early = middle
  }
  return late * SECOND_MS
}

/**
 * Accepts `UTC` and names with an area. Abbreviations such as CET have daylight saving time in the runtime, but not in
 * the database.
 */
export function isTimeZone(name: string): boolean {
  if (!/^(?:UTC|\w+\/[\w/+-]+)$/.test(name)) return false
  try {
    // Not cached: Intl ignores case, and a client may send thousands of spellings.
    return new Intl.DateTimeFormat('en-US', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/** Returns the lead of a zone's clocks on UTC, in milliseconds. */
function offsetAt(time: number, timeZone: string): number {
  const printed = formatter(timeZone).format(time)
  const [month = 0, day, year = 0, hour, minute, second] = [...printed.matchAll(/\d+/g)].map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / SECOND_MS) * SECOND_MS
}

const formatters = new Map<string, Intl.DateTimeFormat>()

/** Caches formatters, which are slow to make; there are as many as zones in use. */
function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known) return known
  const made = makeFormatter(timeZone)
  formatters.set(timeZone, made)
  return made
}

function makeFormatter(timeZone: string): Intl.DateTimeFormat {
  const number = 'numeric'
  const fields = { year: number, month: number, day: number, hour: number, minute: number, second: number } as const
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...fields })
  } catch {
    throw CYCLES.timeZone(timeZone)
  }
}
