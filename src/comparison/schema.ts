import { ADDRESS, COUNT, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { OPTIONAL_PARTS, REASONS, STATES, STATUSES } from './comparison.ts'

const REFERENCE = objectOf({ id: TEXT })
const NUMBER = { type: 'number' } as const
const LIMIT = { ...NUMBER, minimum: 0 } as const
const CURRENCY = { ...TEXT, description: 'ISO 4217' }

export const COMPARISON_SCHEMA = schemaRef('Comparison')
export const COMPARED_ACCOUNT_SCHEMA = schemaRef('ComparedAccount')

const SIDE = (whose: string) => ({
  ...objectOf({ bills: COUNT, amount: moneyOf('Sum of their amounts') }),
  description: `Bills ${whose}`
})

const RESULTS = {
  accounts: { ...COUNT, description: 'Accounts with bills on at least one side, by account and currency' },
  equal: { ...COUNT, description: 'Accounts whose bills are equal, within the tolerance' },
  differs: { ...COUNT, description: 'Accounts whose bills differ' },
  onlyHere: { ...COUNT, description: 'Accounts with bills of the run only' },
  onlyThere: { ...COUNT, description: 'Accounts with bills of the other system only' },
  reasons: listOf(
    objectOf({ reason: { ...TEXT, enum: [...REASONS] }, count: COUNT }),
    'In what bills differ, and why the run has none; an account may have several reasons'
  ),
  notCompared: listOf(
    objectOf({ part: { ...TEXT, enum: [...OPTIONAL_PARTS] }, count: COUNT }),
    'Accounts on both sides, one of which does not know this part'
  ),
  billsWithoutAccount: { ...COUNT, description: 'Bills of the other system without a billing account, left out' },
  totals: listOf(
    objectOf({
      currency: CURRENCY,
      accounts: COUNT,
      here: SIDE('of the run'),
      there: SIDE('of the other system'),
      difference: moneyOf('Here less there')
    }),
    'Both sides, by currency'
  ),
  histogram: listOf(
    objectOf({
      currency: CURRENCY,
      bins: listOf(objectOf({ from: NUMBER, to: NUMBER, accounts: COUNT }, ['from', 'to']))
    }),
    `Accounts on both sides by the difference of their amounts, here less there. The bound towards 0 is outside of a
bin, the other inside; the bin from 0 to 0 has those without a difference; the outermost bins have one bound`
  )
}

export const COMPARISON = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where the comparison is found' },
    state: { ...TEXT, enum: [...STATES], description: 'State of the comparison; results are there when it is done' },
    billCycle: { ...REFERENCE, description: 'The cycle of the bills of the other system' },
    upload: { ...REFERENCE, description: 'The upload of these bills, in place of a cycle' },
    billRun: { ...REFERENCE, description: 'The run that is compared with them' },
    dryRun: { type: 'boolean', description: 'It is a dry run' },
    tolerance: {
      type: 'object',
      additionalProperties: LIMIT,
      description: 'By currency, the largest difference that counts as equal; 0 for others'
    },
    createdAt: { ...INSTANT, description: 'When it was asked for' },
    startedAt: { ...INSTANT, description: 'When it began' },
    finishedAt: { ...INSTANT, description: 'When it ended' },
    failure: { ...TEXT, description: 'Why it failed' },
    ...RESULTS
  },
  ['billCycle', 'upload', 'startedAt', 'finishedAt', 'failure', ...Object.keys(RESULTS)]
)

const BILLS = (whose: string) => ({
  ...objectOf(
    {
      bills: { ...COUNT, description: 'Number of the bills' },
      amount: moneyOf('Sum of their taxIncludedAmount, or of amountDue without it'),
      tax: moneyOf('Sum of their taxes, if all say it'),
      dueDate: { ...TEXT, format: 'date', description: "The last day to pay, in the tenant's time zone" },
      lines: listOf(
        objectOf({ type: TEXT, count: COUNT, amount: moneyOf('Sum of the lines, each rounded as shown') }),
        'Their lines by type of rate'
      )
    },
    ['tax', 'dueDate', 'lines']
  ),
  description: `Bills ${whose}`
})

export const COMPARED_ACCOUNT = objectOf(
  {
    billingAccount: { ...REFERENCE, description: 'The account; one unknown here by what the other system calls it' },
    currency: CURRENCY,
    status: { ...TEXT, enum: [...STATUSES] },
    reasons: listOf({ ...TEXT, enum: [...REASONS] }, 'In what the bills differ, or why the run has none'),
    notCompared: listOf({ ...TEXT, enum: [...OPTIONAL_PARTS] }, 'What one of the sides does not know'),
    difference: moneyOf('Amount here less amount there'),
    here: BILLS('of the run'),
    there: BILLS('of the other system')
  },
  ['here', 'there']
)
