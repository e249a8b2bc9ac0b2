import { DAY_MS, dayOf, startOfDay } from '../../base/time-zone.ts'
import { CYCLES } from '../../messages/cycle.ts'
import { Problem } from '../../messages/problem.ts'

/** Consecutive periods of a number of days or months from a first day on, in a time zone. */
export interface Recurrence {
  readonly unit: 'day' | 'month'
  readonly count: number
  /** The first day of the first period; see time-zone.ts. */
  readonly anchor: number
  readonly timeZone: string
}

/** Milliseconds since the epoch. The end is exclusive and begins the next period. */
export interface Period {
  readonly start: number
  readonly end: number
}

const COUNT_MAX = 366

/**
 * Reads day, week, month, quarter or year, also daily, weekly, monthly, quarterly, yearly or annually, or several of
 * them, e.g. `2 weeks`. Throws `unprocessable` for any other text.
 */
export function readFrequency(frequency: string): Pick<Recurrence, 'unit' | 'count'> {
  const [, several, word = ''] = FREQUENCY.exec(frequency.trim().toLowerCase()) ?? []
  const step = STEPS.get(several === undefined ? (ADVERBS.get(word) ?? word) : word)
  const count = Number(several ?? 1)
  if (step && count >= 1 && count <= COUNT_MAX) return { unit: step.unit, count: step.count * count }
  throw CYCLES.frequency(JSON.stringify(frequency), [...STEPS.keys(), ...ADVERBS.keys()])
}

/** Throws `invalidField` for a frequency that `readFrequency` does not read. */
export function requireFrequency(frequency: string): void {
  try {
    readFrequency(frequency)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw CYCLES.frequencyField(error.message)
  }
}

const FREQUENCY = /^(?:every )?(?:(\d{1,3}) )?([a-z]+?)s?$/
const STEPS: ReadonlyMap<string, Pick<Recurrence, 'unit' | 'count'>> = new Map([
  ['day', { unit: 'day', count: 1 }],
  ['week', { unit: 'day', count: 7 }],
  ['month', { unit: 'month', count: 1 }],
  ['quarter', { unit: 'month', count: 3 }],
  ['year', { unit: 'month', count: 12 }]
])
const ADVERBS: ReadonlyMap<string, string> = new Map([
  ['daily', 'day'],
  ['weekly', 'week'],
  ['monthly', 'month'],
  ['quarterly', 'quarter'],
  ['yearly', 'year'],
  ['annually', 'year']
])

/** Returns the start of a period; the first has the index 0. */
export function startOf(recurrence: Recurrence, index: number): number {
  return startOfDay(firstDay(recurrence, index), recurrence.timeZone)
}

/** Returns the index of the period that contains a time; negative before the first day. */
export function indexAt(recurrence: Recurrence, time: number): number {
  let index = estimate(recurrence, dayOf(time, recurrence.timeZone))
  // A short month and a change of the clocks each put the estimate off by at most one; a day that a zone skipped is an
  // empty period.
  while (startOf(recurrence, index) > time) index--
  while (startOf(recurrence, index + 1) <= time) index++
  return index
}

/** Returns the first day of a period, or the month's last if the month lacks that day. */
function firstDay({ unit, count, anchor }: Recurrence, index: number): number {
  if (unit === 'day') return anchor + index * count
  const { month, day } = fields(anchor)
  const first = dayNumber(month + index * count, 1)
  const length = dayNumber(month + index * count + 1, 1) - first
  return first + Math.min(day, length) - 1
}

function estimate({ unit, count, anchor }: Recurrence, day: number): number {
  const elapsed = unit === 'day' ? day - anchor : fields(day).month - fields(anchor).month
  return Math.floor(elapsed / count)
}

/** Splits a calendar day: its month, counted from January of the year 0, and its day in that month, from 1. */
export function fields(day: number): { readonly month: number; readonly day: number } {
  const date = new Date(day * DAY_MS)
  return { month: date.getUTCFullYear() * 12 + date.getUTCMonth(), day: date.getUTCDate() }
}

function dayNumber(month: number, day: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, day) / DAY_MS
}
