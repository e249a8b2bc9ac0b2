import Big from 'big.js'
import { FIELDS } from '../messages/field.ts'
import { codes } from './codes.ts'

/** Amounts travel as JSON numbers; up to this many digits survive an IEEE double. */
export const SIGNIFICANT_DIGITS = 15
/** The scale of `numeric(28,10)`, the type of every amount in the database. */
export const DECIMAL_PLACES = 10
/** Smaller amounts keep their unit within 15 digits. */
const LIMIT = new Big('1e15')

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/

/** The common case: too short to lose a digit. */
const PLAIN = /^-?(?:0|[1-9]\d{0,3})(?:\.\d{1,10})?$/

/** Returns the fault of a decimal in JSON that cannot be stored exactly; undefined if it can. */
export function decimalFault(source: string): string | undefined {
  if (PLAIN.test(source)) return undefined
  if (!DECIMAL.test(source)) return FIELDS.decimal()
  const value = new Big(source)
  if (value.abs().gte(LIMIT)) return FIELDS.size(LIMIT.toFixed())
  if (value.c.length > SIGNIFICANT_DIGITS) return FIELDS.significantDigits(SIGNIFICANT_DIGITS)
  if (value.c.length - 1 - value.e > DECIMAL_PLACES) return FIELDS.decimalPlaces(DECIMAL_PLACES)
  return undefined
}

/** The common case: a short decimal that is written so already. */
const CANONICAL = /^(?:0|[1-9]\d{0,8})(?:\.\d{0,8}[1-9])?$/

/** Writes a decimal without exponent, trailing zeros or minus zero. Undefined for any other text. */
export function canonicalDecimal(source: string): string | undefined {
  if (CANONICAL.test(source)) return source
  if (!DECIMAL.test(source)) return undefined
  const value = new Big(source)
  return value.eq(0) ? '0' : value.toFixed()
}

/** Returns a negative number, 0 or a positive number. */
export function compareDecimals(left: string | number, right: string | number): number {
  return new Big(left).cmp(new Big(right))
}

/** Checks that the absolute values add up to an allowed amount. */
export function isSumInLimit(values: readonly number[]): boolean {
  return values.reduce((sum, value) => sum.plus(new Big(value).abs()), new Big(0)).lt(LIMIT)
}

export function sumDecimals(values: readonly string[]): string {
  const sum = values.reduce((total, value) => total.plus(value), new Big(0))
  return sum.eq(0) ? '0' : sum.toFixed()
}

/** Drops the zeros that come from the scale of a numeric: `12.3400000000` -> `12.34`. */
export function trimScale(numeric: string): string {
  if (!numeric.includes('.')) return numeric
  let end = numeric.length
  while (numeric.charCodeAt(end - 1) === ZERO) end--
  if (numeric.charCodeAt(end - 1) === POINT) end--
  return numeric.slice(0, end)
}

const ZERO = '0'.charCodeAt(0)
const POINT = '.'.charCodeAt(0)

/** Currencies whose minor unit is not a hundredth (ISO 4217). */
const UNDIVIDED = codes('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF')
const IN_THOUSANDTHS = codes('BHD IQD JOD KWD LYD OMR TND')

/** The currencies whose minor unit is not a hundredth, with its digits. */
export const UNUSUAL_DIGITS: readonly (readonly [currency: string, digits: number])[] = [
  ...[...UNDIVIDED].map((currency) => [currency, 0] as const),
  ...[...IN_THOUSANDTHS].map((currency) => [currency, 3] as const)
]

/** Returns a decimal text with the other sign. */
export function negated(amount: string): string {
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`
}

/** ISO 4217: no currency. */
export const NO_CURRENCY = 'XXX'

/** Returns the digits of a currency's minor unit. Amounts on bills are rounded to it. */
export function minorDigits(currency: string): number {
  if (UNDIVIDED.has(currency)) return 0
  return IN_THOUSANDTHS.has(currency) ? 3 : 2
}

/** Checks that an amount has no part of a minor unit. */
export function isInMinorUnits(amount: string | number, currency: string): boolean {
  return new Big(amount).round(minorDigits(currency), Big.roundDown).eq(amount)
}
