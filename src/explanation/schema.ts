import { ADDRESS, COUNT, INSTANT, listOf, moneyOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { KEYS } from './summary.ts'
import { CHANGES } from './words.ts'

export const EXPLANATION_SCHEMA = schemaRef('CustomerBillExplanation')
export const SUMMARY_SCHEMA = schemaRef('CustomerBillSummary')

const HREF = { ...ADDRESS, description: 'Where it is found' }
const RATE = { type: 'number', description: 'Rate of the tax, as a fraction' }
const TAX = { taxCategory: { ...TEXT, description: 'Category of the tax' }, taxRate: RATE }
const TAX_NAMES = ['taxCategory', 'taxRate']

const PRODUCT = {
  ...objectOf({ id: TEXT, name: TEXT }, ['name']),
  description: 'The charged product; missing for rates of no product'
}
const RATE_COUNT = { ...COUNT, description: 'Number of rates' }
const EXACT = moneyOf('The exact sum, before any rounding')
const SHOWN = moneyOf('The same as documents show it: each rate rounded by itself')
const FURTHER = { ...COUNT, description: 'Number of products that this sum has, of more than are listed' }

const EXPLAINED_RATE = objectOf(
  {
    rate: { ...objectOf({ id: TEXT, href: HREF }), description: 'The rate; missing for a credit of no certain rate' },
    exactAmount: moneyOf('Its amount before tax, as it was sent'),
    shownAmount: moneyOf('Its amount on documents'),
    correctsRate: {
      ...objectOf({ id: TEXT, href: HREF }),
      description: 'The line of a cancelled bill that it bills anew'
    },
    externalId: { ...TEXT, description: "The sender's own id of the rate, or of the line that it bills anew" },
    name: TEXT,
    description: TEXT,
    date: INSTANT,
    periodCoverage: schemaRef('TimePeriod')
  },
  ['rate', 'correctsRate', 'externalId', 'name', 'description', 'date', 'periodCoverage']
)

const EXPLAINED_PRODUCT = objectOf(
  {
    product: PRODUCT,
    furtherProducts: FURTHER,
    rateCount: RATE_COUNT,
    exactAmount: EXACT,
    shownAmount: SHOWN,
    rates: listOf(EXPLAINED_RATE, 'The rates, the oldest first; missing on a bill of more than 10,000'),
    ratesHref: { ...ADDRESS, description: 'The list of the rates, where they are not here' }
  },
  ['product', 'furtherProducts', 'rates', 'ratesHref']
)

const TAX_GROUP = objectOf(
  {
    taxes: listOf(objectOf(TAX, TAX_NAMES), 'The taxes on these rates; none if they are not taxed'),
    taxedBy: { ...TEXT, enum: ['rate', 'taxProfile'], description: 'Who says so: the rates, or the account' },
    exemptReason: { ...TEXT, description: 'Why the account is exempt' },
    rateCount: RATE_COUNT,
    exactAmount: EXACT,
    roundingAmount: moneyOf('What the rounding added'),
    taxExcludedAmount: moneyOf('The part of the bill before tax: the exact amount and the rounding'),
    charges: listOf(
      objectOf({
        type: { ...TEXT, description: 'Type of the rates' },
        rateCount: RATE_COUNT,
        exactAmount: EXACT,
        shownAmount: SHOWN,
        products: listOf(EXPLAINED_PRODUCT, 'The same by product')
      }),
      'The rates by type'
    )
  },
  ['exemptReason', 'roundingAmount']
)

const UNEXPLAINED = 'The part that nothing here accounts for: the word of the sender'

const TAX_ITEM = objectOf(
  {
    ...TAX,
    shares: listOf(
      objectOf({
        taxGroup: { ...COUNT, description: 'Place of the group in taxGroups, counted from 0' },
        exactAmount: moneyOf('The tax on the group, before rounding'),
        basis: { ...TEXT, enum: ['given', 'computed'], description: 'The rates gave it, or the tax rate makes it' }
      }),
      'The tax on each group that has it'
    ),
    exactAmount: EXACT,
    roundingAmount: moneyOf('What the rounding added'),
    unexplainedAmount: moneyOf(UNEXPLAINED),
    taxAmount: moneyOf('The tax on the bill')
  },
  [...TAX_NAMES, 'roundingAmount', 'unexplainedAmount']
)

const SETTLEMENT = objectOf(
  {
    type: {
      ...TEXT,
      description: `\`payment\`, \`reversal\`: taken back from one, \`creditLimit\` of a prepaid account, \`creditNote\`
of the bill, \`correctedBill\` of a credit note, \`writeOff\`: negative where the bill was reopened,
another origin as the ledger names it, or \`other\`: settled elsewhere before the bill was posted here`
    },
    amount: moneyOf('What it took from the remaining amount; negative if it added to it'),
    date: { ...INSTANT, description: 'When it was posted' },
    source: objectOf({ type: TEXT, id: TEXT, href: HREF }, ['href']),
    method: { ...TEXT, description: 'Method of the payment' },
    reference: { ...TEXT, description: 'Reference of the payment' },
    valueDate: { ...TEXT, format: 'date', description: 'Day on which the money arrived' }
  },
  ['date', 'source', 'method', 'reference', 'valueDate']
)

const COMPARED = {
  currentAmount: moneyOf('On this bill'),
  previousAmount: moneyOf('On the previous bill'),
  difference: moneyOf('This bill less the previous one')
}

export const BILL_COMPARISON = objectOf(
  {
    text: { ...TEXT, description: 'What is compared, in words' },
    previousBill: objectOf({ id: TEXT, href: HREF, billNo: TEXT, billDate: INSTANT }, ['billNo', 'billDate']),
    amountDue: objectOf(COMPARED),
    charges: listOf(
      objectOf(
        {
          type: TEXT,
          product: PRODUCT,
          furtherProducts: FURTHER,
          currentRateCount: COUNT,
          previousRateCount: COUNT,
          ...COMPARED,
          changes: listOf(
            objectOf({ code: { ...TEXT, enum: [...CHANGES] }, text: TEXT }),
            'Why the amounts differ, as far as the rates say so'
          )
        },
        ['product', 'furtherProducts']
      ),
      'Exact amounts by type and product, the largest difference first'
    ),
    roundingAmount: { ...objectOf(COMPARED), description: 'The roundings of the tax groups' },
    chargesWithoutRates: objectOf(COMPARED),
    taxItem: listOf(objectOf({ ...TAX, ...COMPARED }, TAX_NAMES)),
    unexplainedAmount: objectOf(COMPARED)
  },
  [...['previousBill', 'amountDue', 'charges', 'roundingAmount', 'chargesWithoutRates', 'taxItem'], 'unexplainedAmount']
)

const EXPLAINED_BILL = objectOf({ id: TEXT, href: HREF, billNo: TEXT, state: TEXT, category: TEXT }, [
  'billNo',
  'category'
])

export const EXPLANATION = objectOf(
  {
    customerBill: EXPLAINED_BILL,
    origin: objectOf({
      type: { ...TEXT, enum: ['computed', 'received'], description: 'This service computed the bill, or received it' },
      text: { ...TEXT, description: 'The same in words' }
    }),
    amountDue: moneyOf('Amount to pay: tax groups, chargesWithoutRates, taxes and unexplainedAmount'),
    taxExcludedAmount: moneyOf('Tax groups and chargesWithoutRates'),
    taxIncludedAmount: moneyOf('The amount with tax, as the bill says it'),
    rateCount: RATE_COUNT,
    taxGroups: listOf(TAX_GROUP, 'The rates with the same taxes, which are rounded together'),
    chargesWithoutRates:
      moneyOf(`The amount before tax that no rate accounts for: the word of the sender, or the share of a
rounding that a credit note gives back`),
    taxItem: listOf(TAX_ITEM, 'The taxes of the bill'),
    unexplainedAmount: moneyOf(UNEXPLAINED),
    roundingRule: { ...TEXT, description: 'How the amounts are rounded' },
    shownRounding: moneyOf('The rounding on documents: the amount before tax less the shown amounts of the rates'),
    settlements: listOf(SETTLEMENT, 'What came after the issue; with remainingAmount it makes amountDue'),
    remainingAmount: moneyOf('What remains to be paid'),
    comparison: BILL_COMPARISON
  },
  [
    ...['amountDue', 'taxExcludedAmount', 'taxIncludedAmount', 'chargesWithoutRates', 'unexplainedAmount'],
    ...['roundingRule', 'shownRounding', 'remainingAmount', 'comparison']
  ]
)

const SUMS = { rateCount: RATE_COUNT, exactAmount: EXACT, shownAmount: SHOWN }

/** Rates without an amount have no currency. */
const AMOUNTS = ['exactAmount', 'shownAmount']

export const SUMMARY = objectOf({
  customerBill: objectOf({ id: TEXT, href: HREF }),
  by: listOf({ ...TEXT, enum: [...KEYS] }, 'What the rates are added up by, in this order'),
  totals: listOf(objectOf(SUMS, AMOUNTS), 'The sums of the rows, one for each currency'),
  rows: listOf(
    objectOf({ ...SUMS, type: TEXT, product: PRODUCT, day: { ...TEXT, format: 'date' } }, [
      ...AMOUNTS,
      ...['type', 'product', 'day']
    ]),
    'In the order of type, product and day; a row of rates without a product or a date lacks that'
  )
})
