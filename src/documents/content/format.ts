import Big from 'big.js'
import type { Instant } from '../../base/instant.ts'
import type { Language } from '../../base/language.ts'
import { DECIMAL_PLACES } from '../../base/money.ts'

/** Writes numbers and dates in one language and time zone. */
export interface Format {
  /** Writes a decimal with the currency's places, or more if it has more. */
  readonly amount: (decimal: string) => string
  /** Subtracts `less`, then writes an amount. */
  readonly difference: (decimal: string, less: string) => string
  readonly money: (decimal: string) => string
  /** Writes a fraction such as `0.19` as a percentage. */
  readonly percent: (fraction: string) => string
  readonly count: (number: number) => string
  readonly date: (instant: Instant) => string
  readonly shortDate: (instant: Instant) => string
  readonly shortPeriod: Format['period']
  /** Writes the days of a period; its end is exclusive, as everywhere in the API. */
  readonly period: (start: Instant | undefined, end: Instant | undefined) => string
}

/** Fixed, so that a bill looks the same on every machine. */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE', fr: 'fr-FR' }

/** `digits` are those of the currency's minor unit. */
export function formatOf(language: Language, timeZone: string, currency: string, digits: number): Format {
  const locale = LOCALES[language]
  const decimals = { minimumFractionDigits: digits, maximumFractionDigits: DECIMAL_PLACES }
  const amount = numbers(locale, decimals)
  const money = numbers(locale, { ...decimals, style: 'currency', currency, currencyDisplay: 'code' })
  const percent = numbers(locale, { style: 'percent', maximumFractionDigits: DECIMAL_PLACES })
  const count = new Intl.NumberFormat(locale)
  const long = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone })
  const short = new Intl.DateTimeFormat(locale, { day: '2-digit', month: '2-digit', year: 'numeric', timeZone })
  const medium = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone })
  return {
    amount,
    difference: (decimal, less) => amount(new Big(decimal).minus(less).toFixed()),
    money,
    percent,
    count: (number) => count.format(number),
    date: (instant) => long.format(new Date(instant)),
    shortDate: (instant) => short.format(new Date(instant)),
    period: daysIn(medium),
    shortPeriod: daysIn(short)
  }
}

function daysIn(format: Intl.DateTimeFormat): Format['period'] {
  return (start, end) => {
    const times = [start && Date.parse(start), end && Date.parse(end) - 1]
    const days = times.flatMap((time) => (time === undefined ? [] : [format.format(Number(time))]))
    return [...new Set(days)].join(' – ')
  }
}

/** Takes decimals as text, so that no digit is lost. */
function numbers(locale: string, options: Intl.NumberFormatOptions): (decimal: string) => string {
  const format = new Intl.NumberFormat(locale, options)
  return (decimal) => format.format(new Big(decimal).toFixed() as Intl.StringNumericLiteral)
}
