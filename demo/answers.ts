import type { Money } from './arithmetic.ts'

/** The part of a response that the demo needs. */
export interface Named {
  readonly id: string
}

export interface Bill extends Named {
  readonly billNo: string
  readonly state: string
  readonly billingAccount: Named
  readonly taxExcludedAmount: Money
  readonly taxIncludedAmount: Money
  readonly amountDue: Money
  readonly remainingAmount: Money
  readonly paymentDueDate: string
  readonly appliedPayment?: readonly unknown[]
  readonly billDocument: readonly [Named & { readonly url: string }]
}

export interface Payment extends Named {
  readonly amount: Money
  readonly method: string
  readonly reference: string
  readonly reversedAt?: string
  readonly allocations: readonly { readonly bill: Named; readonly amount: Money }[]
  readonly credit: Money
}

/** A request for a bill. */
export interface Demand extends Named {
  readonly state: string
  readonly stateReason?: string
  readonly customerBill?: Named
}

/** The result of one line of many. */
export interface LineResult {
  readonly line: number
  readonly status: string
  readonly id?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

export function parseLines<T>(text: string): readonly T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
