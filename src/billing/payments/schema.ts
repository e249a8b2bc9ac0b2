import { ADDRESS, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../../tmf/openapi/json-schema.ts'
import { schemaRef } from '../../tmf/openapi/schemas.ts'
import { ADJUSTMENT, METHODS, TRANSFER } from './receipt.ts'

export const PAYMENT_SCHEMA = schemaRef('Payment')

export const PAYMENT = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where the payment is found' },
    billingAccount: schemaRef('BillingAccountRef'),
    amount: moneyOf('Amount of the payment'),
    method: {
      ...TEXT,
      enum: [...METHODS, TRANSFER, ADJUSTMENT],
      description: 'Method of payment; `transfer` is from another account, `adjustment` what an adjustment gives'
    },
    reference: { ...TEXT, description: "The client's own name for the payment" },
    valueDate: { ...TEXT, format: 'date', description: 'The day on which the money arrived, if it was said' },
    createdAt: { ...INSTANT, description: 'Time of the payment' },
    reversedAt: { ...INSTANT, description: 'Time of the reversal' },
    allocations: listOf(
      objectOf({ bill: objectOf({ id: TEXT, href: ADDRESS }), amount: moneyOf('The paid part') }),
      'The bills that it pays'
    ),
    credit: moneyOf('The part that no bill and no transfer has used')
  },
  ['valueDate', 'reversedAt']
)
