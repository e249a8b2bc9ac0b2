import Big from 'big.js'
import type { BillSource, Tax } from './bill-source.ts'
import { decimal, NO_TAXES, type Tally, taxKey } from './tally.ts'

export interface BillTaxes {
  readonly rows: readonly TaxRow[]
  readonly untaxed: Untaxed | undefined
  readonly impliedRates: readonly string[]
  readonly hasRates: boolean
}

export interface TaxRow {
  readonly category: string | undefined
  /** A fraction. */
  readonly rate: string | undefined
  /** Undefined if a bill of another system does not give it. */
  readonly base: string | undefined
  readonly amount: string
}

export interface Untaxed {
  readonly base: string
  readonly isExempt: boolean
  readonly reason: string | undefined
}

/**
 * Returns the taxes with their bases. On a bill of the engine each base is exact: lines with the same taxes are rounded
 * together, once.
 */
export function taxesOf(source: BillSource, tally: Tally, digits: number): BillTaxes {
  const { taxes, taxProfile } = source
  const named = new Set([...tally.taxGroups.values()].flatMap((group) => [...group.taxes]))
  const implied = taxProfile
    ? (taxProfile.rates ?? [])
    : taxes.filter((tax) => !named.has(taxKey(tax)) && isOnTheRest(tax, source, tally, digits))
  const keys = new Set(implied.map(taxKey))
  const impliedRates = implied.flatMap(({ taxRate }) => (taxRate === undefined ? [] : [new Big(taxRate).toFixed()]))
  return {
    rows: taxes.map((tax) => ({
      category: tax.taxCategory,
      rate: tax.taxRate === undefined ? undefined : new Big(tax.taxRate).toFixed(),
      base: baseOf(taxKey(tax), keys, source, tally, digits),
      amount: new Big(tax.taxAmount.value).toFixed()
    })),
    untaxed: untaxedOf(source, tally, digits),
    impliedRates,
    hasRates: named.size > 0 || impliedRates.length > 0
  }
}

/** Returns the sum of lines without taxes, or the total of a bill without lines. */
function restOf({ taxExcluded }: BillSource, { taxGroups, count }: Tally, digits: number): Big | undefined {
  if (count === 0) return taxExcluded && new Big(taxExcluded.value)
  return taxGroups.get(NO_TAXES)?.exact.round(digits, Big.roundHalfUp)
}

/**
 * On a bill of another system: finds whether a tax is on the lines without taxes. It is if it is the only tax, or
 * matches them at its rate to a minor unit.
 */
function isOnTheRest(tax: Tax, source: BillSource, tally: Tally, digits: number): boolean {
  const rest = restOf(source, tally, digits)
  if (rest === undefined) return false
  if (source.taxes.length === 1) return true
  const { taxRate, taxAmount } = tax
  if (taxRate === undefined) return false
  return rest
    .times(taxRate)
    .minus(taxAmount.value)
    .abs()
    .lte(new Big(`1e-${digits}`))
}

function baseOf(
  key: string,
  implied: ReadonlySet<string>,
  source: BillSource,
  tally: Tally,
  digits: number
): string | undefined {
  const groups = [...tally.taxGroups.values()].filter(({ taxes }) => taxes.has(key))
  const bases = groups.map(({ exact }) => exact.round(digits, Big.roundHalfUp))
  const rest = implied.has(key) ? restOf(source, tally, digits) : undefined
  const all = rest ? [...bases, rest] : bases
  return all.length > 0 ? decimal(all.reduce((sum, base) => sum.plus(base))) : undefined
}

/** Returns the lines that the engine did not tax, because of an exemption or a missing rate. */
function untaxedOf(source: BillSource, tally: Tally, digits: number): Untaxed | undefined {
  const { taxProfile, taxes } = source
  const rest = restOf(source, tally, digits)
  const isExempt = taxProfile?.exempt ?? false
  const hasRate = (taxProfile?.rates ?? []).length > 0
  if (!taxProfile || rest === undefined || hasRate || (taxes.length === 0 && !isExempt)) return undefined
  return { base: decimal(rest), isExempt, reason: taxProfile.exemptReason }
}
