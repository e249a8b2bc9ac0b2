import Big from 'big.js'
import type { DAY_COUNTS } from '../admin/dunning-plan.ts'
import { minorDigits } from '../base/money.ts'
import { DAY_MS } from '../base/time-zone.ts'

export type DayCount = (typeof DAY_COUNTS)[number]

const MONTH_DAYS = 30
const YEAR_DAYS: Readonly<Record<DayCount, number>> = { 'act/365': 365, 'act/360': 360, '30/360': 360 }

/** Returns the days from one day to another, both counted from 1970: as they are, or 30 for each month (30E/360). */
export function interestDays(from: number, to: number, dayCount: DayCount): number {
  return dayCount === '30/360' ? in30s(to) - in30s(from) : to - from
}

function in30s(day: number): number {
  const date = new Date(day * DAY_MS)
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth()
  return months * MONTH_DAYS + Math.min(date.getUTCDate(), MONTH_DAYS)
}

export interface Interest {
  readonly principal: string
  readonly currency: string
  /** In percent. */
  readonly yearlyRate: number
  readonly dayCount: DayCount
  readonly days: number
}

/** Returns simple interest, rounded half up to the minor unit once. */
export function lateInterest({ principal, currency, yearlyRate, dayCount, days }: Interest): string {
  const [percent, year] = [100, YEAR_DAYS[dayCount]]
  const product = new Big(principal).times(yearlyRate).times(days)
  return product
    .div(percent * year)
    .round(minorDigits(currency), Big.roundHalfUp)
    .toFixed()
}
