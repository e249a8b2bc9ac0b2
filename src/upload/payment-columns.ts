import { isCreditorReference } from '../base/creditor-reference.ts'
import { TYPES } from '../billing/incoming/incoming.ts'
import { METHODS } from '../billing/payments/receipt.ts'
import { FIELDS } from '../messages/field.ts'
import type { Column } from './cells.ts'
import { currencyColumn, dayColumn, decimalColumn, nameColumn, textColumn } from './columns.ts'

/** The columns of a payment. */
export const ACCOUNT_NUMBER = nameColumn({
  name: 'account_number',
  description: 'The billing account, by its id or an alias',
  example: 'BA-100031'
})
export const BILL_NO = nameColumn({
  name: 'bill_no',
  description: 'Number of the bill, in place of its account',
  example: 'INV-2026-000180'
})
const EXAMPLE_REFERENCE = 'RF14 INV2 0260 0018 0'
export const CREDITOR_REFERENCE: Column<string> = {
  name: 'creditor_reference',
  description: 'Creditor reference of the bill (ISO 11649), in place of its account',
  example: EXAMPLE_REFERENCE,
  read: (sent) => (isCreditorReference(sent) ? { value: sent } : { fault: FIELDS.creditorReference(EXAMPLE_REFERENCE) })
}
export const AMOUNT = decimalColumn({
  name: 'amount',
  isRequired: true,
  description: 'The amount that came in, in the digits of the currency',
  example: '119.00'
})
export const CURRENCY = currencyColumn({
  name: 'currency',
  description: 'ISO 4217; by default that of the bill, or of the account',
  example: 'EUR'
})
export const DATE = dayColumn({
  name: 'date',
  isRequired: true,
  description: 'The day on which it arrived, DD-MM-YYYY',
  example: '27-11-2026'
})
export const REFERENCE = nameColumn({
  name: 'reference',
  isRequired: true,
  description: 'Name of the payment: the same reference is the same payment',
  example: 'statement 17, line 4'
})
export const METHOD: Column<(typeof METHODS)[number]> = {
  name: 'method',
  isRequired: true,
  description: `Method of payment: ${METHODS.join(', ')}`,
  example: 'bankTransfer',
  read: (sent) => among(METHODS, sent)
}
export const TEXT = textColumn({
  name: 'text',
  description: 'The remittance text, which may name a bill or an account',
  example: 'Invoice INV-2026-000180'
})
export const DEBTOR_NAME = nameColumn({
  name: 'debtor_name',
  description: 'Who paid',
  example: 'Radhaus Falkensee'
})
export const DEBTOR_ACCOUNT = nameColumn({
  name: 'debtor_account',
  description: 'The bank account it came from',
  example: 'DE75512108001245126199'
})
export const BANK_ACCOUNT = nameColumn({
  name: 'bank_account',
  description: 'The bank account of a statement: then the bank made the reference',
  example: 'DE02120300000000202051'
})
/** Credits of a statement that stand for several. */
const SENT_TYPES = [...TYPES, 'batch', 'unequal'] as const
export const TYPE: Column<(typeof TYPES)[number]> = {
  name: 'type',
  description: 'payment, or return for money that went back or came back',
  example: 'payment',
  read: (sent) => {
    const read = among(SENT_TYPES, sent)
    if ('fault' in read) return { fault: FIELDS.oneOf(TYPES) }
    switch (read.value) {
      case 'batch':
        return { fault: FIELDS.batch() }
      case 'unequal':
        return { fault: FIELDS.unequalBatch() }
      default:
        return { value: read.value }
    }
  }
}

export const PAYMENT_COLUMNS: readonly Column<unknown>[] = [
  ...[ACCOUNT_NUMBER, BILL_NO, CREDITOR_REFERENCE, AMOUNT, CURRENCY, DATE, REFERENCE, METHOD, TEXT],
  ...[DEBTOR_NAME, DEBTOR_ACCOUNT, BANK_ACCOUNT, TYPE]
]

function among<const T extends string>(values: readonly T[], sent: string) {
  const value = values.find((one) => one === sent)
  return value === undefined ? { fault: FIELDS.oneOf(values) } : { value }
}
