import { compareDecimals, isSumInLimit } from '../base/money.ts'
import { findingAt, refusal } from '../http/findings.ts'
import { BILLS } from '../messages/bill.ts'
import { FIELDS } from '../messages/field.ts'
import type { Problem } from '../messages/problem.ts'
import {
  instant,
  json,
  linkedJson,
  money,
  oneOf,
  openReference,
  ownReference,
  reference,
  text
} from '../tmf/declaration/attribute.ts'
import { declareResource } from '../tmf/declaration/define.ts'
import { type DocumentOf, EXTENSIONS, type Stored } from '../tmf/declaration/resource.ts'
import { list, timePeriod, type ValueOf } from '../tmf/declaration/shape.ts'
import { ownDocument, withUrls } from './bill-document.ts'
import { requireSoundNote } from './posted-note.ts'
import { relatedBill, withHrefs } from './related-bill.ts'
import {
  appliedPayment,
  attachment,
  billCycleRef,
  billingAccountRef,
  financialAccountRef,
  paymentMethodRef,
  relatedPartyRef,
  taxItem
} from './types.ts'

/** In the order of a bill's life; onHold stands beside them. */
const STATES = ['new', 'validated', 'sent', 'partiallyPaid', 'settled'] as const
export const ISSUING_STATES = ['validated', 'sent'] as const
export type IssuingState = (typeof ISSUING_STATES)[number]
/** The states in which a run leaves a bill. */
export const RUN_BILL_STATES = ['new', ...ISSUING_STATES] as const
export type RunBillState = (typeof RUN_BILL_STATES)[number]
/** The states of an issued bill that is not on hold. */
export const ISSUED_STATES: readonly string[] = [...ISSUING_STATES, 'partiallyPaid', 'settled']

const attributes = {
  billNo: text('bill_no', 'Number of the bill, as the customer sees it', 'indexed'),
  billDate: instant('bill_date', 'Date of the bill', 'indexed'),
  category: text('category', 'Category of the bill: normal, duplicate, interim, last, trial, creditNote'),
  lastUpdate: instant('last_update', 'When the bill was last changed', 'readOnly'),
  nextBillDate: instant('next_bill_date', "Approximate date of the cycle's next bill"),
  paymentDueDate: instant('payment_due_date', 'Date by which the amount due must be paid'),
  runType: oneOf(
    'run_type',
    ['onCycle', 'offCycle'],
    'A cycle run (onCycle) or another event (offCycle) made the bill'
  ),
  amountDue: money('amount_due', 'Amount to pay'),
  remainingAmount: money('remaining_amount', 'The unpaid part of the amount due'),
  taxExcludedAmount: money('tax_excluded_amount', 'Sum of the charges before tax'),
  taxIncludedAmount: money('tax_included_amount', 'Sum of the charges with tax'),
  appliedPayment: json('applied_payment', list(appliedPayment), 'Payments of the bill'),
  billCycle: ownReference(
    'bill_cycle',
    billCycleRef,
    { path: 'billCycle' },
    'The cycle that made it',
    'indexed',
    'sparse'
  ),
  billDocument: linkedJson(
    'bill_document',
    list(attachment),
    withUrls,
    'Documents of the bill; one is made when none is posted'
  ),
  billingAccount: openReference('billing_account', billingAccountRef, 'The billed account', 'indexed'),
  billingPeriod: json('billing_period', timePeriod, 'The billed period'),
  financialAccount: reference('financial_account', financialAccountRef, 'The paying account', 'indexed', 'sparse'),
  paymentMethod: reference('payment_method', paymentMethodRef, 'Method of payment'),
  relatedParty: json('related_party', list(relatedPartyRef), 'Parties related to the bill', 'indexed'),
  state: oneOf('state', [...STATES, 'onHold'], 'State of the bill', 'indexed'),
  holdReason: text('hold_reason', 'Reason of the hold; removed when the bill leaves that state'),
  taxItem: json('tax_item', list(taxItem), 'Taxes of the bill'),
  relatedBill: linkedJson(
    'related_bill',
    list(relatedBill),
    withHrefs,
    'Bills that correct or replace it, or that it corrects or replaces',
    'readOnly'
  )
}

export type Bill = DocumentOf<typeof attributes>
type State = ValueOf<typeof attributes.state>

const TRANSITIONS: Readonly<Record<State, readonly State[]>> = {
  new: ['validated', 'sent', 'onHold'],
  validated: ['sent', 'onHold'],
  sent: ['partiallyPaid', 'settled', 'onHold'],
  partiallyPaid: ['settled', 'onHold'],
  onHold: ['new', 'validated', 'sent', 'partiallyPaid'],
  settled: []
}

