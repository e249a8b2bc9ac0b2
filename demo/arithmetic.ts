import Big from 'big.js'
import { minorDigits } from '../src/base/money.ts'

/** An amount as the API writes it. */
export interface Money {
  readonly unit: string
  readonly value: number
}

/** The expected amounts of a bill. */
export interface Due {
  readonly taxExcluded: Big
  readonly tax: Big
  readonly taxIncluded: Big
  /** The amount before tax less the lines, each rounded for display. */
  readonly rounding: Big
}

/**
 * Computes a bill with one tax independently of the server: the sum and its tax are each rounded once, half away from
 * zero.
 */
export function billOf(amounts: readonly Big[], currency: string, taxRate: number): Due {
  const exact = sumOf(amounts)
  const taxExcluded = rounded(exact, currency)
  const tax = rounded(exact.times(taxRate), currency)
  const shown = sumOf(amounts.map((amount) => rounded(amount, currency)))
  return { taxExcluded, tax, taxIncluded: taxExcluded.plus(tax), rounding: taxExcluded.minus(shown) }
}

export function sumOf(amounts: readonly (Big | number | string)[]): Big {
  return amounts.reduce<Big>((sum, amount) => sum.plus(amount), new Big(0))
}

/** Sums by currency, in alphabetical order. */
export function sumsOf(amounts: readonly { readonly unit: string; readonly value: Big | number | string }[]): Sums {
  const byCurrency = Map.groupBy(amounts, ({ unit }) => unit)
  const currencies = [...byCurrency.keys()].sort()
  return new Map(currencies.map((unit) => [unit, sumOf((byCurrency.get(unit) ?? []).map(({ value }) => value))]))
}

export type Sums = ReadonlyMap<string, Big>

/** Subtracts in the currency of the first amount. */
export function less({ unit, value }: Money, other: Pick<Money, 'value'>): Money {
  return { unit, value: new Big(value).minus(other.value).toNumber() }
}

/** With the digits of the currency: `20.00 EUR`, `1980 JPY`. */
export function moneyText({ unit, value }: { readonly unit: string; readonly value: Big | number | string }): string {
  return `${new Big(value).toFixed(minorDigits(unit))} ${unit}`
}

/** `20.00 EUR, 1980 JPY` */
export function sumsText(sums: Sums): string {
  return [...sums].map(([unit, value]) => moneyText({ unit, value })).join(', ')
}

/** Returns the first missing number of a series, counted from 1, or the first duplicate. */
export function brokenAt(billNumbers: readonly string[]): number | undefined {
  const counters = billNumbers.map((number) => Number(/\d+$/.exec(number)?.[0])).sort((one, other) => one - other)
  const at = counters.findIndex((counter, index) => counter !== index + 1)
  return at < 0 ? undefined : at + 1
}

function rounded(amount: Big, currency: string): Big {
  return amount.round(minorDigits(currency), Big.roundHalfUp)
}
