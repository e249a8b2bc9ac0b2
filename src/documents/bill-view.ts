import Big from 'big.js'
import type { Instant } from '../base/instant.ts'
import type { Language } from '../base/language.ts'
import { minorDigits } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import type { Amount, BillSource, Rate, Tax } from './bill-source.ts'
import type { Branding, PostalAddress } from './branding.ts'
import { paymentReference } from './payment-reference.ts'

/**
 * What the document of a bill says, whatever it is written as. Amounts are decimals as text. What has been paid is not
 * in it: the document says what was issued, and no payment changes that.
 */
export interface BillView {
  readonly kind: 'bill' | 'creditNote' | 'trial' | 'draft'
  readonly language: Language
  readonly timeZone: string
  readonly currency: string
  /** Of the currency's minor unit. */
  readonly digits: number
  readonly issuer: { readonly name: string; readonly branding: Branding }
  readonly customer: { readonly name: string | undefined; readonly address: PostalAddress }
  readonly id: string
  readonly number: string | undefined
  readonly date: Instant | undefined
  readonly createdAt: Instant
  readonly period: BillSource['period']
  readonly dueDate: Instant | undefined
  readonly account: string | undefined
  readonly reference: string | undefined
  readonly groups: readonly Group[]
  /** What the displayed lines miss to the total before tax; undefined when that is nothing. */
  readonly rounding: string | undefined
  readonly net: string | undefined
  readonly taxes: readonly TaxRow[]
  readonly gross: string | undefined
  readonly amountDue: string | undefined
}

/** The lines of one type of rate. */
export interface Group {
  readonly type: string
  readonly products: readonly Product[]
  readonly amount: string
}

/** The lines of one product in a group; without a name those of none. */
export interface Product {
  readonly name: string | undefined
  readonly lines: readonly Line[]
  /** How many lines there are; a bill of very many shows none of them. */
  readonly count: number
  readonly amount: string
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

export interface TaxRow {
  readonly category: string | undefined
  /** A fraction. */
  readonly rate: string | undefined
  /** Undefined where the lines do not say what is taxed by it. */
  readonly base: string | undefined
  readonly amount: string
}

/** A bill of more lines shows the sums of its products alone; the lines of any bill are in its CSV. */
const ITEMISED_MAX = 10_000
const DEFAULT_TYPE = 'appliedBillingCharge'
/** Charges come before credits; types of others stand between. */
const FIRST_TYPES = ['recurringCharge', 'oneTimeCharge', DEFAULT_TYPE, 'usageCharge']
const LAST_TYPES = ['appliedPenaltyCharge', 'appliedBillingCredit']

/**
 * The document of a bill. Its displayed lines and the rounding are exactly the total before tax, and that with the
 * taxes the total: throws where they are not, which for a bill of the engine is a bug, and a `conflict` for one that
 * was posted.
 */
export function billView(source: BillSource): BillView {
  const { taxExcluded, taxIncluded, amountDue, billNo } = source
  const currency = (taxExcluded ?? taxIncluded ?? amountDue ?? source.rates[0]?.taxExcluded)?.unit ?? 'XXX'
  requireOneCurrency(source, currency)
  const digits = minorDigits(currency)
  const groups = groupsOf(source.rates, digits)
  const rounding = roundingOf(source, sum(groups.map(({ amount }) => amount)), digits)
  requireTotal(source)
  return {
    kind: kindOf(source),
    language: source.language,
    timeZone: source.tenant.timeZone,
    currency,
    digits,
    issuer: { name: source.tenant.name, branding: source.tenant.branding },
    customer: source.customer,
    id: source.id,
    number: billNo,
    date: source.billDate,
    createdAt: source.createdAt,
    period: source.period,
    dueDate: source.paymentDueDate,
    account: source.accountId,
    reference: billNo === undefined ? undefined : paymentReference(billNo),
    groups: source.rates.length > ITEMISED_MAX ? groups.map(withoutLines) : groups,
    rounding: rounding.eq(0) ? undefined : text(rounding),
    net: taxExcluded?.value,
    taxes: source.taxes.map((tax) => taxRow(tax, source, digits)),
    gross: taxIncluded?.value,
    amountDue: amountDue?.value
  }
}

function kindOf({ category, isIssued }: BillSource): BillView['kind'] {
  if (category === 'trial') return 'trial'
  if (!isIssued) return 'draft'
  return category === 'creditNote' ? 'creditNote' : 'bill'
}

function groupsOf(rates: readonly Rate[], digits: number): readonly Group[] {
  const types = [...Map.groupBy(rates, ({ type }) => type ?? DEFAULT_TYPE)]
  return types
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([type, own]) => {
      const byProduct = Map.groupBy(own, ({ product }) => product.id ?? '')
      const products = [...byProduct.values()].map((lines) => productOf(lines, digits))
      return { type, products, amount: text(sum(products.map(({ amount }) => amount))) }
    })
}

