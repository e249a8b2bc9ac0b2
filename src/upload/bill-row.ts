import { hash } from 'node:crypto'
import Big from 'big.js'
import { compareDecimals, minorDigits } from '../base/money.ts'
import { FIELDS } from '../messages/field.ts'
import { type Column, cellReader, type Reading } from './cells.ts'
import {
  currencyColumn,
  type Day,
  dayColumn,
  dayText,
  decimalColumn,
  type Month,
  monthColumn,
  monthOf,
  monthText,
  nameColumn,
  periodText,
  textColumn,
  urlColumn
} from './columns.ts'
import { type Cells, type RowFault, rowFault } from './file/row.ts'
import type { StoreOptions } from './kind.ts'
import type { Place } from './place.ts'

/** The columns of a bill of another system. */
export const ACCOUNT_NUMBER = nameColumn({
  name: 'account_number',
  isRequired: true,
  description: 'The billing account, by its id or an alias; it may be unknown here',
  example: 'BA-100031'
})
const AMOUNT = decimalColumn({
  name: 'amount',
  isRequired: true,
  description: 'The net amount to pay, in the digits of the currency',
  example: '119.00'
})
const DUE_DATE = dayColumn({
  name: 'due_date',
  isRequired: true,
  description: 'The day by which it must be paid, DD-MM-YYYY: today or later',
  example: '14-12-2099'
})
const PERIOD = monthColumn({
  name: 'period',
  isRequired: true,
  description: 'The billed month, MM-YYYY: this month or later',
  example: '12-2099'
})
const BILL_NO = nameColumn({
  name: 'bill_no',
  description: 'Number of the bill in the other system',
  example: 'U-2099-000017'
})
const CURRENCY = currencyColumn({
  name: 'currency',
  description: 'ISO 4217; by default that of the account, or of the tenant if the account is unknown',
  example: 'EUR'
})
const TAX_EXCLUDED_AMOUNT = decimalColumn(
  { name: 'tax_excluded_amount', description: 'The part of the amount before tax', example: '100.00' },
  true
)
const TAX_CATEGORY = nameColumn({
  name: 'tax_category',
  description: 'Category of the tax; required with tax_excluded_amount',
  example: 'VAT'
})
const TAX_RATE = decimalColumn(
  { name: 'tax_rate', description: 'Rate of the tax, such as 0.19; needs tax_category', example: '0.19' },
  true
)
const BILL_DATE = dayColumn({ name: 'bill_date', description: 'Date of the bill, DD-MM-YYYY', example: '30-11-2099' })
export const NAME = textColumn({
  name: 'name',
  description: 'The recipient, unless the account is known here',
  example: 'Radhaus Falkensee'
})
const DESCRIPTION = textColumn({ name: 'description', description: 'About the document', example: 'Heating 2099' })
const DOCUMENT_URL = urlColumn({
  name: 'document_url',
  description: 'Address of the document in the other system',
  example: 'https://bills.example.com/U-2099-000017.pdf'
})
const EXTERNAL_ID = nameColumn({
  name: 'external_id',
  description: 'What the other system calls the row',
  example: 'R-17'
})

export const BILL_COLUMNS: readonly Column<unknown>[] = [
  ...[ACCOUNT_NUMBER, AMOUNT, DUE_DATE, PERIOD, BILL_NO, CURRENCY, TAX_EXCLUDED_AMOUNT, TAX_CATEGORY, TAX_RATE],
  ...[BILL_DATE, NAME, DESCRIPTION, DOCUMENT_URL, EXTERNAL_ID]
]

/** Amounts are decimal texts. */
export interface BillRow {
  readonly accountNumber: string
  readonly amount: string
  readonly dueDate: Day
  readonly period: Month
  readonly billNo: string | undefined
  readonly currency: string | undefined
  readonly tax: { readonly excluded: string; readonly category: string; readonly rate: string | undefined } | undefined
  readonly billDate: Day | undefined
  readonly name: string | undefined
  readonly description: string | undefined
  readonly documentUrl: string | undefined
  readonly externalId: string | undefined
}

