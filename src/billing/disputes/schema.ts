import { ADDRESS, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../../tmf/openapi/json-schema.ts'
import { schemaRef } from '../../tmf/openapi/schemas.ts'
import { DISPUTE_STATES, OPENERS } from './list.ts'

export const DISPUTE = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where it is found' },
    bill: { ...objectOf({ id: TEXT, href: ADDRESS, billNo: TEXT }), description: 'The disputed bill' },
    billingAccount: schemaRef('BillingAccountRef'),
    amount: moneyOf('What is disputed, with tax'),
    lines: listOf(
      objectOf(
        {
          rate: objectOf({ id: TEXT, href: ADDRESS }),
          amount: moneyOf('The disputed part of it before tax; missing for all that was left of it')
        },
        ['amount']
      ),
      'The disputed lines; missing if an amount is disputed'
    ),
    reason: { ...TEXT, description: "One of the tenant's reasons" },
    description: { ...TEXT, description: 'The reason in words' },
    reference: { ...TEXT, description: "The client's own name for it" },
    openedBy: { type: 'string', enum: OPENERS, description: 'The side that opened it' },
    state: { type: 'string', enum: DISPUTE_STATES, description: 'It is open while acknowledged or inProgress' },
    answer: { ...TEXT, description: 'The answer to the customer' },
    creditNote: { ...objectOf({ id: TEXT, href: ADDRESS }), description: 'The credit note that resolved it' },
    createdAt: { ...INSTANT, description: 'When it was opened' },
    closedAt: { ...INSTANT, description: 'When it ended' }
  },
  ['lines', 'description', 'reference', 'answer', 'creditNote', 'closedAt']
)
