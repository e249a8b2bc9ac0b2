import { ADDRESS, COUNT, listOf, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'

export const AGING_SCHEMA = schemaRef('AgingReport')
export const OVERDUE_SCHEMA = schemaRef('OverdueAccount')

const DAY = { ...TEXT, format: 'date' }

const AGED = {
  currency: { ...TEXT, pattern: '^[A-Z]{3}$', description: 'The currency of all amounts of the row' },
  billCount: { ...COUNT, description: 'Number of bills with an open amount' },
  current: moneyOf('Not due, or without a due date; what is to be given back is negative'),
  days1To30: moneyOf('Due 1 to 30 days before'),
  days31To60: moneyOf('Due 31 to 60 days before'),
  days61To90: moneyOf('Due 61 to 90 days before'),
  daysOver90: moneyOf('Due more than 90 days before'),
  disputed: moneyOf('In an open dispute at the end of the day, whenever it was due'),
  total: moneyOf('The sum of these six')
}

export const AGING_REPORT = objectOf({
  asOf: { ...DAY, description: 'The day, in the time zone of the tenant; all of it counts' },
  rows: listOf(
    objectOf(
      {
        ...AGED,
        partner: {
          ...objectOf({ id: TEXT, name: TEXT }, ['name']),
          description: 'The partner of the accounts; missing for those of the provider itself'
        }
      },
      ['partner']
    ),
    'By currency and partner'
  ),
  totals: listOf(objectOf(AGED), 'By currency: the receivables of the ledger at the end of the day')
})

export const OVERDUE_ACCOUNT = objectOf(
  {
    billingAccount: objectOf({ id: TEXT, href: ADDRESS, name: TEXT }),
    partner: { ...objectOf({ id: TEXT }), description: "The account's partner, if it has one" },
    overdueAmount: moneyOf('What remains of the overdue bills in this currency, without what is disputed'),
    disputedAmount: moneyOf('The disputed part of these bills, which is not due'),
    billCount: { ...COUNT, description: 'Number of overdue bills' },
    oldestDueDate: { ...DAY, description: 'The due day of the oldest of them, in the time zone of the tenant' },
    daysOverdue: { ...COUNT, description: 'Days since then' }
  },
  ['partner']
)
