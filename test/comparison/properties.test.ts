import Big from 'big.js'
import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccounts, addLine } from '../support/accounts.ts'
import { TENANT } from '../support/database.ts'
import { addRun } from '../support/runs.ts'
import { type Account, type ComparisonWorld, startComparing } from './comparison-world.ts'

const KNOWN = ['P-1', 'P-2', 'P-3', 'P-4']
const RUNS = 40
const DUE = '2026-04-15'

let world: ComparisonWorld
beforeAll(async () => {
  world = await startComparing()
  await addAccounts(world.server.database, KNOWN)
})
afterAll(() => world.close())

/** Amounts in hundredths. */
interface Bill {
  readonly account: string
  readonly currency: string
  readonly amount: number
  readonly tax: number | undefined
  readonly lines: readonly (readonly [type: string, amount: number])[]
}

const bill = fc.record({
  account: fc.constantFrom(...KNOWN, 'X-1', 'X-2'),
  currency: fc.constantFrom('EUR', 'EUR', 'KWD'),
  amount: fc.integer({ min: 9_998, max: 10_003 }),
  tax: fc.option(fc.integer({ min: 1_899, max: 1_902 }), { nil: undefined }),
  lines: fc.array(fc.tuple(fc.constantFrom('usageCharge', 'recurringCharge'), fc.integer({ min: 1, max: 3 })), {
    maxLength: 3
  })
})
const sides = fc.record({
  here: fc.uniqueArray(
    bill.map((one) => ({ ...one, account: one.account.replace('X', 'P'), tax: one.tax ?? 0 })),
    { selector: ({ account }) => account, maxLength: 4 }
  ),
  there: fc.array(bill, { maxLength: 8 }),
  tolerance: fc.constantFrom(0, 1, 2)
})

const decimal = (hundredths: number) => new Big(hundredths).div(100).toFixed()

/** Sums of the lines of a bill by type. */
function kinds(lines: Bill['lines']): ReadonlyMap<string, { readonly count: number; readonly amount: number }> {
  const sums = new Map<string, { count: number; amount: number }>()
  for (const [type, amount] of lines) {
    const sum = sums.get(type) ?? { count: 0, amount: 0 }
    sums.set(type, { count: sum.count + 1, amount: sum.amount + amount })
  }
  return sums
}

async function store(here: readonly Bill[], there: readonly Bill[]): Promise<string> {
  const { database } = world.server
  const cycle = world.cycleId
  await database.run(sql`DELETE FROM "applied_customer_billing_rate"`)
  await database.run(sql`DELETE FROM "customer_bill"`)
  const dates = { billingDate: '2026-04-01', paymentDueDate: DUE }
  const runId = await addRun(database, { cycleId: cycle, state: 'done', isDry: true, dates })
  for (const { account, currency, amount, tax = 0, lines } of here) {
    const money = (value: number) => ({ unit: currency, value: Number(decimal(value)) })
    const document = JSON.stringify({ taxIncludedAmount: money(amount), taxExcludedAmount: money(amount - tax) })
    const sums = Object.fromEntries(
      [...kinds(lines)].map(([type, sum]) => [type, { count: sum.count, amount: Number(decimal(sum.amount)) }])
    )
    await database.run(sql`INSERT INTO "bill_run_dry_bill" ("tenant_id", "bill_run_id", "billing_account_id",
        "document", "lines") VALUES (${TENANT}, ${runId}, ${account}, ${document}, ${JSON.stringify(sums)})`)
  }
  for (const { account, currency, amount, tax, lines } of there) {
    const id = newId()
    const excluded = tax === undefined ? undefined : decimal(amount - tax)
    await database.run(sql`INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "bill_cycle_id",
        "billing_account_id", "state", "bill_document", "payment_due_date", "amount_due_value", "amount_due_unit",
        "tax_included_amount_value", "tax_included_amount_unit", "tax_excluded_amount_value",
        "tax_excluded_amount_unit")
      VALUES (${TENANT}, ${id}, now(), ${cycle}, ${account}, 'new', '[]', ${DUE}, ${decimal(amount)}, ${currency},
        ${decimal(amount)}, ${currency}, ${excluded}, ${excluded && currency})`)
    for (const [kind, value] of lines) await addLine(database, id, { kind, amount: decimal(value), unit: currency })
  }
  return runId
}

