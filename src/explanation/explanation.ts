import Big from 'big.js'
import { minorDigits, sumDecimals } from '../base/money.ts'
import type { Queryable } from '../db/database.ts'
import { type ExplainedBill, readExplainedBill, type StatedTax, type TaxName } from './bill.ts'
import { type ChargeSum, type GivenTax, readCharges, readGivenTaxes } from './charges.ts'
import { linesOf } from './lines.ts'

/**
 * How the amount due of a bill comes about. Every amount is the sum of those one level below:
 *
 * - amountDue: the tax groups' `taxExcluded`, `withoutRates`, the taxes' amounts, and `unexplained`
 * - `taxExcluded` of a tax group: the exact amounts of its types, and `rounding`
 * - the amount of a tax: the exact taxes on the tax groups, and `rounding` or `unexplained`
 * - the amount of a type: its products; that of a product: its rates
 *
 * Amounts in other currencies than the bill's, which only bills of other systems have, are in no sum.
 */
export interface Explanation {
  readonly bill: ExplainedBill
  readonly taxGroups: readonly TaxGroup[]
  readonly taxes: readonly ExplainedTax[]
  /** The part of the amount before tax that no rate has, such as a share of a rounding; undefined for none. */
  readonly withoutRates: string | undefined
  /** The part of the amount due that is neither before tax nor tax; undefined for none. */
  readonly unexplained: string | undefined
  /** The amount before tax less the rates as its document shows them; undefined without rates. */
  readonly shownRounding: string | undefined
  readonly rateCount: number
}

/** The rates with the same taxes, which are rounded together. */
export interface TaxGroup {
  readonly taxKey: string
  readonly unit: string
  /** Their own taxes, or those of the account's tax profile. */
  readonly taxes: readonly TaxName[]
  readonly isByProfile: boolean
  readonly rateCount: number
  readonly exact: string
  /** Undefined on a bill of another system. */
  readonly rounding: string | undefined
  readonly taxExcluded: string
  readonly types: readonly TypeCharges[]
}

export interface TypeCharges {
  readonly type: string
  readonly rateCount: number
  readonly exact: string
  readonly shown: string
  readonly products: readonly ChargeSum[]
}

export interface ExplainedTax extends StatedTax {
  /** The tax on each group that has it, before rounding, by the place of the group. */
  readonly shares: readonly { readonly taxGroup: number; readonly exact: string; readonly isGiven: boolean }[]
  readonly exact: string
  readonly rounding: string | undefined
  readonly unexplained: string | undefined
}

const NO_TAXES = '[]'

/** Explains a bill that was found in the caller's view. Unless it is issued, read it from one snapshot. */
export async function explain(queryable: Queryable, tenantId: string, billId: string): Promise<Explanation> {
  const bill = await readExplainedBill(queryable, tenantId, billId)
  const lines = await linesOf(queryable, tenantId, billId)
  const charges = await readCharges(queryable, lines, tenantId, bill.unit)
  const isTaxed = charges.some(({ taxKey }) => taxKey !== NO_TAXES)
  return explanationOf(bill, charges, isTaxed ? await readGivenTaxes(queryable, lines) : [])
}

export function explanationOf(
  bill: ExplainedBill,
  charges: readonly ChargeSum[],
  given: readonly GivenTax[]
): Explanation {
  const implied = impliedTaxes(bill, given)
  const taxGroups = taxGroupsOf(bill, charges, implied)
  const own = taxGroups.filter(({ unit }) => unit === bill.unit)
  const taxes = bill.taxItems.map((tax) => explainTax(tax, bill, { taxGroups, implied, given }))
  const ofRates = sumDecimals(own.map(({ taxExcluded }) => taxExcluded))
  const withoutRates = bill.taxExcluded === undefined ? undefined : difference(bill.taxExcluded, ofRates)
  const ofTaxes = taxes.filter(({ unit }) => unit === bill.unit).map(({ amount }) => amount)
  const parts = sumDecimals([ofRates, withoutRates ?? '0', ...ofTaxes])
  const shown = sumDecimals(own.flatMap(({ types }) => types.map((one) => one.shown)))
  const rateCount = taxGroups.reduce((sum, group) => sum + group.rateCount, 0)
  return {
    ...{ bill, taxGroups, taxes, withoutRates, rateCount },
    unexplained: bill.amountDue === undefined ? undefined : difference(bill.amountDue, parts),
    shownRounding:
      bill.taxExcluded === undefined || rateCount === 0 ? undefined : text(new Big(bill.taxExcluded).minus(shown))
  }
}

