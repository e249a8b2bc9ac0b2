import { HOLDS } from '../billing/review/judge.ts'
import { BILL_COMPARISON } from '../explanation/schema.ts'
import { ADDRESS, listOf, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { STATUSES } from './list.ts'

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