/** Reads the cells of a row. Whether the row fits its account and its day, `placeFaults` tells. */
export function readBillRow(
  cells: Cells,
  reading: Reading
): { readonly row: BillRow } | { readonly faults: readonly RowFault[] } {
  const { read, faults } = cellReader(cells, BILL_COLUMNS, reading)
  const [accountNumber, amount, dueDate, period] = [read(ACCOUNT_NUMBER), read(AMOUNT), read(DUE_DATE), read(PERIOD)]
  const taxes = { excluded: read(TAX_EXCLUDED_AMOUNT), category: read(TAX_CATEGORY), rate: read(TAX_RATE) }
  const others = {
    billNo: read(BILL_NO),
    currency: read(CURRENCY),
    billDate: read(BILL_DATE),
    name: read(NAME),
    description: read(DESCRIPTION),
    documentUrl: read(DOCUMENT_URL),
    externalId: read(EXTERNAL_ID)
  }
  const isWhole = accountNumber !== undefined && amount !== undefined && dueDate !== undefined && period !== undefined
  if (!isWhole || faults.length > 0) return { faults }
  const { tax, fault } = readTax(taxes, amount)
  return fault ? { faults: [fault] } : { row: { accountNumber, amount, dueDate, period, ...others, tax } }
}

type Taxes = { readonly [Part in keyof NonNullable<BillRow['tax']>]: string | undefined }

/** A tax has a category and the amount before it, or there is none. */
function readTax(
  { excluded, category, rate }: Taxes,
  amount: string
): { readonly tax?: BillRow['tax']; readonly fault?: RowFault } {
  const needed = (missing: Column<unknown>, by: Column<unknown>) => ({
    fault: rowFault(FIELDS.neededBy(by.name), missing.name)
  })
  if (category === undefined) {
    if (excluded !== undefined) return needed(TAX_CATEGORY, TAX_EXCLUDED_AMOUNT)
    return rate === undefined ? {} : needed(TAX_CATEGORY, TAX_RATE)
  }
  if (excluded === undefined) return needed(TAX_EXCLUDED_AMOUNT, TAX_CATEGORY)
  if (compareDecimals(excluded, amount) <= 0) return { tax: { excluded, category, rate } }
  return { fault: rowFault(FIELDS.notAbove(AMOUNT.name), TAX_EXCLUDED_AMOUNT.name, excluded) }
}

/** Returns the faults of a row where and when it is read, in its currency. */
export function placeFaults(
  row: BillRow,
  { today, ownNumber }: Place,
  currency: string,
  past: StoreOptions['past']
): readonly RowFault[] {
  const { amount, tax, billNo } = row
  const pattern = billNo === undefined ? undefined : ownNumber(billNo)
  return [
    ...digitFaults(AMOUNT.name, amount, currency),
    ...(tax ? digitFaults(TAX_EXCLUDED_AMOUNT.name, tax.excluded, currency) : []),
    ...(past === 'accept' ? [] : pastFaults(row, today)),
    ...(pattern === undefined ? [] : [rowFault(FIELDS.ownNumber(pattern), BILL_NO.name, billNo)])
  ]
}

function pastFaults({ dueDate, period }: BillRow, today: Day): readonly RowFault[] {
  const month = monthOf(today)
  return [
    ...(dueDate < today ? [rowFault(FIELDS.dayPast(dayText(today)), DUE_DATE.name, dayText(dueDate))] : []),
    ...(period < month ? [rowFault(FIELDS.monthPast(monthText(month)), PERIOD.name, monthText(period))] : [])
  ]
}

function digitFaults(name: string, value: string, currency: string): readonly RowFault[] {
  const digits = minorDigits(currency)
  // The common case: a canonical decimal with few places.
  if (value.length - (value.indexOf('.') + 1 || value.length) <= digits) return []
  const isExact = new Big(value).round(digits, Big.roundDown).eq(value)
  return isExact ? [] : [rowFault(FIELDS.minorUnits(digits, currency), name, value)]
}

/** The key by which a row is known, unique for its owner. */
export interface RowKey {
  readonly accountNumber: string
  readonly period: string
  readonly referenceKind: 'externalId' | 'billNo' | 'none'
  readonly reference: string
}

export function keyOf({ accountNumber, period, externalId, billNo }: BillRow): RowKey {
  const key = { accountNumber, period: periodText(period) }
  if (externalId !== undefined) return { ...key, referenceKind: 'externalId', reference: externalId }
  if (billNo !== undefined) return { ...key, referenceKind: 'billNo', reference: billNo }
  return { ...key, referenceKind: 'none', reference: '' }
}

/** Writes a key as one text. */
export function keyText({ accountNumber, period, referenceKind, reference }: RowKey): string {
  return JSON.stringify([accountNumber, period, referenceKind, reference])
}

/** Returns the SHA-256 of all columns, the same however amounts and blanks are written. */
export function hashOf(row: BillRow): string {
  return hash('sha256', JSON.stringify(HASHED.map((name) => row[name] ?? null)), 'hex')
}

/** Stored hashes rest on the order. */
const HASHED = [
  ...(['accountNumber', 'amount', 'dueDate', 'period', 'billNo', 'currency', 'tax', 'billDate', 'name'] as const),
  ...(['description', 'documentUrl', 'externalId'] as const)
]
