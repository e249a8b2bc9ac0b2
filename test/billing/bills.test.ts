import Big from 'big.js'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { minorDigits } from '../../src/base/money.ts'
import { newId } from '../../src/base/ulid.ts'
import { draftBills } from '../../src/billing/drafts/draft.ts'
import { authorIn } from '../../src/billing/engine/author.ts'
import { issueBills } from '../../src/billing/issuing/issue.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccounts, addCustomer, addRates } from '../support/accounts.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { SOAK_MINUTES, soak } from '../support/seeded.ts'

const NOW = '2026-04-01T00:00:00.000Z'
/** In each round. */
const CASES = 60

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  await addCustomer(store.database)
})
afterAll(() => store.drop())

interface Rate {
  readonly kind: string
  readonly amount: string
  readonly given: readonly { readonly category: string; readonly rate: number; readonly amount: string }[]
}

interface Case {
  readonly currency: string
  readonly profile: readonly { readonly category: string; readonly rate: number }[]
  readonly rates: readonly Rate[]
}

/** Bills a new account and returns the bill and its ledger entries. */
async function bill({ currency, profile, rates }: Case) {
  const account = newId()
  const { database } = store
  const taxes = profile.map(({ category, rate }) => ({ taxCategory: category, taxRate: rate }))
  await addAccounts(database, [account], { currency, taxes })
  for (const { kind, amount, given } of rates) {
    const taxes = given.map((tax) => ({
      taxCategory: tax.category,
      taxRate: tax.rate,
      taxAmount: { unit: currency, value: Number(tax.amount) }
    }))
    await addRates(database, [account], { amount, unit: currency, kind, date: '2026-03-15', taxes })
  }
  const drafted = await database.transaction(async (tx) => {
    const accounts = sql`a."id" = ${account}`
    const result = await draftBills(tx, { tenantId: TENANT, accounts, chargeDate: NOW, taxDate: NOW })
    const by = { author: authorIn(TENANT), clock: () => NOW, newId }
    const issue = { ...by, tenantId: TENANT, run: undefined, runType: 'offCycle', state: 'validated' } as const
    const dates = { now: NOW, billDate: NOW, paymentDueDate: undefined, nextBillDate: undefined }
    await issueBills(tx, { ...issue, ...dates, billingPeriod: { endDateTime: NOW } }, result.ready)
    return result
  })
  const found = await database.run(sql`SELECT "tax_excluded_amount_value", "tax_included_amount_value",
      "rounding_amount", "tax_item", "bill_no", "id", "payment_due_date"
    FROM "customer_bill" WHERE "tenant_id" = ${TENANT} AND "billing_account_id" = ${account}`)
  return { drafted, row: found.rows[0], account }
}

const AMOUNTS = ['0.00125', '0.005', '1.005', '-0.005', '10', '-3.333', '99.999', '0.1', '123456.789', '0']
const rate = fc.record({
  kind: fc.constantFrom('usageCharge', 'recurringCharge', 'appliedBillingCredit'),
  amount: fc.constantFrom(...AMOUNTS),
  given: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant([{ category: 'GST', rate: 0.05, amount: '0.123' }]) }
  )
})
const anyCase: fc.Arbitrary<Case> = fc.record({
  currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
  profile: fc.constantFrom(
    [],
    [{ category: 'VAT', rate: 0.19 }],
    [
      { category: 'STATE', rate: 0.0625 },
      { category: 'CITY', rate: 0.01 }
    ]
  ),
  rates: fc.array(rate, { maxLength: 8 })
})

/** Computes the bill in memory: bases and taxes rounded once, half away from zero. */
function expected({ currency, profile, rates }: Case) {
  const digits = minorDigits(currency)
  const round = (value: Big) => value.round(digits, Big.roundHalfUp)
  const sum = (values: readonly Big[]) => values.reduce((total, value) => total.plus(value), new Big(0))
  const own = rates.filter(({ given }) => given.length === 0)
  const given = rates.filter((one) => one.given.length > 0)
  const base = (group: readonly Rate[]) => sum(group.map(({ amount }) => new Big(amount)))
  const excluded = round(base(own)).plus(round(base(given)))
  const taxes = [
    ...(own.length > 0 ? profile.map(({ rate: share }) => round(base(own).times(share))) : []),
    ...(given.length > 0 ? [round(sum(given.flatMap((one) => one.given.map(({ amount }) => new Big(amount)))))] : [])
  ]
  const shown = sum(rates.map(({ amount }) => round(new Big(amount))))
  return { excluded, included: excluded.plus(sum(taxes)), rounding: excluded.minus(shown) }
}

test(
  'lines + rounding + tax = total for any rates in any currency, and the ledger says the same',
  () => soak(1, (seed) => fc.assert(fc.asyncProperty(anyCase, requireTrue), { seed, numRuns: CASES })),
  300_000 + SOAK_MINUTES * 60_000
)

const EXCEEDED = { code: 'reason.negativeTotal', text: expect.stringContaining('exceed') }

async function requireTrue(one: Case): Promise<void> {
  const { drafted, row, account } = await bill(one)
  const { excluded, included, rounding } = expected(one)
  if (one.rates.length === 0) {
    expect(drafted).toEqual({ ready: 0, skipped: { nothingToBill: 1 }, parked: [] })
    return
  }
  if (included.lt(0)) {
    expect(drafted.parked).toEqual([{ billingAccount: account, reason: EXCEEDED }])
    return
  }
  const [taxExcluded, taxIncluded, rounded, , , id] = row ?? []
  const figures = [taxExcluded, taxIncluded, rounded].map((value) => new Big(String(value)).toFixed())
  expect(figures).toEqual([excluded, included, rounding].map((value) => value.toFixed()))
  const ledger = await store.database.run(sql`SELECT "book", sum("amount") FROM "ledger_entry"
    WHERE "journal_id" = ${id} GROUP BY 1`)
  const books = new Map(ledger.rows.map(([book, amount]) => [book, new Big(String(amount))]))
  const total = [...books.values()].reduce((all, amount) => all.plus(amount), new Big(0))
  expect([total.toFixed(), books.get('receivable')?.toFixed()]).toEqual(['0', included.toFixed()])
}
