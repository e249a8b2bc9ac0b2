/** A point in time as the API writes it: UTC, milliseconds, `2026-01-15T10:00:00.000Z`. Sorts as text. */
export type Instant = string

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/
/** The common case, in UTC and certainly in the calendar: all days but 29 February. */
const PLAIN_DAY = '(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31'
const PLAIN_TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{3})?'
const PLAIN = new RegExp(`^(?!0000)\\d{4}-(?:${PLAIN_DAY})T${PLAIN_TIME}Z$`)
const DATE = /^\d{4}-\d\d-\d\d$/
/** Offsets before standard time have seconds. */
const PRINTED = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/
const DAY_MS = 86_400_000
const CANONICAL_LENGTH = '2026-01-15T10:00:00.000Z'.length

/** Reads an RFC 3339 date-time with its offset; cuts off digits below milliseconds. Undefined for any other text. */
export function parseInstant(source: string): Instant | undefined {
  if (PLAIN.test(source)) return source.length === CANONICAL_LENGTH ? source : `${source.slice(0, -1)}.000Z`
  const parts = DATE_TIME.exec(source)
  if (!parts) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', offset = 'Z'] = parts
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  if (!isCalendarDateTime(local)) return undefined
  const ms = fraction.slice(0, 3).padEnd(3, '0')
  return inRange(Date.parse(`${local}.${ms}${offset.toUpperCase()}`))
}

/** Reads a date as a UTC day: [its start, the next day's start]. Undefined for any other text. */
export function parseDay(source: string): readonly [Instant, Instant] | undefined {
  if (!DATE.test(source) || !isCalendarDateTime(`${source}T00:00:00`)) return undefined
  const start = Date.parse(`${source}T00:00:00Z`)
  const from = inRange(start)
  // The last day, which some use for "for ever", has no next day.
  return from ? [from, inRange(start + DAY_MS) ?? `${source}T23:59:59.999Z`] : undefined
}

/**
 * Reads a timestamptz as Postgres prints it, in any session's zone (`2026-01-15 05:00:00.12-05`). Throws on another
 * style of dates.
 */
export function instantFromPostgres(printed: string): Instant {
  const [whole, sign, hours = 0, minutes = 0, seconds = 0] = PRINTED.exec(printed) ?? []
  if (whole === undefined) throw new Error(`the database prints an instant as ${printed}`)
  const fraction = printed[19] === '.' ? printed.slice(20, 23).replace(/\D.*/, '') : ''
  const local = `${printed.slice(0, 10)}T${printed.slice(11, 19)}.${fraction.padEnd(3, '0')}Z`
  const aheadS = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
  return aheadS === 0 ? local : later(local, sign === '-' ? aheadS : -aheadS)
}

export function later(instant: Instant, seconds: number): Instant {
  return new Date(Date.parse(instant) + seconds * 1_000).toISOString()
}

/** Turns an inclusive end into an exclusive one. */
export function afterAll(until: Instant): Instant {
  return later(until, 0.001)
}

/** Date.parse rolls 30 February over into March; such a date comes back different. */
function isCalendarDateTime(local: string): boolean {
  const ms = Date.parse(`${local}Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(local)
}

function inRange(ms: number): Instant | undefined {
  if (Number.isNaN(ms)) return undefined
  const printed = new Date(ms).toISOString()
  return /^(?!0000)\d{4}-/.test(printed) ? printed : undefined
}
