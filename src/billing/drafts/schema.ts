import { ADDRESS, COUNT, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../../tmf/openapi/json-schema.ts'
import { schemaRef } from '../../tmf/openapi/schemas.ts'

const MONEY = schemaRef('Money')

export const PREVIEW_SCHEMA = schemaRef('Preview')

const LINE = objectOf(
  {
    rate: objectOf({ id: TEXT, href: ADDRESS }),
    type: TEXT,
    taxExcludedAmount: MONEY,
    shownAmount: moneyOf('The displayed amount, in whole minor units'),
    name: TEXT,
    date: INSTANT
  },
  ['name', 'date']
)

export const PREVIEW = objectOf({
  billingAccount: schemaRef('BillingAccountRef'),
  billingPeriod: objectOf({ endDateTime: INSTANT }),
  taxExcludedAmount: MONEY,
  taxIncludedAmount: MONEY,
  amountDue: MONEY,
  taxItem: listOf(schemaRef('TaxItem')),
  rounding: MONEY,
  lineCount: { ...COUNT, description: 'Number of lines; the first 10,000 are listed' },
  lines: listOf(LINE)
})
