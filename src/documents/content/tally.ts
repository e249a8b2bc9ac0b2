import Big from 'big.js'
import type { Instant } from '../../base/instant.ts'
import { minorDigits, NO_CURRENCY } from '../../base/money.ts'
import { type BillSource, ITEMISED_MAX, type Itemisation, type Rate, type RateSum } from './bill-source.ts'

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
const DEFAULT_TYPE = 'appliedBillingCharge'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Product = Writable<Omit<ProductTally, 'lines'>> & { lines: Line[] }
type Sums = Writable<Omit<Tally, 'taxGroups' | 'types'>> & {
  readonly itemisation: Itemisation
  readonly taxGroups: Map<string, Writable<TaxGroup>>
  readonly types: Map<string, Map<string, Product>>
  readonly listed: Map<string, number>
}

/** Adds up the lines in a currency, by default that of the first line. Of very many lines it reads sums only. */
export async function tallyOf(source: BillSource, currency: string | undefined): Promise<Tally> {
  const sums = begin(source.tenant.itemisation, currency)
  if (source.lineCount > ITEMISED_MAX) {
    for await (const slice of source.sums(currency)) for (const sum of slice) addSum(sums, sum)
  } else {
    for await (const slice of source.rates) for (const rate of slice) add(sums, rate)
  }
  return sums
}

/** Begins a tally without lines; the caller reads them and adds each slice. */
export function beginTally(currency: string | undefined): {
  readonly add: (slice: readonly Rate[]) => void
  readonly tally: Tally
} {
  const sums = begin({ lines: 0 }, currency)
  const addSlice = (slice: readonly Rate[]) => {
    for (const rate of slice) add(sums, rate)
  }
  return { add: addSlice, tally: sums }
}

function begin(itemisation: Itemisation, currency: string | undefined): Sums {
  const zero = new Big(0)
  return {
    ...{ count: 0, currency, otherCurrency: undefined, exact: zero, displayed: zero },
    itemisation,
    taxGroups: new Map(),
    types: new Map(),
    listed: new Map()
  }
}

export function taxKey({ taxCategory, taxRate }: Pick<Rate['taxes'][number], 'taxCategory' | 'taxRate'>): string {
  return `${taxRate} ${taxCategory}`
}

function add(sums: Sums, rate: Rate): void {
  const { type, product: of, taxes, taxExcluded } = rate
  const { value, unit } = taxExcluded ?? { value: '0', unit: undefined }
  const exact = new Big(value)
  const displayed = exact.round(minorDigits(sums.currency ?? unit ?? NO_CURRENCY), Big.roundHalfUp)
  const product = addTo(sums, { type, product: of, taxes, unit, count: 1, exact, displayed })
  if (isListed(sums, rate)) product.lines.push(lineOf(rate, displayed))
}

function addSum(sums: Sums, sum: RateSum): void {
  addTo(sums, { ...sum, exact: new Big(sum.exact), displayed: new Big(sum.displayed) })
}

interface Added extends Omit<RateSum, 'exact' | 'displayed'> {
  readonly exact: Big
  readonly displayed: Big
}

function addTo(sums: Sums, { unit, count, exact, displayed, taxes, type, product: of }: Added): Product {
  sums.currency ??= unit
  if (unit !== undefined && unit !== sums.currency) sums.otherCurrency ??= unit
  sums.count += count
  sums.exact = sums.exact.plus(exact)
  sums.displayed = sums.displayed.plus(displayed)
  const group = taxGroupOf(sums, taxes)
  group.exact = group.exact.plus(exact)
  const product = productOf(sums, type, of)
  product.count += count
  product.displayed = product.displayed.plus(displayed)
  return product
}

function taxGroupOf({ taxGroups }: Sums, taxes: RateSum['taxes']): Writable<TaxGroup> {
  const own = new Set(taxes.map(taxKey))
  const key = [...own].sort().join('\n')
  const found = taxGroups.get(key) ?? { taxes: own, exact: new Big(0) }
  taxGroups.set(key, found)
  return found
}

function isListed({ itemisation, listed }: Sums, { type = DEFAULT_TYPE }: Rate): boolean {
  const count = (listed.get(type) ?? 0) + 1
  const limit = itemisation.types?.[type] ?? itemisation.lines ?? ITEMISED_MAX
  if (count > limit) return false
  listed.set(type, count)
  return true
}

function productOf({ types, count }: Sums, type = DEFAULT_TYPE, product: Rate['product']): Product {
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
