import Big from 'big.js'
import { DOCUMENTS } from '../../messages/document.ts'
import type { Amount, BillSource, Tax } from './bill-source.ts'
import { decimal, type Tally } from './tally.ts'

/**
 * Returns the rounding of a bill. The engine stores it. On a bill of another system it is the total less the lines, if
 * rounding explains that: up to half a minor unit for each taxed base. A bill without lines or total has none. Throws
 * `conflict` for any other difference; on a bill of the engine it is a bug.
 */
export function roundingOf({ taxExcluded, taxes, rounding }: BillSource, tally: Tally, digits: number): Big {
  const { count, exact, displayed } = tally
  if (!taxExcluded || (count === 0 && rounding === undefined)) return new Big(0)
  const missing = new Big(taxExcluded.value).minus(displayed)
  if (rounding !== undefined) {
    if (missing.eq(rounding)) return missing
    throw new Error(`the lines ${decimal(displayed)} and the rounding ${rounding} are not ${taxExcluded.value}`)
  }
  const tolerance = new Big(`5e-${digits + 1}`).times(Math.max(taxes.length, 1))
  if (exact.minus(taxExcluded.value).abs().lte(tolerance)) return missing
  throw DOCUMENTS.linesDiffer(decimal(exact), taxExcluded.value)
}

export function requireTotal({ taxExcluded, taxIncluded, taxes, rounding }: BillSource): void {
  if (!taxExcluded || !taxIncluded || taxes.length === 0) return
  const total = sum(
    [taxExcluded.value, ...taxes.map(({ taxAmount }) => taxAmount.value)].map((value) => new Big(value))
  )
  if (total.eq(taxIncluded.value)) return
  const fault = DOCUMENTS.totalsDiffer(decimal(total), taxIncluded.value)
  throw rounding === undefined ? fault : new Error(fault.message)
}

export function requireOneCurrency(
  { taxes, taxIncluded, amountDue }: BillSource,
  tally: Tally,
  currency: string
): void {
  const amounts: readonly (Amount | Tax['taxAmount'] | undefined)[] = [
    taxIncluded,
    amountDue,
    ...taxes.map(({ taxAmount }) => taxAmount)
  ]
  const other = amounts.find((amount) => amount && amount.unit !== currency)?.unit ?? tally.otherCurrency
  if (other === undefined) return
  throw DOCUMENTS.currencies(currency, other)
}

export function sum(amounts: readonly Big[]): Big {
  return amounts.reduce((total, amount) => total.plus(amount), new Big(0))
}
