import { ADDRESS, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'

export const CREDIT_NOTE_SCHEMA = schemaRef('CreditNote')

const billOf = (description: string) => ({
  ...objectOf({ id: TEXT, href: ADDRESS, billNo: TEXT }),
  description
})

export const CREDIT_NOTE = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where the credit note is found' },
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
    reason: { ...TEXT, description: "One of the tenant's reasons" },
    description: { ...TEXT, description: 'The reason in words' },
    reference: { ...TEXT, description: "The client's own name for the credit note" },
    createdAt: { ...INSTANT, description: 'Time of the credit note' }
  },
  ['description', 'reference']
)
