/** The length of the mark by which `inDigits` begins a number. */
export const PREFIX = 'number '.length

/** A number as it writes it. */
export type Digits = string

export interface Money {
  readonly unit: string
  readonly value: Digits
}

export interface Sums {
  readonly rateCount: Digits
  readonly exactAmount: Money
  readonly shownAmount: Money
}

/** A bill of very many rates does not list them. */
interface Product extends Sums {
  readonly rates?: readonly Sums[]
}

export interface Group {
  readonly rateCount: Digits
  readonly exactAmount: Money
  readonly roundingAmount?: Money
  readonly taxExcludedAmount: Money
  readonly charges: readonly (Sums & { readonly products: readonly Product[] })[]
}

export interface Tax {
  readonly shares: readonly { readonly exactAmount: Money }[]
  readonly exactAmount: Money
  readonly roundingAmount?: Money
  readonly unexplainedAmount?: Money
  readonly taxAmount: Money
}

export interface Compared {
  readonly currentAmount: Money
  readonly previousAmount: Money
  readonly difference: Money
}

export interface Comparison {
  readonly amountDue: Compared
  readonly charges: readonly Compared[]
  readonly roundingAmount: Compared
  readonly chargesWithoutRates: Compared
  readonly taxItem: readonly Compared[]
  readonly unexplainedAmount: Compared
}

export interface Explained {
  readonly customerBill: { readonly category?: string }
  readonly origin: { readonly type: 'computed' | 'received' }
  readonly amountDue?: Money
  readonly taxExcludedAmount?: Money
  readonly rateCount: Digits
  readonly taxGroups: readonly Group[]
  readonly chargesWithoutRates?: Money
  readonly taxItem: readonly Tax[]
  readonly unexplainedAmount?: Money
  readonly shownRounding?: Money
  readonly settlements: readonly { readonly type: string; readonly amount: Money }[]
  readonly remainingAmount?: Money
  readonly comparison: Comparison | { readonly text: string }
}
