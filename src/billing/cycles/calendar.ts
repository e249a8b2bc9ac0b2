import type { Instant } from '../../base/instant.ts'
import { dayOf, startOfDay } from '../../base/time-zone.ts'
import { CYCLES } from '../../messages/cycle.ts'
import { indexAt, type Period, type Recurrence, readFrequency, startOf } from './recurrence.ts'

/** The date rules of a billCycleSpecification. Its validFor begins on the first day of the first period. */
export interface CycleSpecification {
  readonly frequency?: string
  /** The recurrence if `frequency` is missing. */
  readonly billingPeriod?: string
  /** Days from the start of the period; without it, the billing date is the first day after the period. */
  readonly billingDateShift?: number
  /** Days from the billing date. */
  readonly chargeDateOffset?: number
  readonly creditDateOffset?: number
  readonly mailingDateOffset?: number
  readonly paymentDueDateOffset?: number
  readonly validFor?: TimePeriod
}

export interface PostedDates {
  readonly billingDate?: Instant
  readonly chargeDate?: Instant
  readonly creditDate?: Instant
  readonly mailingDate?: Instant
  readonly paymentDueDate?: Instant
  readonly validFor?: TimePeriod
}

export interface TimePeriod {
  readonly startDateTime?: Instant
  readonly endDateTime?: Instant
}

/** All dates of a cycle. The end of its period is exclusive and begins the next one. */
export interface CycleDates {
  readonly start: Instant
  readonly end: Instant
  readonly billingDate: Instant
  /** Charges, and credits, before these dates are billed. */
  readonly chargeDate: Instant
  readonly creditDate: Instant
  readonly mailingDate: Instant
  /** Undefined: the account's own term of payment applies. */
  readonly paymentDueDate?: Instant | undefined
}

/**
 * Selects a period: by index from 0; the one that contains an instant, or the first if that begins later; or the rest
 * of one from an instant on, for a cycle that follows another.
 */
export type Which = { readonly index: number } | { readonly at: Instant } | { readonly from: Instant }

const OFFSET_MAX = 3_660
/** A date outside is a typing error, or stands for ever. */
const EARLIEST = Date.parse('1900-01-01T00:00:00.000Z')
const LATEST = Date.parse('3000-01-01T00:00:00.000Z')
/** An end within the last second of a day, as in `23:59:59`, includes the whole day. */
const LAST_SECOND_MS = 1_000

/** Returns the dates of one period. Throws `unprocessable` if the specification does not determine them. */
export function cycleDates(specification: CycleSpecification, which: Which, timeZone: string): CycleDates {
  const period = periodOf(recurrenceOf(specification, timeZone), which)
  return datesOf(specification, period, {}, timeZone)
}

/**
 * Returns the posted dates of a cycle, and derives missing ones from its specification. Without a start of the period,
 * it is the period of the billing date. Throws `unprocessable` if neither gives a date.
 */
export function effectiveDates(cycle: PostedDates, specification: CycleSpecification, timeZone: string): CycleDates {
  return datesOf(specification, postedPeriod(cycle, specification, timeZone), cycle, timeZone)
}

export function isDerivable({ validFor = {}, billingDate }: PostedDates, specification: CycleSpecification): boolean {
  const { startDateTime, endDateTime } = validFor
  if (startDateTime && endDateTime) return true
  const recurs = frequencyOf(specification) !== undefined && specification.validFor?.startDateTime !== undefined
  return recurs && (startDateTime ?? endDateTime ?? billingDate) !== undefined
}

function postedPeriod(cycle: PostedDates, specification: CycleSpecification, timeZone: string): Period {
  const { startDateTime, endDateTime } = cycle.validFor ?? {}
  const recurrence = () => recurrenceOf(specification, timeZone)
  const end = endDateTime === undefined ? undefined : wholeDays(milliseconds(endDateTime), timeZone)
  if (startDateTime !== undefined) {
    const start = milliseconds(startDateTime)
    if (end === undefined) return periodOf(recurrence(), { from: startDateTime })
    if (end >= start) return { start, end }
    throw CYCLES.endsBeforeStart(String(endDateTime))
  }
  if (end !== undefined) return { ...periodBefore(recurrence(), end), end }
  if (cycle.billingDate !== undefined) return periodBilledOn(specification, recurrence(), cycle.billingDate)
  throw CYCLES.noPeriod()
}

