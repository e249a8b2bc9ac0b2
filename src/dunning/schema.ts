import { DUNNING_ACTIONS } from '../admin/dunning-plan.ts'
import { ADDRESS, COUNT, INSTANT, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'

const FIRST = {
  id: { ...TEXT, description: 'Identifier, given by the server' },
  href: { ...ADDRESS, description: 'Where it is found' },
  billingAccount: schemaRef('BillingAccountRef')
}

const billOf = (description: string) => ({
  ...objectOf({ id: TEXT, href: ADDRESS, billNo: TEXT }, ['billNo']),
  description
})
const rateOf = (description: string) => ({ ...objectOf({ id: TEXT, href: ADDRESS }), description })
const DAY = { ...TEXT, format: 'date' }

export const DUNNING_STEP = objectOf(
  {
    ...FIRST,
    bill: billOf('The bill that is not paid'),
    action: { ...TEXT, enum: [...DUNNING_ACTIONS], description: 'What was done' },
    daysAfterDue: { ...COUNT, description: 'The step of the plan: days after the due day' },
    daysOverdue: { ...COUNT, description: 'Days since the due day when it was done' },
    overdueAmount: moneyOf('What was due of the bill then'),
    text: { ...TEXT, description: 'The words of the plan, in the language of the account' },
    feeRate: rateOf('The fee, a rate for the next bill'),
    interestRate: rateOf('The late interest, a rate for the next bill'),
    day: { ...DAY, description: 'The day when it was done, in the time zone of the tenant' },
    createdAt: { ...INSTANT, description: 'When it was done' }
  },
  ['text', 'feeRate', 'interestRate']
)

export const PROMISE_STATES = ['open', 'kept', 'broken', 'cancelled'] as const

export const PAYMENT_PROMISE = objectOf(
  {
    ...FIRST,
    bill: billOf('The promised bill; without it, all bills of the account'),
    until: { ...DAY, description: 'The last day of the pause, in the time zone of the tenant' },
    description: { ...TEXT, description: 'What was agreed' },
    state: {
      ...TEXT,
      enum: [...PROMISE_STATES],
      description: 'Kept if nothing is left of what was due then, broken if the day has passed before'
    },
    createdAt: { ...INSTANT, description: 'When it was made' },
    cancelledAt: { ...INSTANT, description: 'When it was cancelled' }
  },
  ['bill', 'description', 'cancelledAt']
)
