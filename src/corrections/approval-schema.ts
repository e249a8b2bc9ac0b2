import { METHODS } from '../billing/payments/receipt.ts'
import { ADDRESS, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'

/** `pendingApproval` waits; the others are final. */
export const APPROVAL_STATES = ['pendingApproval', 'approved', 'rejected'] as const

export const APPROVAL_SCHEMA = schemaRef('CorrectionApproval')

const NAMED = objectOf({ id: TEXT })

/** The body as it was sent, by any kind of correction. */
const REQUEST = objectOf(
  {
    bill: NAMED,
    billingAccount: NAMED,
    payment: NAMED,
    all: { type: 'boolean' },
    amount: schemaRef('Money'),
    lines: listOf(objectOf({ rate: NAMED, amount: schemaRef('Money') }, ['amount'])),
    method: { ...TEXT, enum: [...METHODS] },
    taxCategory: TEXT,
    onNextBill: { type: 'boolean' },
    when: TEXT,
    reason: TEXT,
    description: TEXT,
    reference: TEXT
  },
  [
    ...['bill', 'billingAccount', 'payment', 'all', 'amount', 'lines', 'method', 'taxCategory', 'onNextBill', 'when'],
    ...['description', 'reference']
  ]
)

function person(description: string) {
  return {
    ...objectOf({
      type: { ...TEXT, enum: ['user', 'client', 'apiKey', 'sso'], description: 'Kind of the credential' },
      id: { ...TEXT, description: 'Its identifier' },
      name: { ...TEXT, description: 'Its name' }
    }),
    description
  }
}

export const CORRECTION_APPROVAL = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where it is found' },
    state: { ...TEXT, enum: [...APPROVAL_STATES], description: 'Nothing is booked unless it is approved' },
    correctionType: { ...TEXT, description: 'Kind of correction, which is the path of its resource' },
    correction: { ...objectOf({ id: TEXT, href: ADDRESS }), description: 'The correction, once it is approved' },
    billingAccount: schemaRef('BillingAccountRef'),
    bill: { ...objectOf({ id: TEXT, href: ADDRESS }), description: 'The bill that is to be corrected' },
    amount: moneyOf('The amount of the correction'),
    request: { ...REQUEST, description: 'The request as it was sent' },
    requestedBy: person('Who asked for the correction'),
    createdAt: { ...INSTANT, description: 'When it was asked for' },
    decidedBy: person('Who approved or rejected it'),
    decidedAt: { ...INSTANT, description: 'When that was' },
    comment: { ...TEXT, description: 'Why it was rejected' }
  },
  ['correction', 'bill', 'decidedBy', 'decidedAt', 'comment']
)
