import { HOLDS } from '../billing/review/judge.ts'
import { BILL_COMPARISON } from '../explanation/schema.ts'
import { ADDRESS, COUNT, listOf, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { STATUSES } from './list.ts'

export const DISTRIBUTION_SCHEMA = schemaRef('BillRunDistribution')
export const HELD_BILL_SCHEMA = schemaRef('HeldBill')

export const HELD_BILL = objectOf(
  {
    href: { ...ADDRESS, description: 'Where it is found, with the comparison' },
    bill: { ...objectOf({ id: TEXT, href: ADDRESS }), description: 'The bill that is held' },
    billingAccount: {
      ...objectOf({ id: TEXT, href: ADDRESS, name: TEXT }, ['name']),
      description: 'The account of the bill'
    },
    status: { ...TEXT, enum: [...STATUSES], description: 'Whether it still waits for someone to look at it' },
    state: { ...TEXT, description: 'State of the bill' },
    amountDue: moneyOf('Amount of the bill'),
    score: { type: 'number', minimum: 0, description: 'How odd it is: the reasons by how far limits are exceeded' },
    reasons: listOf(
      objectOf({
        reason: { ...TEXT, enum: [...HOLDS] },
        code: { ...TEXT, description: 'Code of the text' },
        text: { ...TEXT, description: 'The reason in words' }
      }),
      'Why it is held'
    ),
    comparison: BILL_COMPARISON
  },
  ['comparison']
)

const NUMBER = { type: 'number' } as const
const COUNTS = {
  bills: { ...COUNT, description: 'Bills of the run' },
  previousBills: { ...COUNT, description: 'Bills of the run before' }
}

export const DISTRIBUTION = objectOf(
  {
    billRun: { ...objectOf({ id: TEXT, href: ADDRESS }), description: 'The run' },
    previous: {
      ...objectOf({ id: TEXT, href: ADDRESS, billCycle: objectOf({ id: TEXT }) }),
      description: 'The last run of the same specification before it, if there is one'
    },
    currencies: listOf(
      objectOf({
        currency: { ...TEXT, description: 'ISO 4217' },
        ...COUNTS,
        amount: moneyOf('Sum of the bills of the run'),
        previousAmount: moneyOf('Sum of the bills of the run before'),
        bins: listOf(
          objectOf(
            {
              from: { ...NUMBER, description: 'The least amount; none below it if it is left out' },
              to: { ...NUMBER, description: 'All amounts are below it; no limit if it is left out' },
              ...COUNTS
            },
            ['from', 'to']
          ),
          'Bills by their amounts, in order and without a gap, from the first bin with bills to the last one'
        )
      }),
      'Both runs, by currency'
    )
  },
  ['previous']
)
