import { ADDRESS, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../../tmf/openapi/json-schema.ts'
import { schemaRef } from '../../tmf/openapi/schemas.ts'
import { METHODS } from '../payments/receipt.ts'
import { TYPES } from './incoming.ts'
import { STATES } from './list.ts'

export const UNMATCHED_SCHEMA = schemaRef('UnmatchedPayment')

const REASON = objectOf({
  reason: { ...TEXT, description: 'The reason' },
  reasonCode: { ...TEXT, description: 'Names the reason, independent of its wording' }
})

const OPTIONAL = [
  ...['accountNumber', 'billNo', 'creditorReference', 'text', 'debtor', 'bankAccount', 'payment', 'dismissalReason'],
  'guesses'
]

export const UNMATCHED = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where it is found' },
    state: { ...TEXT, enum: [...STATES], description: 'What has become of it' },
    type: { ...TEXT, enum: [...TYPES], description: 'A return went back, or is a payment of ours that came back' },
    amount: {
      ...objectOf(
        {
          unit: { ...TEXT, description: 'Currency; left out if none was said' },
          value: { type: 'number', description: 'The amount, exact' }
        },
        ['unit']
      ),
      description: 'Amount that came in'
    },
    method: { ...TEXT, enum: [...METHODS], description: 'Method of payment' },
    valueDate: { ...TEXT, format: 'date', description: 'The day on which it arrived' },
    reference: { ...TEXT, description: 'The name of the row, or the reference that the bank gave' },
    reason: { ...TEXT, description: 'Why it has no bill and no account' },
    reasonCode: { ...TEXT, description: 'Names the reason, independent of its wording' },
    accountNumber: { ...TEXT, description: 'The account, as the row names it' },
    billNo: { ...TEXT, description: 'The bill, as the row names it' },
    creditorReference: { ...TEXT, description: 'The creditor reference of the row' },
    text: { ...TEXT, description: 'The remittance text' },
    debtor: objectOf({ name: TEXT, account: TEXT }, ['name', 'account']),
    bankAccount: { ...TEXT, description: 'The account of the bank statement' },
    createdAt: { ...INSTANT, description: 'Time of the import' },
    lastUpdate: { ...INSTANT, description: 'Time of its last change' },
    payment: objectOf({ id: TEXT, href: ADDRESS }),
    dismissalReason: { ...TEXT, description: 'Why a person dismissed it' },
    guesses: listOf(
      objectOf(
        {
          billingAccount: schemaRef('BillingAccountRef'),
          bill: objectOf({ id: TEXT, href: ADDRESS, billNo: TEXT }),
          remainingAmount: moneyOf('The part of the bill that is left to pay'),
          reasons: listOf(REASON)
        },
        ['bill', 'remainingAmount']
      ),
      'Bills and accounts that it may be for, the best first; while it is open'
    )
  },
  OPTIONAL
)
