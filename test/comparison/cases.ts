import { type Sql, sql } from '../../src/db/sql.ts'
import { bill } from './comparison-world.ts'

/** The bills of the other system for one account, and the outcome. */
export interface Case {
  readonly what: string
  /** Bills of the account; the run has 100 and 119 with tax, due on 15 April, with one recurring charge. */
  readonly there: (account: string) => readonly object[]
  readonly status: string
  readonly reasons?: readonly string[]
  readonly notCompared?: readonly string[]
  readonly difference?: number
  /** Done to the account first. */
  readonly prepare?: (account: string) => Sql
  /** The lines of the first bill, by type of rate. */
  readonly lines?: readonly (readonly [type: string, amount: number])[]
}

const { taxExcludedAmount: _, taxIncludedAmount: __, ...plain } = bill('', [100, 119])
const NO_LINES = ['lines']

const LISTED: readonly Case[] = [
  { what: 'the same', there: (id) => [bill(id, [100, 119])], status: 'equal' },
  { what: 'up to the tolerance', there: (id) => [bill(id, [100, 119.01])], status: 'equal', difference: -0.01 },
  {
    what: 'more than the tolerance',
    there: (id) => [bill(id, [100.0101, 119.0101])],
    status: 'differs',
    reasons: ['amount'],
    difference: -0.0101
  },
  { what: 'another tax', there: (id) => [bill(id, [99.98, 119])], status: 'differs', reasons: ['tax'] },
  {
    what: 'tax items only',
    there: (id) => [
      bill(id, [0, 119], {
        taxExcludedAmount: undefined,
        taxItem: [
          { taxCategory: 'VAT', taxAmount: { unit: 'EUR', value: 12 } },
          { taxCategory: 'City', taxAmount: { unit: 'EUR', value: 7 } }
        ]
      })
    ],
    status: 'equal'
  },
  {
    what: 'another day to pay',
    there: (id) => [bill(id, [100, 119], { paymentDueDate: '2026-04-16T00:00:00Z' })],
    status: 'differs',
    reasons: ['dueDate']
  },
  {
    what: 'another hour of that day',
    there: (id) => [bill(id, [100, 119], { paymentDueDate: '2026-04-15T23:59:59Z' })],
    status: 'equal'
  },
  {
    what: 'everything else',
    there: (id) => [bill(id, [50, 60], { paymentDueDate: '2026-05-01T00:00:00Z' })],
    status: 'differs',
    reasons: ['amount', 'tax', 'dueDate'],
    difference: 59
  },
  {
    what: 'no day to pay',
    there: (id) => [bill(id, [100, 119], { paymentDueDate: undefined })],
    status: 'equal',
    notCompared: ['lines', 'dueDate']
  },
  {
    what: 'an amount due alone',
    there: (id) => [{ ...plain, billingAccount: { id } }],
    status: 'equal',
    notCompared: ['tax', 'lines']
  },
  {
    what: 'no amount',
    there: (id) => [{ billingAccount: { id } }],
    status: 'differs',
    reasons: ['amount'],
    notCompared: ['tax', 'lines', 'dueDate'],
    difference: 119
  },
  { what: 'two bills', there: (id) => [bill(id, [60, 71.4]), bill(id, [40, 47.6])], status: 'equal' },
  {
    what: 'two bills, one of them without tax',
    there: (id) => [
      bill(id, [60, 71.4]),
      { ...plain, billingAccount: { id }, amountDue: { unit: 'EUR', value: 47.6 } }
    ],
    status: 'equal',
    notCompared: ['tax', 'lines']
  },
  {
    what: 'the same lines',
    there: (id) => [bill(id, [100, 119])],
    lines: [['recurringCharge', 100.001]],
    status: 'equal',
    notCompared: []
  },
  {
    what: 'more lines of the same sum',
    there: (id) => [bill(id, [100, 119])],
    lines: [
      ['recurringCharge', 60],
      ['recurringCharge', 40]
    ],
    status: 'differs',
    reasons: ['lines'],
    notCompared: []
  },
  {
    what: 'another sum of lines',
    there: (id) => [bill(id, [100, 119])],
    lines: [['recurringCharge', 99.98]],
    status: 'differs',
    reasons: ['lines'],
    notCompared: []
  },
  {
    what: 'lines of another type',
    there: (id) => [bill(id, [100, 119])],
    lines: [['usageCharge', 100]],
    status: 'differs',
    reasons: ['lines'],
    notCompared: []
  },
  { what: 'nothing', there: () => [], status: 'onlyHere', notCompared: [], difference: 119 },
  {
    what: 'an account without charges here',
    prepare: (account) => sql`DELETE FROM "applied_customer_billing_rate" WHERE "billing_account_id" = ${account}`,
    there: (id) => [bill(id, [10, 11.9])],
    status: 'onlyThere',
    reasons: ['notBilled'],
    notCompared: [],
    difference: -11.9
  },
  {
    what: 'an account parked here',
    prepare: (account) =>
      sql`UPDATE "applied_customer_billing_rate" SET "tax_excluded_amount_unit" = 'USD'
        WHERE "billing_account_id" = ${account}`,
    there: (id) => [bill(id, [100, 119])],
    status: 'onlyThere',
    reasons: ['parked'],
    notCompared: [],
    difference: -119
  }
]

/** The differences are in amounts, 0 by default; lines are not compared unless it is said. */
export const CASES = LISTED.map((each) => ({ reasons: [], notCompared: NO_LINES, difference: 0, ...each }))
