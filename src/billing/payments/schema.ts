import { type Json, schemaRef } from '../../tmf/openapi/schemas.ts'
import { METHODS } from './payment.ts'

const TEXT = { type: 'string' }
const INSTANT = { type: 'string', format: 'date-time' }
const ADDRESS = { type: 'string', format: 'uri' }

function money(description: string): Json {
  return { ...schemaRef('Money'), description }
}

/** The JSON schema of a payment. */
export const PAYMENT_SCHEMA: Json = {
  type: 'object',
  required: ['id', 'href', 'billingAccount', 'amount', 'method', 'reference', 'createdAt', 'allocations', 'credit'],
  properties: {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where the payment is found' },
    billingAccount: schemaRef('BillingAccountRef'),
    amount: money('What was paid'),
    method: { type: 'string', enum: [...METHODS], description: 'How it was paid' },
    reference: { ...TEXT, description: 'By which the client names it' },
    createdAt: { ...INSTANT, description: 'When it was taken' },
    reversedAt: { ...INSTANT, description: 'When it was reversed' },
    allocations: {
      type: 'array',
      description: 'The bills that it pays',
      items: {
        type: 'object',
        required: ['bill', 'amount'],
        properties: {
          bill: { type: 'object', required: ['id', 'href'], properties: { id: TEXT, href: ADDRESS } },
          amount: money('How much of it')
        }
      }
    },
    credit: money('What no bill has needed')
  }
}
