import { compareDecimals, sumDecimals } from '../base/money.ts'
import { BILLS } from '../messages/bill.ts'

interface Money {
  readonly unit: string
  readonly value: number
}

/** The parts of a bill that a credit note states. */
interface Note {
  readonly category?: string
  readonly amountDue?: Money
  readonly remainingAmount?: Money
  readonly taxExcludedAmount?: Money
  readonly taxIncludedAmount?: Money
  readonly taxItem?: readonly { readonly taxAmount: Money }[]
}

/**
 * Throws `invalidField` for a credit note with an amount above zero, and one that does not add up, as far as it states
 * its parts: before tax + taxes = with tax = due.
 */
export function requireSoundNote({ category, ...bill }: Note): void {
  if (category !== 'creditNote') return
  const { amountDue, remainingAmount, taxExcludedAmount, taxIncludedAmount, taxItem = [] } = bill
  const amounts = { amountDue, remainingAmount, taxExcludedAmount, taxIncludedAmount }
  const named = [
    ...Object.entries(amounts).map(([name, amount]) => [`$.${name}.value`, amount] as const),
    ...taxItem.map(({ taxAmount }, at) => [`$.taxItem[${at}].taxAmount.value`, taxAmount] as const)
  ]
  const above = named.find(([, amount]) => amount && compareDecimals(amount.value, 0) > 0)
  if (above) throw BILLS.noteAboveZero(above[0])
  const unit = taxIncludedAmount?.unit ?? amountDue?.unit
  const valueIn = (amount: Money | undefined) => (amount && amount.unit === unit ? String(amount.value) : undefined)
  const [due, included, excluded] = [amountDue, taxIncludedAmount, taxExcludedAmount].map(valueIn)
  const taxes = taxItem.flatMap(({ taxAmount }) => valueIn(taxAmount) ?? [])
  const made = excluded === undefined ? included : sumDecimals([excluded, ...taxes])
  for (const stated of [included, due]) {
    if (made !== undefined && stated !== undefined && compareDecimals(made, stated) !== 0) {
      throw BILLS.noteDoesNotAddUp(made, stated)
    }
  }
}
