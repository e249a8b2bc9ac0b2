import type { Instant } from '../../base/instant.ts'
import { dayOf } from '../../base/time-zone.ts'
import { fields } from './recurrence.ts'

const WEEK_DAYS = 7
export const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December'
]

/**
 * Names a period: `March 2026`, `November 2025 to January 2026`, `week of 31 August 2026`, `15 October 2026 to 14
 * November 2026`, `1 March 2026`.
 */
export function periodLabel({ start, end }: { start: Instant; end: Instant }, timeZone: string): string {
  const first = dayOf(Date.parse(start), timeZone)
  const last = dayOf(Date.parse(end) - 1, timeZone)
  if (fields(first).day === 1 && fields(last + 1).day === 1) return span(monthName(first), monthName(last))
  if (last - first + 1 === WEEK_DAYS) return `week of ${dayName(first)}`
  return span(dayName(first), dayName(last))
}

function span(first: string, last: string): string {
  return first === last ? first : `${first} to ${last}`
}

function dayName(day: number): string {
  return `${fields(day).day} ${monthName(day)}`
}

function monthName(day: number): string {
  const { month } = fields(day)
  return `${MONTH_NAMES[month % 12]} ${Math.floor(month / 12)}`
}
