import Big from 'big.js'
import type { Instant } from '../base/instant.ts'
import { ownDocument } from '../resources/bill-document.ts'
import type { Document } from '../tmf/declaration/resource.ts'
import type { BillRow } from './bill-row.ts'
import { firstDay } from './columns.ts'
import type { Place } from './place.ts'

/** Uploaded bills are issued by being stored. */
const STATE = 'sent'

/** The dates of a row as instants. */
export interface BillDates {
  readonly billDate: Instant | undefined
  readonly paymentDueDate: Instant
  readonly billingPeriod: { readonly startDateTime: Instant; readonly endDateTime: Instant }
}

export function billDates({ billDate, dueDate, period }: BillRow, at: Place['at']): BillDates {
  return {
    billDate: billDate === undefined ? undefined : at(billDate),
    paymentDueDate: at(dueDate),
    billingPeriod: { startDateTime: at(firstDay(period)), endDateTime: at(firstDay(period + 1)) }
  }
}

/** The parts that no row has: the currency in effect, and the ids of the bill and of its document. */
interface BillNames {
  readonly currency: string
  readonly id: string
  readonly documentId: string
}

/** Returns the posted form of a row: a CustomerBill of another system. */
export function billDocument(row: BillRow, dates: BillDates, { currency, id, documentId }: BillNames): Document {
  const { accountNumber, amount, billNo, tax, name, documentUrl, description } = row
  const money = (value: string) => ({ unit: currency, value: Number(value) })
  return {
    state: STATE,
    category: 'normal',
    billNo,
    ...dates,
    billingAccount: { id: accountNumber, ...(name !== undefined && { name }) },
    amountDue: money(amount),
    remainingAmount: money(amount),
    taxExcludedAmount: tax && money(tax.excluded),
    taxIncludedAmount: tax && money(amount),
    taxItem: tax && [taxItem(tax, amount, money)],
    billDocument: [
      {
        ...(documentUrl === undefined ? ownDocument(documentId, billNo ?? id) : { id: documentId, url: documentUrl }),
        ...(description !== undefined && { description })
      }
    ]
  }
}

function taxItem({ excluded, category, rate }: Tax, amount: string, money: (value: string) => object) {
  const taxAmount = money(new Big(amount).minus(excluded).toFixed())
  return { taxCategory: category, ...(rate !== undefined && { taxRate: Number(rate) }), taxAmount }
}

type Tax = NonNullable<BillRow['tax']>