/** The model: accounts with their status and reasons, by key. */
function expected(here: readonly Bill[], there: readonly Bill[], tolerance: number): Readonly<Record<string, string>> {
  const key = ({ account, currency }: Bill) => `${account} ${currency}`
  const [ours, theirs] = [Map.groupBy(here, key), Map.groupBy(there, key)]
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])]
  return Object.fromEntries(
    keys.map((name) => {
      const [own] = ours.get(name) ?? []
      const others = theirs.get(name) ?? []
      if (own === undefined) return [name, `onlyThere ${name.startsWith('P') ? 'notBilled' : 'unknownAccount'}`]
      return [name, others.length === 0 ? 'onlyHere' : judged(own, others, tolerance)]
    })
  )
}

function judged(own: Bill, others: readonly Bill[], tolerance: number): string {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const limit = own.currency === 'EUR' ? tolerance : 0
  const exceeds = (one: number, other: number) => Math.abs(one - other) > limit
  const taxes = others.flatMap(({ tax }) => (tax === undefined ? [] : [tax]))
  const [left, right] = [kinds(own.lines), kinds(others.flatMap(({ lines }) => lines))]
  const types = [...new Set([...left.keys(), ...right.keys()])]
  const lines = types.some((type) => {
    const [one, other] = [left.get(type), right.get(type)]
    return one?.count !== other?.count || exceeds(one?.amount ?? 0, other?.amount ?? 0)
  })
  const reasons = [
    ...(exceeds(own.amount, sum(others.map(({ amount }) => amount))) ? ['amount'] : []),
    ...(taxes.length === others.length && exceeds(own.tax ?? 0, sum(taxes)) ? ['tax'] : []),
    ...(right.size > 0 && lines ? ['lines'] : [])
  ]
  return reasons.length === 0 ? 'equal' : ['differs', ...reasons].join(' ')
}

const told = ({ billingAccount, currency, status, reasons }: Account) =>
  [`${billingAccount.id} ${currency}`, [status, ...reasons].join(' ')] as const

test('any bills on both sides are compared as a model in memory does, and all accounts and amounts are told', () =>
  fc.assert(
    fc.asyncProperty(sides, async ({ here, there, tolerance }) => {
      const runId = await store(here, there)
      const comparison = await world.compare(runId, { tolerance: { EUR: tolerance / 100 } })
      const accounts = await world.accounts(comparison.id)
      const found = Object.fromEntries(accounts.map(told))
      const model = expected(here, there, tolerance)
      const counted = ['equal', 'differs', 'onlyHere', 'onlyThere'].map(
        (status) => accounts.filter((one) => one.status === status).length
      )
      const { equal, differs, onlyHere, onlyThere, totals, histogram } = comparison
      const sums = (bills: readonly Bill[], unit: string) =>
        decimal(bills.filter(({ currency }) => currency === unit).reduce((sum, { amount }) => sum + amount, 0))
      const both = accounts.filter((one) => one.here && one.there).length
      const binned = histogram.flatMap(({ bins }) => bins).reduce((sum, bin) => sum + bin.accounts, 0)
      const wrong = [
        JSON.stringify(sorted(found)) === JSON.stringify(sorted(model)) ? [] : [found, model],
        `${[equal, differs, onlyHere, onlyThere]}` === `${counted}` ? [] : ['counts'],
        comparison.accounts === accounts.length ? [] : ['accounts'],
        binned === both ? [] : ['bins'],
        ...totals.map(({ currency, here: ours, there: theirs, difference }) =>
          String(ours.amount.value) === sums(here, currency) &&
          String(theirs.amount.value) === sums(there, currency) &&
          new Big(ours.amount.value).minus(theirs.amount.value).eq(difference.value)
            ? []
            : ['totals', currency]
        )
      ].flat()
      if (wrong.length > 0) throw new Error(JSON.stringify(wrong))
    }),
    { numRuns: RUNS }
  ))

function sorted(accounts: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(accounts).sort(([a], [b]) => (a < b ? -1 : 1))
}
