import { createHash } from 'node:crypto'
import type { METHODS } from '../payments/receipt.ts'

export const TYPES = ['payment', 'return'] as const

/** Money that came in, as a row of a file or a bank statement tells it. */
export interface IncomingRow {
  /** `return` is a credit that went back, or a payment of ours that came back. */
  readonly type: (typeof TYPES)[number]
  /** Decimal text. */
  readonly amount: string
  /** By default that of the bill or the account. */
  readonly currency: string | undefined
  readonly method: (typeof METHODS)[number]
  /** The day on which it arrived, such as `2026-11-30`. */
  readonly valueDate: string
  readonly reference: string
  readonly accountNumber: string | undefined
  readonly billNo: string | undefined
  readonly creditorReference: string | undefined
  readonly text: string | undefined
  readonly debtorName: string | undefined
  readonly debtorAccount: string | undefined
  /** The account that a statement is of; then the bank made the reference. */
  readonly bankAccount: string | undefined
}

/**
 * Returns the SHA-256 of a row, which tells a repetition. Of a bank's reference it is that of the amount alone: the
 * statement and the notification of a day may tell the same payment in other words.
 */
export function rowHash(row: IncomingRow): string {
  const { type, amount, currency, method, valueDate, accountNumber, billNo, creditorReference, text } = row
  const money = ['row', type, amount, currency ?? null]
  const words = [method, valueDate, accountNumber, billNo, creditorReference, text, row.debtorName, row.debtorAccount]
  const content = row.bankAccount === undefined ? [...money, ...words.map((word) => word ?? null)] : money
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}
