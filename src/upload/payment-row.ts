import { isInMinorUnits, minorDigits } from '../base/money.ts'
import { DAY_MS } from '../base/time-zone.ts'
import type { IncomingRow } from '../billing/incoming/incoming.ts'
import { FIELDS } from '../messages/field.ts'
import { type Column, cellReader, type Reading } from './cells.ts'
import { type Day, dayText } from './columns.ts'
import { type Cells, type RowFault, rowFault } from './file/row.ts'
import {
  ACCOUNT_NUMBER,
  AMOUNT,
  BANK_ACCOUNT,
  BILL_NO,
  CREDITOR_REFERENCE,
  CURRENCY,
  DATE,
  DEBTOR_ACCOUNT,
  DEBTOR_NAME,
  METHOD,
  PAYMENT_COLUMNS,
  REFERENCE,
  TEXT,
  TYPE
} from './payment-columns.ts'
import type { Place } from './place.ts'

/** The columns that say whose a payment is; of a statement it may be the text as well. */
const TARGETS: readonly Column<unknown>[] = [ACCOUNT_NUMBER, BILL_NO, CREDITOR_REFERENCE]

/** Reads the cells of a payment. */
export function readPaymentRow(
  cells: Cells,
  { today }: Pick<Place, 'today'>,
  reading: Reading
): { readonly content: IncomingRow } | { readonly faults: readonly RowFault[] } {
  const { read, faults } = cellReader(cells, PAYMENT_COLUMNS, reading)
  const targets = {
    accountNumber: read(ACCOUNT_NUMBER),
    billNo: read(BILL_NO),
    creditorReference: read(CREDITOR_REFERENCE),
    text: read(TEXT)
  }
  const [amount, date, reference, method] = [read(AMOUNT), read(DATE), read(REFERENCE), read(METHOD)]
  const others = {
    type: read(TYPE) ?? 'payment',
    currency: read(CURRENCY),
    debtorName: read(DEBTOR_NAME),
    debtorAccount: read(DEBTOR_ACCOUNT),
    bankAccount: read(BANK_ACCOUNT)
  }
  const isWhole = amount !== undefined && date !== undefined && reference !== undefined && method !== undefined
  if (!isWhole || faults.length > 0) return { faults }
  const fault =
    targetFault(targets, others.bankAccount) ?? dayFault(date, today + 1) ?? amountFault(amount, others.currency)
  if (fault) return { faults: [fault] }
  return { content: { ...targets, ...others, amount, reference, method, valueDate: isoDay(date) } }
}

type Targets = Pick<IncomingRow, 'accountNumber' | 'billNo' | 'creditorReference' | 'text'>

function targetFault(
  { accountNumber, billNo, creditorReference, text }: Targets,
  bankAccount: string | undefined
): RowFault | undefined {
  const values = [accountNumber, billNo, creditorReference]
  const [first, second] = TARGETS.filter((_, at) => values[at] !== undefined)
  if (first && second) return rowFault(FIELDS.notBeside(first.name), second.name)
  if (first || text !== undefined || bankAccount !== undefined) return undefined
  const others = [...TARGETS.slice(1), TEXT].map(({ name }) => name)
  return rowFault(FIELDS.requiredUnless(others), ACCOUNT_NUMBER.name)
}

/** Money arrives tomorrow at the latest, as a bank may tell this evening. */
function dayFault(date: Day, tomorrow: Day): RowFault | undefined {
  return date > tomorrow ? rowFault(FIELDS.dayFuture(dayText(tomorrow)), DATE.name, dayText(date)) : undefined
}

/** Returns the fault of an amount in parts of a minor unit, without a currency in parts of any. */
function amountFault(amount: string, currency: string | undefined): RowFault | undefined {
  if (currency !== undefined) return isInMinorUnits(amount, currency) ? undefined : digitFault(amount, currency)
  if (isInMinorUnits(amount, FINEST)) return undefined
  return rowFault(FIELDS.decimalPlaces(minorDigits(FINEST)), AMOUNT.name, amount)
}

/** No currency has more digits. */
const FINEST = 'KWD'

/** Returns the fault of an amount with more digits than a currency. */
export function digitFault(amount: string, currency: string): RowFault {
  return rowFault(FIELDS.minorUnits(minorDigits(currency), currency), AMOUNT.name, amount)
}

function isoDay(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
