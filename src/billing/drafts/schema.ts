import { type Json, schemaRef } from '../../tmf/openapi/schemas.ts'

const TEXT = { type: 'string' }
const INSTANT = { type: 'string', format: 'date-time' }
const MONEY = schemaRef('Money')

function objectSchema(properties: Json, optional: Json = {}): Json {
  return { type: 'object', required: Object.keys(properties), properties: { ...properties, ...optional } }
}

export const PREVIEW_SCHEMA = schemaRef('Preview')

export const PREVIEW = objectSchema({
  billingAccount: schemaRef('BillingAccountRef'),
  billingPeriod: objectSchema({ endDateTime: INSTANT }),
  taxExcludedAmount: MONEY,
  taxIncludedAmount: MONEY,
  amountDue: MONEY,
  taxItem: { type: 'array', items: schemaRef('TaxItem') },
  rounding: MONEY,
  lineCount: { type: 'integer', minimum: 0, description: 'Number of lines; the first 10,000 are listed' },
  lines: {
    type: 'array',
    items: objectSchema(
      {
        rate: objectSchema({ id: TEXT, href: { type: 'string', format: 'uri' } }),
        type: TEXT,
        taxExcludedAmount: MONEY,
        shownAmount: { ...MONEY, description: 'The displayed amount, in whole minor units' }
      },
      { name: TEXT, date: INSTANT }
    )
  }
})
