import Big from 'big.js'
import { creditorReference, printedReference } from '../../base/creditor-reference.ts'
import type { Instant } from '../../base/instant.ts'
import type { Language } from '../../base/language.ts'
import { minorDigits, NO_CURRENCY } from '../../base/money.ts'
import type { Balance, BillSource } from './bill-source.ts'
import { type BillTaxes, taxesOf } from './bill-taxes.ts'
import { requireOneCurrency, requireTotal, roundingOf, sum } from './bill-totals.ts'
import type { Branding, PostalAddress } from './branding.ts'
import { type CreditTransfer, creditTransferOf } from './credit-transfer.ts'
import { decimal, type Line, type ProductTally, type Tally, tallyOf } from './tally.ts'

/**
 * The content of a bill's document in any format. Amounts are decimals as text. Payments are left out: the document
 * says what was issued, and no payment changes that.
 */
export interface BillContent {
  readonly kind: 'bill' | 'creditNote' | 'trial' | 'draft'
  readonly language: Language
  readonly timeZone: string
  readonly currency: string
  /** Digits of the currency's minor unit. */
  readonly digits: number
  readonly issuer: { readonly name: string; readonly branding: Branding }
  readonly customer: { readonly name: string | undefined; readonly address: PostalAddress }
  readonly id: string
  readonly number: string | undefined
  readonly date: Instant | undefined
  readonly createdAt: Instant
  readonly period: BillSource['period']
  /** The bill that a credit note corrects. */
  readonly corrected: BillSource['corrected']
  /** The numbers of the bills that it replaces. */
  readonly replaced: BillSource['replaced']
  readonly account: {
    readonly id: string | undefined
    readonly name: string | undefined
    /** The account's balance around the issue; undefined if nothing was open and nothing had been paid. */
    readonly balance: Balance | undefined
  }
  /** Undefined if a bill of another system does not say it. */
  readonly due: Due | undefined
  readonly groups: readonly Group[]
  /** The total before tax less the displayed lines; undefined if zero. */
  readonly rounding: string | undefined
  readonly net: string | undefined
  readonly taxes: BillTaxes
  readonly gross: string | undefined
}

/** The amount to pay, or one that is paid from the balance or given back. */
export interface Due {
  readonly kind: 'pay' | 'giveBack' | 'nothing' | 'fromBalance'
  /** Never negative. */
  readonly amount: string
  /** The share paid from the account's credit; undefined for none. */
  readonly credited: string | undefined
  readonly date: Instant | undefined
  /** Only an issued bill has one. */
  readonly transfer: CreditTransfer | undefined
}

export interface Group {
  readonly type: string
  readonly products: readonly Product[]
  readonly amount: string
}

/** The lines of one product in a group; without a name, the lines of no product. */
export interface Product {
  readonly name: string | undefined
  readonly lines: readonly Line[]
  readonly count: number
  /** The lines that are not listed, if others are. */
  readonly further: { readonly count: number; readonly amount: string } | undefined
  readonly amount: string
}

/** Charges come before credits; other types stand between. */
const FIRST_TYPES = ['recurringCharge', 'oneTimeCharge', 'appliedBillingCharge', 'usageCharge']
const LAST_TYPES = ['appliedPenaltyCharge', 'appliedBillingCredit']

/**
 * Returns the content of a bill's document. Reads the lines once, in slices, and keeps only those a document shows. The
 * displayed lines and the rounding add up to the total before tax, and with the taxes to the total; if not, it throws:
 * a `conflict` for a bill of another system, a bug for one of the engine.
 */
export async function billContent(source: BillSource): Promise<BillContent> {
  const { taxExcluded, taxIncluded, amountDue, billNo } = source
  const tally = await tallyOf(source, (taxExcluded ?? taxIncluded ?? amountDue)?.unit)
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
    corrected: source.corrected,
    replaced: source.replaced,
    account: { id: source.accountId, name: source.account.name, balance: balanceOf(source) },
    due: dueOf(source),
    groups: groupsOf(tally),
    rounding: rounding.eq(0) ? undefined : decimal(rounding),
    net: taxExcluded?.value,
    taxes: taxesOf(source, tally, digits),
    gross: taxIncluded?.value
  }
}

function kindOf({ category, isIssued }: BillSource): BillContent['kind'] {
  if (category === 'trial') return 'trial'
  if (!isIssued) return 'draft'
  return category === 'creditNote' ? 'creditNote' : 'bill'
}

function balanceOf({ account: { balance } }: BillSource): Balance | undefined {
  const figures = [balance?.previous, balance?.before, balance?.credit]
  return figures.some((figure) => figure !== undefined && !new Big(figure).eq(0)) ? balance : undefined
}

function dueOf(source: BillSource): Due | undefined {
  const { amountDue, account, category, paymentDueDate } = source
  if (!amountDue) return undefined
  const total = new Big(amountDue.value)
  const nothing = { credited: undefined, date: undefined, transfer: undefined }
  if (category === 'creditNote' || total.lt(0)) return { kind: 'giveBack', amount: decimal(total.abs()), ...nothing }
  if (account.isPrepaid && total.gt(0)) return { kind: 'fromBalance', amount: decimal(total), ...nothing }
  const credit = new Big(account.balance?.credit ?? 0)
  const used = credit.lt(total) ? credit : total
  const [amount, credited] = [decimal(total.minus(used)), used.gt(0) ? decimal(used) : undefined]
  if (amount === '0') return { ...nothing, kind: 'nothing', amount, credited }
  return { kind: 'pay', amount, credited, date: paymentDueDate, transfer: transferOf(source, amount) }
}

function transferOf(source: BillSource, amount: string): CreditTransfer | undefined {
  const { billNo, tenant, amountDue } = source
  if (kindOf(source) !== 'bill') return undefined
  const reference = billNo === undefined ? undefined : printedReference(creditorReference(billNo))
  return creditTransferOf(tenant, { amount, currency: String(amountDue?.unit), reference })
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
  const missing = count - lines.length
  const rest = lines.reduce((left, line) => left.minus(line.amount), displayed)
  const further = lines.length > 0 && missing > 0 ? { count: missing, amount: decimal(rest) } : undefined
  return { name, lines, count, further, amount: decimal(displayed) }
}

function rank(type: string): number {
  const first = FIRST_TYPES.indexOf(type)
  if (first >= 0) return first
  return FIRST_TYPES.length + 1 + LAST_TYPES.indexOf(type)
}
