import { isCurrency } from '../base/codes.ts'
import { canonicalDecimal, compareDecimals, decimalFault } from '../base/money.ts'
import { plainText } from '../base/plain-text.ts'
import { DAY_MS } from '../base/time-zone.ts'
import { FIELDS } from '../messages/field.ts'
import type { Column, Read, Reading } from './cells.ts'

const NAME_MAX_LENGTH = 256
const TEXT_MAX_LENGTH = 1_000
const URL_MAX_LENGTH = 2_000
/** Months after them begin in years that dates can have. */
const LAST_YEAR = 9_998
const FIRST_YEAR = 1_970

/** A day counted from 1 January 1970. */
export type Day = number

/** A month counted from January of the year 0. */
export type Month = number

type Make<T> = Omit<Column<T>, 'read'>

/** A name by which something is known: two that look the same are the same. */
export function nameColumn(column: Make<string>): Column<string> {
  const fault = FIELDS.reference(NAME_MAX_LENGTH)
  return {
    ...column,
    read: (sent) => {
      const value = plainText(sent)
      return value !== '' && value.length <= NAME_MAX_LENGTH ? { value } : { fault }
    }
  }
}

export function textColumn(column: Make<string>): Column<string> {
  return {
    ...column,
    read: (sent) => (sent.length <= TEXT_MAX_LENGTH ? { value: sent } : { fault: FIELDS.tooLong(TEXT_MAX_LENGTH) })
  }
}

export function urlColumn(column: Make<string>): Column<string> {
  const isUrl = (sent: string) => /^https?:\/\/[^\s\p{Cc}]+$/iu.test(sent) && URL.canParse(sent)
  return {
    ...column,
    read: (sent) =>
      sent.length <= URL_MAX_LENGTH && isUrl(sent) ? { value: sent } : { fault: FIELDS.webAddress(URL_MAX_LENGTH) }
  }
}

/** A decimal above 0, or with `isFromZero` 0 as well, as canonicalDecimal writes it. */
export function decimalColumn(column: Make<string>, isFromZero = false): Column<string> {
  return {
    ...column,
    read: (sent, { decimal }) => {
      const value = canonicalDecimal(decimal === '.' ? sent : withPoint(sent))
      if (value === undefined) return { fault: formFault(sent, decimal) }
      const fault = decimalFault(value)
      if (fault !== undefined) return { fault }
      const sign = compareDecimals(value, 0)
      if (sign > 0 || (isFromZero && sign === 0)) return { value }
      return { fault: isFromZero ? FIELDS.tooSmall(0) : FIELDS.positive() }
    }
  }
}

/** Thousands by points, where nothing else can be meant: 1.234 could be a decimal. */
const POINTS = /^-?\d{1,3}(?:(?:\.\d{3})+(?=,)|(?:\.\d{3}){2,}$)/
const THOUSANDS = /^-?\d{1,3}(?:[.,'’\s]\d{3})+(?:[.,]\d+)?$/

/** Writes a decimal that has a comma with a point; a text with neither form stays no decimal. */
function withPoint(sent: string): string {
  const digits = POINTS.test(sent) ? sent.replaceAll('.', '') : sent
  return digits.includes('.') ? '' : digits.replace(',', '.')
}

function formFault(sent: string, decimal: Reading['decimal']): string {
  if (decimal === ',') return /^-?[\d,]*\.[\d.,]*$/.test(sent) ? FIELDS.decimalPoint() : FIELDS.decimal()
  if (THOUSANDS.test(sent)) return FIELDS.thousands()
  return /^-?\d+,\d+$/.test(sent) ? FIELDS.decimalComma() : FIELDS.decimal()
}

export function currencyColumn(column: Make<string>): Column<string> {
  return { ...column, read: (sent) => (isCurrency(sent) ? { value: sent } : { fault: FIELDS.currency() }) }
}

/** A day as `DD-MM-YYYY`. */
export function dayColumn(column: Make<Day>): Column<Day> {
  return {
    ...column,
    read: (sent): Read<Day> => {
      const [, day, month, year] = (/^(\d\d)-(\d\d)-(\d{4})$/.exec(sent) ?? []).map(Number)
      if (day === undefined || month === undefined || !isYear(year)) return { fault: FIELDS.dayForm() }
      const time = new Date(Date.UTC(year, month - 1, day))
      const isOfCalendar = time.getUTCMonth() === month - 1 && time.getUTCDate() === day
      return isOfCalendar ? { value: time.getTime() / DAY_MS } : { fault: FIELDS.dayForm() }
    }
  }
}

/** A month as `MM-YYYY`. */
export function monthColumn(column: Make<Month>): Column<Month> {
  return {
    ...column,
    read: (sent): Read<Month> => {
      const [, month, year] = (/^(0[1-9]|1[0-2])-(\d{4})$/.exec(sent) ?? []).map(Number)
      if (month === undefined || !isYear(year)) return { fault: FIELDS.monthForm() }
      return { value: year * MONTHS + month - 1 }
    }
  }
}

const MONTHS = 12

function isYear(year: number | undefined): year is number {
  return year !== undefined && year >= FIRST_YEAR && year <= LAST_YEAR
}

/** Writes a day as the column has it. */
export function dayText(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10).split('-').reverse().join('-')
}

/** Writes a month as the column has it. */
export function monthText(month: Month): string {
  const [number, year] = [(month % MONTHS) + 1, Math.floor(month / MONTHS)]
  return `${String(number).padStart(2, '0')}-${String(year).padStart(4, '0')}`
}

/** Writes a month so that months sort as texts: `2026-11`. */
export function periodText(month: Month): string {
  return monthText(month).split('-').reverse().join('-')
}

/** Returns the month of a day. */
export function monthOf(day: Day): Month {
  const date = new Date(day * DAY_MS)
  return date.getUTCFullYear() * MONTHS + date.getUTCMonth()
}

/** Returns the first day of a month. */
export function firstDay(month: Month): Day {
  return Date.UTC(Math.floor(month / MONTHS), month % MONTHS) / DAY_MS
}