function rank(type: string): number {
  const first = FIRST_TYPES.indexOf(type)
  if (first >= 0) return first
  return FIRST_TYPES.length + 1 + LAST_TYPES.indexOf(type)
}

function productOf(rates: readonly Rate[], digits: number): Product {
  const { id, name } = rates[0]?.product ?? {}
  const lines = rates.map((rate) => lineOf(rate, digits))
  return { name: name ?? id, lines, count: lines.length, amount: text(sum(lines.map(({ amount }) => amount))) }
}

function lineOf({ date, name, description, taxes, taxExcluded }: Rate, digits: number): Line {
  return {
    date,
    name: name ?? description ?? '',
    detail: name === undefined || description === name ? undefined : description,
    taxRates: taxes.flatMap(({ taxRate }) => (taxRate === undefined ? [] : [String(taxRate)])),
    amount: text(rounded(new Big(taxExcluded?.value ?? 0), digits))
  }
}

function withoutLines({ products, ...group }: Group): Group {
  return { ...group, products: products.map((product) => ({ ...product, lines: [] })) }
}

/**
 * The engine says what it rounded. On a posted bill it is what the lines miss, as long as rounding can have made it:
 * half a minor unit for each base that is taxed. A bill without lines or without a total has nothing to compare.
 */
function roundingOf({ rates, taxExcluded, taxes, rounding }: BillSource, displayed: Big, digits: number): Big {
  if (!taxExcluded || (rates.length === 0 && rounding === undefined)) return new Big(0)
  const missing = new Big(taxExcluded.value).minus(displayed)
  if (rounding !== undefined) {
    if (missing.eq(rounding)) return missing
    throw new Error(`the lines ${text(displayed)} and the rounding ${rounding} are not ${taxExcluded.value}`)
  }
  const exact = sum(rates.map((rate) => rate.taxExcluded?.value ?? '0'))
  const tolerance = new Big(`5e-${digits + 1}`).times(Math.max(taxes.length, 1))
  if (exact.minus(taxExcluded.value).abs().lte(tolerance)) return missing
  throw new Problem(
    'conflict',
    `This bill has no document: its rates amount to ${text(exact)}, its taxExcludedAmount is ${taxExcluded.value}`
  )
}

function requireTotal({ taxExcluded, taxIncluded, taxes, rounding }: BillSource): void {
  if (!taxExcluded || !taxIncluded || taxes.length === 0) return
  const total = sum([taxExcluded.value, ...taxes.map(({ taxAmount }) => String(taxAmount.value))])
  if (total.eq(taxIncluded.value)) return
  const message = `its taxExcludedAmount and taxes are ${text(total)}, its taxIncludedAmount is ${taxIncluded.value}`
  if (rounding !== undefined) throw new Error(message)
  throw new Problem('conflict', `This bill has no document: ${message}`)
}

function requireOneCurrency({ rates, taxes, taxIncluded, amountDue }: BillSource, currency: string): void {
  const amounts: readonly (Amount | Tax['taxAmount'] | undefined)[] = [
    taxIncluded,
    amountDue,
    ...taxes.map(({ taxAmount }) => taxAmount),
    ...rates.map(({ taxExcluded }) => taxExcluded)
  ]
  const other = amounts.find((amount) => amount && amount.unit !== currency)
  if (!other) return
  throw new Problem('conflict', `This bill has no document: it has amounts in ${currency} and in ${other.unit}`)
}

/** A tax with its base, where the lines name the tax; the only tax of a bill that does not is on all of it. */
function taxRow({ taxCategory, taxRate, taxAmount }: Tax, { rates, taxes, taxExcluded }: BillSource, digits: number) {
  const taxed = rates.filter((rate) =>
    rate.taxes.some((tax) => tax.taxCategory === taxCategory && tax.taxRate === taxRate)
  )
  const isOnAll = taxes.length === 1 && rates.every((rate) => rate.taxes.length === 0)
  const base = rounded(sum(taxed.map((rate) => rate.taxExcluded?.value ?? '0')), digits)
  return {
    category: taxCategory,
    rate: taxRate === undefined ? undefined : new Big(taxRate).toFixed(),
    base: taxed.length > 0 ? text(base) : isOnAll ? taxExcluded?.value : undefined,
    amount: new Big(taxAmount.value).toFixed()
  }
}

function sum(amounts: readonly string[]): Big {
  return amounts.reduce((total, amount) => total.plus(amount), new Big(0))
}

function rounded(amount: Big, digits: number): Big {
  return amount.round(digits, Big.roundHalfUp)
}

function text(amount: Big): string {
  return amount.eq(0) ? '0' : amount.toFixed()
}
