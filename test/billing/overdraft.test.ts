import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { overdraw } from '../../src/billing/payments/overdraft.ts'
import { sql } from '../../src/db/sql.ts'
import { lockBalances } from '../../src/ledger/balance.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import type { TestServer } from '../support/server.ts'
import { AUTHOR, addAccount, addBill, PAYMENT, paid, pay, startLedger } from './ledger-world.ts'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(() => server.close())

/** Bills an account, from its credit and then from its credit limit. */
async function addOverdrawnBill(account: string, amount: number): Promise<string> {
  const bill = await addBill(server, account, { rates: { usageCharge: String(amount) } })
  const context = { author: AUTHOR, clock: () => '2026-04-02T00:00:00.000Z', newId }
  await server.database.transaction(async (tx) => {
    await lockBalances(tx, AUTHOR.tenantId, [{ billingAccountId: account, currency: 'EUR' }])
    await overdraw(tx, context, bill)
  })
  return bill
}

const reverse = (payment: string) => server.call('POST', `${PAYMENT}/${payment}/reverse`)

/** Returns the credit of an account and its overdrawn part. */
async function balance(account: string): Promise<readonly number[]> {
  const { rows } = await server.database.run(
    sql`SELECT "credit", "overdrawn" FROM "account_balance" WHERE "account_id" = ${account}`
  )
  return (rows[0] ?? [0, 0]).map(Number)
}

/** Returns an account's bills and money, without versions and times. */
async function standing(account: string): Promise<unknown> {
  const { rows } = await server.database.run(sql`SELECT to_jsonb(b) - 'version' - 'last_update' FROM "customer_bill" b
    WHERE "billing_account_id" = ${account} ORDER BY "id"`)
  return [await balance(account), rows.map(([row]) => JSON.parse(String(row)))]
}

const differences = async () => (await verifyLedger(server.database)).map(({ difference }) => difference)

describe('a reversed payment', () => {
  test('that took the place of the limit gives it back, and what it paid otherwise is owed again', async () => {
    const account = await addAccount(server)
    const first = (await pay(server, account, 1)).body.id
    const bill = await addOverdrawnBill(account, 10)
    await reverse(first)
    expect([await paid(server, bill), await balance(account)]).toEqual([[[1, 'partiallyPaid', []]], [-9, 9]])
    const before = await standing(account)
    const { body } = await pay(server, account, 12)
    expect(body).toMatchObject({ allocations: [{ bill: { id: bill }, amount: { value: 10 } }], credit: { value: 2 } })
    expect(await balance(account)).toEqual([2, 0])
    const reversed = await reverse(body.id)
    expect(reversed).toMatchObject({ status: 200, body: { allocations: [], credit: { value: 0 } } })
    expect(await standing(account)).toEqual(before)
    expect(await differences()).toEqual([undefined, undefined])
  })

  test('leaves a settled bill in its state, and the next payment fills the gap', async () => {
    const account = await addAccount(server)
    const bill = await addOverdrawnBill(account, 10)
    const { body: one } = await pay(server, account, 10)
    const { body: other } = await pay(server, account, 20)
    const since = newId()
    await reverse(one.id)
    const events = await server.database.run(sql`SELECT "event_type" FROM "event" WHERE "id" > ${since}
      ORDER BY "position"`)
    expect(events.rows).toEqual([['CustomerBillAttributeValueChangeEvent'], ['PaymentReversedEvent']])
    // Other credit does not move up.
    expect([await paid(server, bill), await balance(account)]).toEqual([[[0, 'settled', []]], [10, 10]])
    const { body: next } = await pay(server, account, 4)
    expect([await paid(server, bill), await balance(account)]).toEqual([[[0, 'settled', [[next.id, 4]]]], [14, 6]])
    await reverse(other.id)
    expect(await balance(account)).toEqual([-6, 6])
    expect(await differences()).toEqual([undefined, undefined])
  })
})

describe('a payment of an overdrawn account', () => {
  test('pays the bills that it names, then takes the place of the limit, and the rest is credit', async () => {
    const account = await addAccount(server)
    const overdrawn = await addOverdrawnBill(account, 10)
    const first = await addBill(server, account, { rates: { usageCharge: '5' } })
    const named = await addBill(server, account, { rates: { usageCharge: '6' } })
    const payFor = async (value: number, bill: string) =>
      (await pay(server, account, value, { bills: [{ id: bill }] })).body.id
    const one = await payFor(8, named)
    expect(await paid(server, overdrawn, first, named)).toEqual([
      [0, 'settled', [[one, 2]]],
      [5, 'validated', []],
      [0, 'settled', [[one, 6]]]
    ])
    expect(await balance(account)).toEqual([-8, 8])
    const other = await payFor(16, first)
    expect(await paid(server, overdrawn, first)).toEqual([
      [
        0,
        'settled',
        [
          [one, 2],
          [other, 8]
        ]
      ],
      [0, 'settled', [[other, 5]]]
    ])
    expect(await balance(account)).toEqual([3, 0])
  })

  test('that names none takes the place of the limit first', async () => {
    const account = await addAccount(server)
    const overdrawn = await addOverdrawnBill(account, 10)
    const open = await addBill(server, account, { rates: { usageCharge: '5' } })
    const { body } = await pay(server, account, 12)
    expect(await paid(server, overdrawn, open)).toEqual([
      [0, 'settled', [[body.id, 10]]],
      [3, 'partiallyPaid', [[body.id, 2]]]
    ])
  })
})

/** One step on an account; bill and payment are picked among existing ones. */
type Step =
  | { readonly kind: 'bill' | 'overdraw'; readonly amount: number }
  | { readonly kind: 'pay' | 'payAndReverse'; readonly amount: number; readonly bill: number | undefined }
  | { readonly kind: 'reverse'; readonly payment: number }

const amount = fc.integer({ min: 1, max: 2_000 }).map((cents) => cents / 100)
const bill = fc.option(fc.nat(3), { nil: undefined })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('bill' as const, 'overdraw' as const), amount }),
  fc.record({ kind: fc.constantFrom('pay' as const, 'payAndReverse' as const), amount, bill }),
  fc.record({ kind: fc.constant('reverse' as const), payment: fc.nat(3) })
)

/** The rows of an account so far. */
interface Holding {
  readonly account: string
  readonly bills: string[]
  readonly payments: string[]
}

async function take(step: Step, { account, bills, payments }: Holding): Promise<void> {
  switch (step.kind) {
    case 'bill':
      bills.push(await addBill(server, account, { rates: { usageCharge: String(step.amount) } }))
      return
    case 'overdraw':
      bills.push(await addOverdrawnBill(account, step.amount))
      return
    case 'reverse':
      await reverse(payments[step.payment] ?? newId())
      return
    default: {
      const named = bills[step.bill ?? -1]
      const before = await standing(account)
      const { status, body } = await pay(server, account, step.amount, named ? { bills: [{ id: named }] } : {})
      if (status !== 201) return
      if (step.kind === 'pay') return void payments.push(body.id)
      await reverse(body.id)
      expect(await standing(account)).toEqual(before)
    }
  }
}

test('whatever the limit and payments have paid, a payment and its reversal leave all as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const holding: Holding = { account: await addAccount(server), bills: [], payments: [] }
      for (const one of steps) await take(one, holding)
      expect(await differences()).toEqual([undefined, undefined])
    }),
    { numRuns: 20 }
  )
})
