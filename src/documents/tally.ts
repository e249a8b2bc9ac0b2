import Big from 'big.js'
import type { Instant } from '../base/instant.ts'
import { minorDigits } from '../base/money.ts'
import { ITEMISED_MAX, type Rate, type Rates } from './bill-source.ts'

/** What the lines of a bill come to: added up slice by slice, so that a bill may have any number of them. */
export interface Tally {
  readonly count: number
  /** The one that was given, or that of the first line that has one. */
  readonly currency: string | undefined
  /** The first currency among the lines that is another. */
  readonly otherCurrency: string | undefined
  /** Exact, before tax. */
  readonly exact: Big
  /** What the lines amount to as they are displayed, each rounded to the minor unit. */
  readonly displayed: Big
  /** How many lines name a tax. */
  readonly taxedCount: number
  /** Exact amounts of the lines that name a tax, by `taxKey`. */
  readonly bases: ReadonlyMap<string, Big>
  /** By type, in the order of their first lines; each by id of the product. */
  readonly types: ReadonlyMap<string, ReadonlyMap<string, ProductTally>>
}

/** The lines of one product within a type. */
export interface ProductTally {
  readonly name: string | undefined
  /** None when the bill has more lines than are kept. */
  readonly lines: readonly Line[]
  readonly count: number
  readonly displayed: Big
}

/** A line with its amount as it is displayed: rounded to the minor unit, halves away from zero. */
export interface Line {
  readonly date: Instant | undefined
  readonly name: string
  readonly detail: string | undefined
  /** As fractions. */
  readonly taxRates: readonly string[]
  readonly amount: string
}

/** Products of a type in a bill without lines; the lines of further ones are added up as if they had no product. */
const PRODUCTS_MAX = 1_000
const NO_PRODUCT = ''
/** ISO 4217: no currency. */
export const NO_CURRENCY = 'XXX'
const DEFAULT_TYPE = 'appliedBillingCharge'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Product = Writable<Omit<ProductTally, 'lines'>> & { lines: Line[] }
type Sums = Writable<Omit<Tally, 'bases' | 'types'>> & {
  readonly bases: Map<string, Big>
  readonly types: Map<string, Map<string, Product>>
}

/** Adds up the lines of a bill in a currency; without one in that of its first line. */
export async function tallyOf(rates: Rates, currency: string | undefined): Promise<Tally> {
  const zero = new Big(0)
  const sums: Sums = {
    ...{ count: 0, taxedCount: 0, currency, otherCurrency: undefined, exact: zero, displayed: zero },
    bases: new Map(),
    types: new Map()
  }
  for await (const slice of rates) {
    for (const rate of slice) add(sums, rate)
    if (sums.count > ITEMISED_MAX) for (const product of productsOf(sums)) product.lines = []
  }
  return sums
}

/** Names a tax among those of the lines. */
export function taxKey({ taxCategory, taxRate }: Rate['taxes'][number]): string {
  return `${taxRate} ${taxCategory}`
}

function add(sums: Sums, rate: Rate): void {
  const { value, unit } = rate.taxExcluded ?? { value: '0', unit: undefined }
  sums.currency ??= unit
  if (unit !== undefined && unit !== sums.currency) sums.otherCurrency ??= unit
  const exact = new Big(value)
  const shown = exact.round(minorDigits(sums.currency ?? NO_CURRENCY), Big.roundHalfUp)
  sums.count += 1
  sums.exact = sums.exact.plus(exact)
  sums.displayed = sums.displayed.plus(shown)
  sums.taxedCount += rate.taxes.length > 0 ? 1 : 0
  for (const key of new Set(rate.taxes.map(taxKey)))
    sums.bases.set(key, (sums.bases.get(key) ?? new Big(0)).plus(exact))
  const product = productOf(sums, rate)
  product.count += 1
  product.displayed = product.displayed.plus(shown)
  if (sums.count <= ITEMISED_MAX) product.lines.push(lineOf(rate, shown))
}

function* productsOf({ types }: Sums): Generator<Product> {
  for (const products of types.values()) yield* products.values()
}

function productOf({ types, count }: Sums, { type = DEFAULT_TYPE, product }: Rate): Product {
  const products = types.get(type) ?? new Map<string, Product>()
  types.set(type, products)
  const own = product.id ?? NO_PRODUCT
  const isFurther = count > ITEMISED_MAX && products.size >= PRODUCTS_MAX && !products.has(own)
  const id = isFurther ? NO_PRODUCT : own
  const name = isFurther ? undefined : (product.name ?? product.id)
  const found = products.get(id) ?? { name, lines: [], count: 0, displayed: new Big(0) }
  products.set(id, found)
  return found
}

function lineOf({ date, name, description, taxes }: Rate, shown: Big): Line {
  return {
    date,
    name: name ?? description ?? '',
    detail: name === undefined || description === name ? undefined : description,
    taxRates: taxes.flatMap(({ taxRate }) => (taxRate === undefined ? [] : [String(taxRate)])),
    amount: decimal(shown)
  }
}

/** An amount as text, where nothing is never negative. */
export function decimal(amount: Big): string {
  return amount.eq(0) ? '0' : amount.toFixed()
}