function wholeDays(end: number, timeZone: string): number {
  const midnight = startOfDay(dayOf(end, timeZone) + 1, timeZone)
  return midnight - end <= LAST_SECOND_MS ? midnight : end
}

/**
 * Returns the period of a billing date: the one that ended last or, with a shift, the one that began that many days
 * before.
 */
function periodBilledOn(specification: CycleSpecification, recurrence: Recurrence, billingDate: Instant): Period {
  const { timeZone } = recurrence
  const time = milliseconds(billingDate)
  const shift = offset(specification, 'billingDateShift')
  if (shift === undefined) return periodBefore(recurrence, startOf(recurrence, indexAt(recurrence, time)))
  const begun = startOfDay(dayOf(time, timeZone) - shift, timeZone)
  return periodNumbered(recurrence, indexAt(recurrence, begun))
}

function periodBefore(recurrence: Recurrence, time: number): Period {
  return periodNumbered(recurrence, indexAt(recurrence, time - 1))
}

function periodNumbered(recurrence: Recurrence, index: number): Period {
  if (index < 0) throw CYCLES.beforeSpecification()
  return { start: startOf(recurrence, index), end: startOf(recurrence, index + 1) }
}

function periodOf(recurrence: Recurrence, which: Which): Period {
  if ('index' in which) return periodNumbered(recurrence, which.index)
  if ('at' in which) return periodNumbered(recurrence, Math.max(indexAt(recurrence, milliseconds(which.at)), 0))
  const start = milliseconds(which.from)
  return { ...periodNumbered(recurrence, indexAt(recurrence, start)), start }
}

function datesOf(
  specification: CycleSpecification,
  { start, end }: Period,
  posted: PostedDates,
  timeZone: string
): CycleDates {
  const after = (time: number, days: number) => startOfDay(dayOf(time, timeZone) + days, timeZone)
  const shift = offset(specification, 'billingDateShift')
  const usual = shift === undefined ? after(end - 1, 1) : after(start, shift)
  const billing = posted.billingDate === undefined ? usual : milliseconds(posted.billingDate)
  const counted = (name: OffsetName) => {
    const days = offset(specification, name)
    return days === undefined ? undefined : instant(after(billing, days))
  }
  return {
    start: instant(start),
    end: instant(end),
    billingDate: instant(billing),
    chargeDate: posted.chargeDate ?? counted('chargeDateOffset') ?? instant(end),
    creditDate: posted.creditDate ?? counted('creditDateOffset') ?? instant(end),
    mailingDate: posted.mailingDate ?? counted('mailingDateOffset') ?? instant(billing),
    paymentDueDate: posted.paymentDueDate ?? counted('paymentDueDateOffset')
  }
}

function recurrenceOf(specification: CycleSpecification, timeZone: string): Recurrence {
  const frequency = frequencyOf(specification)
  const from = specification.validFor?.startDateTime
  if (frequency === undefined) throw CYCLES.noFrequency()
  if (from === undefined) throw CYCLES.noStart()
  return { ...readFrequency(frequency), anchor: dayOf(milliseconds(from), timeZone), timeZone }
}

function frequencyOf({ frequency, billingPeriod }: CycleSpecification): string | undefined {
  return frequency ?? billingPeriod
}

type OffsetName = keyof CycleSpecification & (`${string}Shift` | `${string}Offset`)

function offset(specification: CycleSpecification, name: OffsetName): number | undefined {
  const days = specification[name]
  if (days === undefined || Math.abs(days) <= OFFSET_MAX) return days
  throw CYCLES.offset(name, OFFSET_MAX)
}

function milliseconds(time: Instant): number {
  return inRange(Date.parse(time))
}

function instant(time: number): Instant {
  return new Date(inRange(time)).toISOString()
}

function inRange(time: number): number {
  if (time >= EARLIEST && time < LATEST) return time
  throw CYCLES.years()
}