/** Returns the taxes on rates without taxes of their own. Bills of early releases do not keep the tax profile. */
function impliedTaxes({ isComputed, profile, taxItems }: ExplainedBill, given: readonly GivenTax[]) {
  if (!isComputed) return []
  if (profile) return profile.rates
  return taxItems.filter((item) => !given.some((tax) => isSame(tax, item)))
}

function taxGroupsOf(
  { isComputed }: ExplainedBill,
  charges: readonly ChargeSum[],
  implied: readonly TaxName[]
): readonly TaxGroup[] {
  const groups = Map.groupBy(charges, ({ unit, taxKey }) => `${unit} ${taxKey}`)
  return [...groups.values()].map((sums): TaxGroup => {
    const { taxKey = NO_TAXES, unit = '', taxes = [] } = sums[0] ?? {}
    const exact = sumDecimals(sums.map((sum) => sum.exact))
    const isByProfile = isComputed && taxKey === NO_TAXES
    const types = Map.groupBy(sums, ({ type }) => type)
    const taxExcluded = isComputed ? rounded(exact, unit) : exact
    return {
      ...{ taxKey, unit, exact, taxExcluded, isByProfile, rateCount: count(sums) },
      taxes: isByProfile ? implied : taxes,
      rounding: isComputed ? text(new Big(taxExcluded).minus(exact)) : undefined,
      types: [...types].map(([type, products]) => ({
        ...{ type, products, rateCount: count(products) },
        exact: sumDecimals(products.map((sum) => sum.exact)),
        shown: sumDecimals(products.map((sum) => sum.shown))
      }))
    }
  })
}

interface Basis {
  readonly taxGroups: readonly TaxGroup[]
  readonly implied: readonly TaxName[]
  readonly given: readonly GivenTax[]
}

function explainTax(tax: StatedTax, { isComputed }: ExplainedBill, { taxGroups, implied, given }: Basis): ExplainedTax {
  const isImplied = implied.some((one) => isSame(one, tax))
  const shares = taxGroups.flatMap(({ taxKey, unit, exact }, taxGroup) => {
    if (unit !== tax.unit) return []
    if (taxKey === NO_TAXES) {
      return isImplied ? [{ taxGroup, exact: text(new Big(exact).times(tax.taxRate ?? 0)), isGiven: false }] : []
    }
    const own = given.filter((one) => one.taxKey === taxKey && one.unit === unit && isSame(one, tax))
    return own.length > 0 ? [{ taxGroup, exact: sumDecimals(own.map(({ amount }) => amount)), isGiven: true }] : []
  })
  const exact = sumDecimals(shares.map((share) => share.exact))
  return {
    ...{ ...tax, shares, exact },
    rounding: isComputed ? text(new Big(tax.amount).minus(exact)) : undefined,
    unexplained: isComputed ? undefined : difference(tax.amount, exact)
  }
}

function isSame(one: TaxName, other: TaxName): boolean {
  return one.taxCategory === other.taxCategory && one.taxRate === other.taxRate
}

function count(sums: readonly ChargeSum[]): number {
  return sums.reduce((sum, { rateCount }) => sum + rateCount, 0)
}

/** Rounds halves away from zero, as the engine does. */
function rounded(amount: string, unit: string): string {
  return text(new Big(amount).round(minorDigits(unit), Big.roundHalfUp))
}

/** Returns what is missing; undefined for nothing. */
function difference(whole: string, parts: string): string | undefined {
  const missing = new Big(whole).minus(parts)
  return missing.eq(0) ? undefined : text(missing)
}

/** Returns an amount as text, zero without a sign. */
function text(amount: Big): string {
  return amount.eq(0) ? '0' : amount.toFixed()
}
