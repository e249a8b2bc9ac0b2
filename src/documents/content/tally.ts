import Big from 'big.js'
import type { Instant } from '../../base/instant.ts'
import { minorDigits } from '../../base/money.ts'
import { type BillSource, ITEMISED_MAX, type Itemisation, type Rate } from './bill-source.ts'

/** Sums of a bill's lines, built slice by slice, so that a bill may have any number of lines. */
export interface Tally {
  readonly count: number
  /** The given currency, else that of the first line with one. */
  readonly currency: string | undefined
  /** The first other currency among the lines. */
  readonly otherCurrency: string | undefined
  /** Exact, before tax. */
  readonly exact: Big
  /** Sum of the displayed amounts, each rounded to the minor unit. */
  readonly displayed: Big
  /** Exact sums by the taxes that lines name; `NO_TAXES` for none. */
  readonly taxGroups: ReadonlyMap<string, TaxGroup>
  /** By type, in the order of their first lines; then by product id. */
  readonly types: ReadonlyMap<string, ReadonlyMap<string, ProductTally>>
}

export interface TaxGroup {
  /** By `taxKey`. */
  readonly taxes: ReadonlySet<string>
  readonly exact: Big
}

export interface ProductTally {
  readonly name: string | undefined
  /** The lines that the tenant lists; none if the bill has more than are kept. */
  readonly lines: readonly Line[]
  readonly count: number
  readonly displayed: Big
}

/** `amount` is as displayed: rounded to the minor unit, halves away from zero. */
export interface Line {
  readonly date: Instant | undefined
  readonly period: Rate['period']
  readonly name: string
  readonly detail: string | undefined
  /** As fractions; undefined if the line names no tax. */
  readonly taxRates: readonly string[] | undefined
  readonly amount: string
}

/** Most products of a type that a bill too long for its lines names; lines of others count as lines of no product. */
const PRODUCTS_MAX = 1_000
const NO_PRODUCT = ''
export const NO_TAXES = ''
/** ISO 4217: no currency. */
export const NO_CURRENCY = 'XXX'
const DEFAULT_TYPE = 'appliedBillingCharge'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Product = Writable<Omit<ProductTally, 'lines'>> & { lines: Line[] }
type Sums = Writable<Omit<Tally, 'taxGroups' | 'types'>> & {
  readonly itemisation: Itemisation
  readonly taxGroups: Map<string, Writable<TaxGroup>>
  readonly types: Map<string, Map<string, Product>>
  readonly listed: Map<string, number>
}

/** Adds up the lines in a currency, by default that of the first line. */
export async function tallyOf({ rates, tenant }: BillSource, currency: string | undefined): Promise<Tally> {
  const { add: addSlice, tally } = beginTally(tenant.itemisation, currency)
  for await (const slice of rates) addSlice(slice)
  return tally
}

/** Begins a tally; the caller reads the lines and adds each slice. */
export function beginTally(
  itemisation: Itemisation,
  currency: string | undefined
): { readonly add: (slice: readonly Rate[]) => void; readonly tally: Tally } {
  const zero = new Big(0)
  const sums: Sums = {
    ...{ count: 0, currency, otherCurrency: undefined, exact: zero, displayed: zero },
    itemisation,
    taxGroups: new Map(),
    types: new Map(),
    listed: new Map()
  }
  const addSlice = (slice: readonly Rate[]) => {
    for (const rate of slice) add(sums, rate)
    if (sums.count > ITEMISED_MAX) for (const product of productsOf(sums)) product.lines = []
  }
  return { add: addSlice, tally: sums }
}

export function taxKey({ taxCategory, taxRate }: Pick<Rate['taxes'][number], 'taxCategory' | 'taxRate'>): string {
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
  const group = taxGroupOf(sums, rate)
  group.exact = group.exact.plus(exact)
  const product = productOf(sums, rate)
  product.count += 1
  product.displayed = product.displayed.plus(shown)
  if (isListed(sums, rate)) product.lines.push(lineOf(rate, shown))
}

function taxGroupOf({ taxGroups }: Sums, { taxes }: Rate): Writable<TaxGroup> {
  const own = new Set(taxes.map(taxKey))
  const key = [...own].sort().join('\n')
  const found = taxGroups.get(key) ?? { taxes: own, exact: new Big(0) }
  taxGroups.set(key, found)
  return found
}

function isListed({ count: all, itemisation, listed }: Sums, { type = DEFAULT_TYPE }: Rate): boolean {
  const count = (listed.get(type) ?? 0) + 1
  const limit = itemisation.types?.[type] ?? itemisation.lines ?? ITEMISED_MAX
  if (all > ITEMISED_MAX || count > limit) return false
  listed.set(type, count)
  return true
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

function lineOf({ date, period, name, description, taxes }: Rate, shown: Big): Line {
  return {
    ...{ date, period },
    name: name ?? description ?? '',
    detail: name === undefined || description === name ? undefined : description,
    taxRates:
      taxes.length === 0 ? undefined : taxes.flatMap(({ taxRate }) => (taxRate === undefined ? [] : [String(taxRate)])),
    amount: decimal(shown)
  }
}

/** Returns an amount as text, zero without a sign. */
export function decimal(amount: Big): string {
  return amount.eq(0) ? '0' : amount.toFixed()
}
