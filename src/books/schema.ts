import { ADDRESS, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'

export const ENTRY_SCHEMA = schemaRef('LedgerEntry')
export const TRIAL_SCHEMA = schemaRef('TrialBalance')
export const BALANCES_SCHEMA = schemaRef('AccountBalances')
export const CLOSE_SCHEMA = schemaRef('PeriodClose')

const DAY = { ...TEXT, format: 'date' }
const CURRENCY = { ...TEXT, pattern: '^[A-Z]{3}$', description: 'The currency of all amounts of the row' }
const OF_BOOK = {
  accountCode: { ...TEXT, description: "The tenant's code for the book and the detail, if it has one" },
  book: { ...TEXT, description: 'The book: receivable, balance, revenue, partner, tax, cash, rounding or badDebt' },
  detail: { ...TEXT, description: 'Type of rate, category of tax, or method of payment' }
}
const AS_OF = { ...DAY, description: 'The day, in the time zone of the tenant; all of it counts' }

export const LEDGER_ENTRY = objectOf(
  {
    date: { ...DAY, description: 'The day of the posting, in the time zone of the tenant' },
    postedAt: { ...INSTANT, description: 'The time of the posting' },
    journal: { ...TEXT, description: 'The journal; its lines of one time sum to zero' },
    line: { type: 'integer', minimum: 1, description: 'The line of the journal' },
    ...OF_BOOK,
    billingAccount: objectOf({ id: TEXT }),
    amount: moneyOf('The amount; positive is a debit, negative a credit'),
    source: objectOf({ type: TEXT, id: TEXT }),
    occurredAt: { ...INSTANT, description: 'When it happened, if its period was closed before it was posted' }
  },
  ['accountCode', 'detail', 'occurredAt']
)

export const TRIAL_BALANCE = objectOf({
  asOf: AS_OF,
  rows: listOf(
    objectOf(
      {
        ...OF_BOOK,
        currency: CURRENCY,
        debit: moneyOf('The sum of all debits until then'),
        credit: moneyOf('The sum of all credits until then'),
        balance: moneyOf('The debits less the credits')
      },
      ['accountCode', 'detail']
    ),
    'By currency, book and detail'
  ),
  totals: listOf(
    objectOf({ currency: CURRENCY, debit: moneyOf('All debits'), credit: moneyOf('All credits; as much') }),
    'By currency'
  )
})

export const ACCOUNT_BALANCES = objectOf({
  asOf: AS_OF,
  rows: listOf(
    objectOf({
      billingAccount: objectOf({ id: TEXT }),
      currency: CURRENCY,
      receivable: moneyOf('What the holder owes of its bills'),
      credit: moneyOf('The money of the holder that no bill has used'),
      balance: moneyOf("The credit less the receivable: positive is in the holder's favour")
    }),
    'By account and currency'
  )
})

export const PERIOD_CLOSE = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where it is found' },
    through: { ...DAY, description: 'The last closed day, in the time zone of the tenant' },
    endsAt: { ...INSTANT, description: 'The end of that day' },
    description: { ...TEXT, description: 'Words on it' },
    entries: { type: 'integer', minimum: 0, description: 'The entries since the period before' },
    totals: listOf(
      objectOf({ currency: CURRENCY, debit: moneyOf('Their debits'), credit: moneyOf('Their credits; as much') }),
      'Their sums by currency'
    ),
    createdAt: { ...INSTANT, description: 'When it was closed' }
  },
  ['description', 'entries', 'totals']
)
