import Big from 'big.js'
import type { Instant } from '../base/instant.ts'
import type { Language } from '../base/language.ts'
import { minorDigits } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import type { Amount, BillSource, Tax } from './bill-source.ts'
import type { Branding, PostalAddress } from './branding.ts'
import { paymentReference } from './payment-reference.ts'
import { decimal, type Line, NO_CURRENCY, type ProductTally, type Tally, tallyOf, taxKey } from './tally.ts'

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

export interface TaxRow {
  readonly category: string | undefined
  /** A fraction. */
  readonly rate: string | undefined
  /** Undefined where the lines do not say what is taxed by it. */
  readonly base: string | undefined
  readonly amount: string
}

/** Charges come before credits; types of others stand between. */
const FIRST_TYPES = ['recurringCharge', 'oneTimeCharge', 'appliedBillingCharge', 'usageCharge']
const LAST_TYPES = ['appliedPenaltyCharge', 'appliedBillingCredit']

/**
 * The document of a bill. Its displayed lines and the rounding are exactly the total before tax, and that with the
 * taxes the total: throws where they are not, which for a bill of the engine is a bug, and a `conflict` for one that
 * was posted. It reads the lines once, slice by slice, and keeps no more of them than a document shows.
 */
export async function billView(source: BillSource): Promise<BillView> {
  const { taxExcluded, taxIncluded, amountDue, billNo } = source
  const tally = await tallyOf(source.rates, (taxExcluded ?? taxIncluded ?? amountDue)?.unit)
  const { currency = NO_CURRENCY } = tally
  requireOneCurrency(source, tally, currency)
  const digits = minorDigits(currency)
  const rounding = roundingOf(source, tally, digits)
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
    groups: groupsOf(tally),
    rounding: rounding.eq(0) ? undefined : decimal(rounding),
    net: taxExcluded?.value,
    taxes: source.taxes.map((tax) => taxRow(tax, source, tally, digits)),
    gross: taxIncluded?.value,
    amountDue: amountDue?.value
  }
}

function kindOf({ category, isIssued }: BillSource): BillView['kind'] {
  if (category === 'trial') return 'trial'
  if (!isIssued) return 'draft'
  return category === 'creditNote' ? 'creditNote' : 'bill'
}

function groupsOf({ types }: Tally): readonly Group[] {
  return [...types]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([type, products]) => {
      const own = [...products.values()]
      return { type, products: own.map(productOf), amount: decimal(sum(own.map(({ displayed }) => displayed))) }
    })
}

function productOf({ name, lines, count, displayed }: ProductTally): Product {
  return { name, lines, count, amount: decimal(displayed) }
}

function rank(type: string): number {
  const first = FIRST_TYPES.indexOf(type)
  if (first >= 0) return first
  return FIRST_TYPES.length + 1 + LAST_TYPES.indexOf(type)
}

/**
 * The engine says what it rounded. On a posted bill it is what the lines miss, as long as rounding can have made it:
 * half a minor unit for each base that is taxed. A bill without lines or without a total has nothing to compare.
 */
function roundingOf({ taxExcluded, taxes, rounding }: BillSource, tally: Tally, digits: number): Big {
  const { count, exact, displayed } = tally
  if (!taxExcluded || (count === 0 && rounding === undefined)) return new Big(0)
  const missing = new Big(taxExcluded.value).minus(displayed)
  if (rounding !== undefined) {
    if (missing.eq(rounding)) return missing
    throw new Error(`the lines ${decimal(displayed)} and the rounding ${rounding} are not ${taxExcluded.value}`)
  }
  const tolerance = new Big(`5e-${digits + 1}`).times(Math.max(taxes.length, 1))
  if (exact.minus(taxExcluded.value).abs().lte(tolerance)) return missing
  throw new Problem(
    'conflict',
    `This bill has no document: its rates amount to ${decimal(exact)}, its taxExcludedAmount is ${taxExcluded.value}`
  )
}

function requireTotal({ taxExcluded, taxIncluded, taxes, rounding }: BillSource): void {
  if (!taxExcluded || !taxIncluded || taxes.length === 0) return
  const total = sum(
    [taxExcluded.value, ...taxes.map(({ taxAmount }) => taxAmount.value)].map((value) => new Big(value))
  )
  if (total.eq(taxIncluded.value)) return
  const message = `its taxExcludedAmount and taxes are ${decimal(total)}, its taxIncludedAmount is ${taxIncluded.value}`
  if (rounding !== undefined) throw new Error(message)
  throw new Problem('conflict', `This bill has no document: ${message}`)
}

function requireOneCurrency({ taxes, taxIncluded, amountDue }: BillSource, tally: Tally, currency: string): void {
  const amounts: readonly (Amount | Tax['taxAmount'] | undefined)[] = [
    taxIncluded,
    amountDue,
    ...taxes.map(({ taxAmount }) => taxAmount)
  ]
  const other = amounts.find((amount) => amount && amount.unit !== currency)?.unit ?? tally.otherCurrency
  if (other === undefined) return
  throw new Problem('conflict', `This bill has no document: it has amounts in ${currency} and in ${other}`)
}

/** A tax with its base, where the lines name the tax; the only tax of a bill that does not is on all of it. */
function taxRow(tax: Tax, { taxes, taxExcluded }: BillSource, { bases, taxedCount }: Tally, digits: number): TaxRow {
  const { taxCategory, taxRate, taxAmount } = tax
  const base = bases.get(taxKey(tax))
  const isOnAll = taxes.length === 1 && taxedCount === 0
  return {
    category: taxCategory,
    rate: taxRate === undefined ? undefined : new Big(taxRate).toFixed(),
    base: base ? decimal(base.round(digits, Big.roundHalfUp)) : isOnAll ? taxExcluded?.value : undefined,
    amount: new Big(taxAmount.value).toFixed()
  }
}

function sum(amounts: readonly Big[]): Big {
  return amounts.reduce((total, amount) => total.plus(amount), new Big(0))
}
