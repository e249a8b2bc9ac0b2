import type { Instant } from '../base/instant.ts'
import { DAY_MS, startOfDay } from '../base/time-zone.ts'
import { DAY } from '../billing/cycles/day.ts'

/** A day `YYYY-MM-DD` of a query or a body, as the days since 1970. */
export function day(description: string) {
  return DAY.transform((text) => Date.parse(text) / DAY_MS).meta({ description, format: 'date' })
}

export function startOf(day: number, timeZone: string): Instant {
  return new Date(startOfDay(day, timeZone)).toISOString()
}
