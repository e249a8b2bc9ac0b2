import { type Json, schemaRef } from '../../tmf/openapi/schemas.ts'

const CURRENCY = { type: 'string', pattern: '^[A-Z]{3}$' }
const DAY = { type: 'string', format: 'date' }

function amount(description: string): Json {
  return { ...schemaRef('Money'), description }
}

function complete(properties: Json): Json {
  return { type: 'object', required: Object.keys(properties), properties }
}

export const STATEMENT_SCHEMA = schemaRef('Statement')

export const STATEMENT = complete({
  billingAccount: schemaRef('BillingAccountRef'),
  from: { ...DAY, description: 'The first day' },
  to: { ...DAY, description: 'The last day' },
  currency: { ...CURRENCY, description: 'The currency of all amounts' },
  openingBalance: amount("The holder's balance at the beginning of the first day"),
  payments: amount('Payments, here or to another system before its bill was posted, less reversals'),
  adjustments: amount('Lines of the type appliedBillingCredit; they are negative'),
  callCharges: amount('Lines of the types that the tenant counted as calls when they were billed, without tax'),
  otherCharges: amount('All other lines, taxes and roundings; of bills of other systems all'),
  totalCharges: amount('The sum of the three'),
  closingBalance: amount("The holder's balance at the end of the last day"),
  movements: {
    type: 'array',
    description: 'The changes of the balance, the oldest first',
    items: complete({
      date: { type: 'string', format: 'date-time', description: 'When it was posted' },
      type: { type: 'string', enum: ['bill', 'payment', 'reversal'], description: 'Kind of change' },
      amount: amount("Amount; positive in the holder's favour"),
      source: complete({
        type: { type: 'string', enum: ['CustomerBill', 'Payment'], description: 'Type of the source' },
        id: { type: 'string', description: 'Identifier of the source' },
        href: { type: 'string', format: 'uri', description: 'Where the source is found' }
      })
    })
  }
})
