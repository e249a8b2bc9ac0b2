import { type Json, schemaRef } from '../../tmf/openapi/schemas.ts'
import { METHODS } from './payment.ts'

const TEXT = { type: 'string' }
const INSTANT = { type: 'string', format: 'date-time' }
const ADDRESS = { type: 'string', format: 'uri' }

function money(description: string): Json {
  return { ...schemaRef('Money'), description }
}

export const PAYMENT_SCHEMA = schemaRef('Payment')

export const PAYMENT: Json = {
  type: 'object',
  required: ['id', 'href', 'billingAccount', 'amount', 'method', 'reference', 'createdAt', 'allocations', 'credit'],
  properties: {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where the payment is found' },
    billingAccount: schemaRef('BillingAccountRef'),
    amount: money('Amount of the payment'),
    method: { type: 'string', enum: [...METHODS], description: 'Method of payment' },
    reference: { ...TEXT, description: "The client's own name for the payment" },
    createdAt: { ...INSTANT, description: 'Time of the payment' },
    reversedAt: { ...INSTANT, description: 'Time of the reversal' },
    allocations: {
      type: 'array',
      description: 'The bills that it pays',
      items: {
        type: 'object',
        required: ['bill', 'amount'],
        properties: {
          bill: { type: 'object', required: ['id', 'href'], properties: { id: TEXT, href: ADDRESS } },
          amount: money('The paid part')
        }
      }
    },
    credit: money('The part that no bill has used')
  }
}