export const customerBill = declareResource(['completeFromDatabase', 'beforeChange', 'beforeRemoval', 'afterWrite'], {
  type: 'CustomerBill',
  path: 'customerBill',
  table: 'customer_bill',
  owner: 'partner',
  scopes: { read: ['bill:read'], write: ['bill:write'] },
  description: 'The bill of a customer, as it is issued and paid',
  examples: {
    create: { billingAccount: { id: 'BA-100017' }, amountDue: { unit: 'EUR', value: 12.5 } },
    patch: { state: 'validated' }
  },
  operations: { ...EXTENSIONS, list: 'standard', retrieve: 'standard', patch: 'standard' },
  attributes,
  patchable: ['state', 'holdReason'],
  states: {
    initial: 'new',
    transitions: TRANSITIONS,
    barred: statesBeforeIssue
  },
  events: {
    created: 'CustomerBillCreateEvent',
    stateChanged: 'CustomerBillStateChangeEvent',
    attributeValueChanged: 'CustomerBillAttributeValueChangeEvent',
    removed: 'CustomerBillDeleteEvent'
  },
  completePosted: (document, { id, newId }) => {
    const { billDocument: posted = [], billNo = id } = document
    return { state: 'new', ...document, billDocument: posted.length > 0 ? posted : [ownDocument(newId(), billNo)] }
  },
  completeChanged: withoutOldReason,
  check: (after, before) => {
    requireAccount(after)
    requireHold(after)
    requireOneCurrency(after)
    requireBoundedTaxes(after)
    requirePaymentState(after, before)
    if (!before) requireSoundNote(after)
  },
  checkRemoval: ({ document, internal }) => {
    if (internal.issued_as === null) return
    throw BILLS.issued(String(document.state))
  },
  internal: {
    columns: ['issued_as', 'rounding_amount'],
    derive: ({ state }, before) => ({
      issued_as: before?.internal.issued_as ?? (ISSUED_STATES.includes(String(state)) ? String(state) : null)
    })
  }
})

export function isBecomingIssued(state: State | undefined, before?: Stored): boolean {
  return (before?.internal.issued_as ?? null) === null && ISSUED_STATES.includes(String(state))
}

/** A held bill never goes back before the state in which it was issued. */
function statesBeforeIssue({ internal }: Stored): readonly State[] {
  const issuedAs = STATES.map(String).indexOf(internal.issued_as ?? '')
  return STATES.slice(0, Math.max(issuedAs, 0))
}

function requireAccount({ billingAccount, financialAccount }: Bill): void {
  if (billingAccount || financialAccount) return
  throw BILLS.accountMissing()
}

function withoutOldReason(after: Bill, before: Bill): Bill {
  if (after.state === 'onHold' || after.holdReason === undefined || after.holdReason !== before.holdReason) return after
  const { holdReason: _, ...rest } = after
  return rest
}

function requireHold({ state, holdReason }: Bill): void {
  if (state === 'onHold' || holdReason === undefined) return
  throw refusal(BILLS.holdReason, [findingAt('$.holdReason', FIELDS.ofHold())])
}

function requireOneCurrency({ amountDue, remainingAmount }: Bill): void {
  const [due, remaining] = [amountDue?.unit, remainingAmount?.unit]
  if (due === remaining || due === undefined || remaining === undefined) return
  throw BILLS.currencies(due)
}

/** The ledger adds taxes up and keeps no sum beyond the limit of an amount. */
function requireBoundedTaxes({ taxItem = [] }: Bill): void {
  if (isSumInLimit(taxItem.map(({ taxAmount }) => taxAmount.value))) return
  throw BILLS.taxesTooLarge()
}

/** Refuses a state that contradicts the amounts; names the possible ones. */
function requirePaymentState(after: Bill, before?: Stored<Bill>): void {
  if (before && before.document.state === after.state) return
  const fault = paymentFault(after)
  if (fault === undefined) return
  if (!before) throw fault
  const { state: from } = before.document
  const next = from === undefined ? [] : TRANSITIONS[from]
  const barred = statesBeforeIssue(before)
  const legal = next.filter((state) => !barred.includes(state) && paymentFault({ ...after, state }) === undefined)
  throw BILLS.stateByAmounts(fault.message, legal.length > 0 ? `; the bill may go to ${legal.join(', ')}` : '')
}

/** `settled` means that nothing remains; `partiallyPaid` that something remains and something was paid. */
function paymentFault({ state, remainingAmount, amountDue }: Bill): Problem | undefined {
  const [remaining, due] = [remainingAmount?.value, amountDue?.value]
  if (state === 'settled' && remaining !== undefined && compareDecimals(remaining, 0) !== 0) {
    return BILLS.settledWithRest(String(remaining))
  }
  const isBetween = remaining !== undefined && due !== undefined && isInside(remaining, due)
  if (state !== 'partiallyPaid' || isBetween) return undefined
  return BILLS.notPartlyPaid()
}

function isInside(value: number, bound: number): boolean {
  const sign = compareDecimals(bound, 0)
  return compareDecimals(value, 0) === sign && compareDecimals(value, bound) === -sign
}
