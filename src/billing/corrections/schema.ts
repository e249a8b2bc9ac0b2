import { ADDRESS, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../../tmf/openapi/json-schema.ts'
import { schemaRef } from '../../tmf/openapi/schemas.ts'

const billOf = (description: string) => ({
  ...objectOf({ id: TEXT, href: ADDRESS, billNo: TEXT }),
  description
})

const FIRST = {
  id: { ...TEXT, description: 'Identifier, given by the server' },
  href: { ...ADDRESS, description: 'Where it is found' }
}

const LAST = {
  reason: { ...TEXT, description: "One of the tenant's reasons" },
  description: { ...TEXT, description: 'The reason in words' },
  reference: { ...TEXT, description: "The client's own name for it" },
  createdAt: { ...INSTANT, description: 'When it was made' }
}

export const CREDIT_NOTE = objectOf(
  {
    ...FIRST,
    bill: billOf('The corrected bill'),
    customerBill: billOf('The credit note as a bill, with its number and its document'),
    billingAccount: schemaRef('BillingAccountRef'),
    amount: moneyOf('What it gives back, with tax'),
    taxExcludedAmount: moneyOf('The same before tax'),
    credit: moneyOf('The part that was paid, and became credit of the account'),
    lines: listOf(
      objectOf(
        {
          rate: objectOf({ id: TEXT, href: ADDRESS }),
          type: { ...TEXT, description: 'Type of rate' },
          taxExcludedAmount: moneyOf('What it gives back, before tax')
        },
        ['rate']
      ),
      'The given lines, or sums of the lines of a type with the same taxes'
    ),
    ...LAST
  },
  ['description', 'reference']
)

export const CANCEL_AND_REBILL = objectOf(
  {
    ...FIRST,
    bill: billOf('The cancelled bill'),
    creditNote: { ...objectOf({ id: TEXT, href: ADDRESS }), description: 'The credit note over all of it' },
    newBill: listOf(
      objectOf({ id: TEXT, href: ADDRESS, billNo: TEXT }),
      'The bills with its lines: one, unless the lines were divided; none before the next run'
    ),
    billingAccount: schemaRef('BillingAccountRef'),
    amount: moneyOf('What the credit note gives back, with tax'),
    when: { ...TEXT, enum: ['now', 'nextRun'], description: 'When the lines are billed anew' },
    ...LAST,
    rebilledAt: { ...INSTANT, description: 'When the first of the new bills was issued' }
  },
  ['description', 'reference', 'rebilledAt']
)

export const WRITE_OFF = objectOf(
  {
    ...FIRST,
    bill: billOf('The bill that was written off'),
    billingAccount: schemaRef('BillingAccountRef'),
    amount: moneyOf('What remained of it'),
    ...LAST,
    reopenedAt: { ...INSTANT, description: 'When a payment or a credit note reopened the bill' }
  },
  ['description', 'reference', 'reopenedAt']
)

export const ADJUSTMENT = objectOf(
  {
    ...FIRST,
    billingAccount: schemaRef('BillingAccountRef'),
    payment: {
      ...objectOf({ id: TEXT, href: ADDRESS }),
      description: 'Of what was given at once: the payment that it is, which pays bills'
    },
    amount: moneyOf(
      'The change: positive is charged, negative given; with tax, or before it if it is on the next bill'
    ),
    taxItem: {
      ...objectOf(
        {
          taxCategory: { ...TEXT, description: 'Category of the tax' },
          taxRate: { type: 'number', description: 'Its rate as a fraction' },
          taxAmount: moneyOf('The part of the amount that is tax; the bill computes that of a rate')
        },
        ['taxAmount']
      ),
      description: 'The tax, if a category was given'
    },
    onNextBill: { type: 'boolean', description: 'It is a rate, which the next bill has as a line' },
    rate: { ...objectOf({ id: TEXT, href: ADDRESS }), description: 'That rate' },
    ...LAST
  },
  ['payment', 'taxItem', 'rate', 'description', 'reference']
)

export const REFUND = objectOf(
  {
    ...FIRST,
    billingAccount: schemaRef('BillingAccountRef'),
    payment: {
      ...objectOf({ id: TEXT, href: ADDRESS }),
      description: 'The payment that was paid back, if it was said'
    },
    amount: moneyOf('What was paid out'),
    method: { ...TEXT, description: 'How it was paid out' },
    ...LAST
  },
  ['payment', 'description', 'reference']
)
