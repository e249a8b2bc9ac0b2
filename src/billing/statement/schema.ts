import { ADDRESS, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../../tmf/openapi/json-schema.ts'
import { schemaRef } from '../../tmf/openapi/schemas.ts'
import { MOVEMENTS } from './statement.ts'

const DAY = { ...TEXT, format: 'date' }

export const STATEMENT_SCHEMA = schemaRef('Statement')

const MOVEMENT = objectOf({
  date: { ...INSTANT, description: 'When it was posted' },
  type: { ...TEXT, enum: [...MOVEMENTS], description: 'Kind of change' },
  amount: moneyOf("Amount; positive in the holder's favour"),
  source: objectOf({
    type: {
      ...TEXT,
      enum: ['CustomerBill', 'Payment', 'WriteOff', 'Refund', 'Adjustment'],
      description: 'Type of the source'
    },
    id: { ...TEXT, description: 'Identifier of the source' },
    href: { ...ADDRESS, description: 'Where the source is found' }
  })
})

export const STATEMENT = objectOf({
  billingAccount: schemaRef('BillingAccountRef'),
  from: { ...DAY, description: 'The first day' },
  to: { ...DAY, description: 'The last day' },
  currency: { ...TEXT, pattern: '^[A-Z]{3}$', description: 'The currency of all amounts' },
  openingBalance: moneyOf("The holder's balance at the beginning of the first day"),
  payments: moneyOf(
    'Payments, here or to another system before its bill was posted, less reversals and refunds; transfers, in less out'
  ),
  adjustments: moneyOf(
    'Lines of the types appliedBillingCredit and adjustment; what was adjusted at once or written off; 5 is a charge'
  ),
  callCharges: moneyOf('Lines of the types that the tenant counted as calls when they were billed, without tax'),
  otherCharges: moneyOf('All other lines, taxes and roundings; of bills of other systems all'),
  totalCharges: moneyOf('The sum of the three'),
  closingBalance: moneyOf("The holder's balance at the end of the last day"),
  movements: listOf(MOVEMENT, 'The changes of the balance, the oldest first')
})
