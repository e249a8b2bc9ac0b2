import Big from 'big.js'
import type { Instant } from '../base/instant.ts'
import { ownDocument } from '../resources/bill-document.ts'
import type { BillRow } from './bill-row.ts'
import { firstDay } from './columns.ts'
import type { Place } from './place.ts'

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

/** The reference to an account: its id, and JSON of its other members. */
export interface AccountText {
  readonly id: string
  readonly rest: string | null
}

/** All that no row has. */
export interface BillNames {
  readonly id: string
  readonly documentId: string
  readonly state: string
  /** The currency in effect. */
  readonly currency: string
  readonly account: AccountText
  readonly lastUpdate: Instant
}

/** Returns the document of a new bill, as documentSql makes it of its row. */
export function billText(row: BillRow, dates: BillDates, names: BillNames): string {
  const { amount, billNo, tax } = row
  const { id, state, currency, account, lastUpdate } = names
  const money = (value: string) => `{"unit":"${currency}","value":${value}}`
  const { billDate, paymentDueDate, billingPeriod } = dates
  const [due, rest] = [money(amount), account.rest === null ? '' : `,${account.rest.slice(1, -1)}`]
  return [
    `{"id":"${id}","state":"${state}","category":"${CATEGORY}","lastUpdate":"${lastUpdate}"`,
    billNo === undefined ? '' : `,"billNo":${json(billNo)}`,
    billDate === undefined ? '' : `,"billDate":"${billDate}"`,
    `,"paymentDueDate":"${paymentDueDate}","amountDue":${due},"remainingAmount":${due}`,
    tax ? `,"taxExcludedAmount":${money(tax.excluded)},"taxIncludedAmount":${due}` : '',
    tax ? `,"taxItem":[${taxText(tax, amount, money)}]` : '',
    `,"billingAccount":{"id":${json(account.id)}${rest}},"billingPeriod":${json(billingPeriod)}`,
    `,"billDocument":${documentsText(row, names)}}`
  ].join('')
}

/** Of every uploaded bill. */
export const CATEGORY = 'normal'

const json = JSON.stringify

function documentsText({ billNo, documentUrl: url, description }: BillRow, { id, documentId }: BillNames): string {
  const document = url === undefined ? ownDocument(documentId, billNo ?? id) : { id: documentId, url }
  return json([{ ...document, description }])
}

function taxText({ excluded, category, rate }: Tax, amount: string, money: (value: string) => string): string {
  const taxRate = rate === undefined ? '' : `,"taxRate":${rate}`
  const taxAmount = money(new Big(amount).minus(excluded).toFixed())
  return `{"taxCategory":${json(category)}${taxRate},"taxAmount":${taxAmount}}`
}

type Tax = NonNullable<BillRow['tax']>
