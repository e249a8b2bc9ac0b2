import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { later } from '../../src/base/instant.ts'
import { newId } from '../../src/base/ulid.ts'
import { reversePayment } from '../../src/billing/payments/reversal.ts'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { payIn } from '../support/payments.ts'
import type { Reply, TestServer } from '../support/server.ts'
import { AUTHOR, addAccount, addBill, startLedger } from './ledger-world.ts'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
beforeEach(() =>
  server.database.run(sql`UPDATE "tenant" SET "time_zone" = 'UTC', "call_charge_types" = '["usageCharge"]'`)
)
afterAll(() => server.close())

const ask = (account: string, from: string, to: string, more = ''): Promise<Reply> =>
  server.call('GET', `accounts/${account}/statement?from=${from}&to=${to}${more}`)

/** Pays at an instant and returns the payment's id. */
async function payAt(id: string, date: string, value: number, unit = 'EUR'): Promise<string> {
  const context = { author: AUTHOR, clock: () => date, newId }
  return server.database.transaction((tx) => payIn(tx, context, id, value, unit))
}

function reverseAt(payment: string, date: string): Promise<void> {
  const context = { author: AUTHOR, clock: () => date, newId }
  return server.database.transaction((tx) => reversePayment(tx, context, { tenantId: TENANT }, payment))
}

/** Returns the amounts of a statement in one currency, and its movements. */
function amounts({ body }: Reply, unit = 'EUR') {
  const { openingBalance, payments, adjustments, callCharges, otherCharges, totalCharges, closingBalance } = body
  const all = { openingBalance, payments, adjustments, callCharges, otherCharges, totalCharges, closingBalance }
  expect(new Set(Object.values(all).map((money) => money.unit))).toEqual(new Set([unit]))
  return Object.fromEntries(Object.entries(all).map(([name, money]) => [name, money.value]))
}

const RATES = { usageCharge: '10.004', recurringCharge: '5.004', appliedBillingCredit: '-2' }

test('a statement says how an account came from one balance to the next, and by what', async () => {
  const account = await addAccount(server, { tax: 0.19 })
  await payAt(account, '2026-03-31T12:00:00.000Z', 3)
  const bill = await addBill(server, account, { rates: RATES, date: '2026-04-01T00:00:00.000Z' })
  const payment = await payAt(account, '2026-04-10T12:00:00.000Z', 20)
  const reversed = await payAt(account, '2026-04-11T12:00:00.000Z', 7)
  await reverseAt(reversed, '2026-04-30T23:59:59.999Z')
  await payAt(account, '2026-05-01T00:00:00.000Z', 100)
  const april = await ask(account, '2026-04-01', '2026-04-30')
  expect(april.body).toMatchObject({
    billingAccount: { id: account, name: 'Account', href: expect.stringMatching(new RegExp(`/accounts/${account}$`)) },
    from: '2026-04-01',
    to: '2026-04-30',
    currency: 'EUR'
  })
  // 13.01 and 2.47 of tax: 10 of calls, 5 of others, 0.01 of rounding and the tax, and 2 of credit.
  expect(amounts(april)).toEqual({
    openingBalance: 3,
    payments: 20,
    callCharges: 10,
    otherCharges: 7.48,
    adjustments: -2,
    totalCharges: 15.48,
    closingBalance: 7.52
  })
  expect(april.body.movements.map(({ type, amount, source }) => [type, amount.value, source])).toEqual([
    ['bill', -15.48, { type: 'CustomerBill', id: bill, href: expect.stringMatching(`/customerBill/${bill}$`) }],
    ['payment', 20, { type: 'Payment', id: payment, href: expect.stringMatching(`/billing/v1/payment/${payment}$`) }],
    ['payment', 7, { type: 'Payment', id: reversed, href: expect.any(String) }],
    ['reversal', -7, { type: 'Payment', id: reversed, href: expect.any(String) }]
  ])
  for (const { source } of april.body.movements) {
    const { pathname } = new URL(source.href)
    expect((await server.call('GET', pathname)).status).toBe(200)
  }
})

describe('The types that count as calls are the tenant’s to say', () => {
  const others = () =>
    server.database.run(
      sql`UPDATE "tenant" SET "call_charge_types" = '["recurringCharge", "appliedBillingCredit"]'
        WHERE "id" = ${TENANT}`
    )
  const charges = async (account: string, from: string, to: string) => {
    const { callCharges, otherCharges, adjustments } = amounts(await ask(account, from, to))
    return [callCharges, otherCharges, adjustments]
  }

  test('from then on: a past period keeps its statement', async () => {
    const account = await addAccount(server)
    await addBill(server, account, { rates: RATES })
    const before = await ask(account, '2026-04-01', '2026-04-01')
    expect(await charges(account, '2026-04-01', '2026-04-01')).toEqual([10, 5.01, -2])
    await others()
    expect((await ask(account, '2026-04-01', '2026-04-01')).body).toEqual(before.body)
    const soon = later(systemClock(), 60)
    await addBill(server, account, { rates: RATES, date: soon })
    expect(await charges(account, soon.slice(0, 10), soon.slice(0, 10))).toEqual([3, 10.01, 0])
    expect(await charges(account, '2026-04-01', '2099-01-01')).toEqual([13, 15.02, -2])
  })

  test('to the millisecond', async () => {
    await others()
    const account = await addAccount(server)
    const { rows } = await server.database.run(sql`SELECT to_char(max("since") AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') FROM "call_charge_types" WHERE "tenant_id" = ${TENANT}`)
    const since = String(rows[0]?.[0])
    await addBill(server, account, { rates: { usageCharge: '1' }, date: new Date(Date.parse(since) - 1).toISOString() })
    await addBill(server, account, { rates: { recurringCharge: '20' }, date: since })
    await addBill(server, account, { rates: { usageCharge: '400' }, date: since })
    expect(await charges(account, '2026-04-01', '2099-01-01')).toEqual([21, 400, 0])
  })

  test.each([sql`UPDATE "call_charge_types" SET "types" = '[]'`, sql`DELETE FROM "call_charge_types"`])(
    'and what they were nobody changes: %#',
    async (statement) => {
      await expect(server.database.run(statement)).rejects.toThrow('what counted as a call does not change')
    }
  )

  test('a change to the same, or in one transaction, gives each moment one answer', async () => {
    const count = async () =>
      Number((await server.database.run(sql`SELECT count(*) FROM "call_charge_types"`)).rows[0]?.[0])
    await others()
    const before = await count()
    await others()
    expect(await count()).toBe(before)
    await server.database.transaction(async (tx) => {
      for (const types of ['["a"]', '["b"]', '["c"]']) {
        await tx.run(sql`UPDATE "tenant" SET "call_charge_types" = ${types} WHERE "id" = ${TENANT}`)
      }
    })
    expect(await count()).toBe(before + 3)
  })
})

test.each([
  ['UTC', '2026-03-29T00:00:00.000Z', '2026-03-29T23:59:59.999Z'],
  ['Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29T21:59:59.999Z'],
  ['America/New_York', '2026-03-29T04:00:00.000Z', '2026-03-30T03:59:59.999Z'],
  ['Asia/Kathmandu', '2026-03-28T18:15:00.000Z', '2026-03-29T18:14:59.999Z']
])('a day in %s goes from %s to %s', async (zone, first, last) => {
  await server.database.run(sql`UPDATE "tenant" SET "time_zone" = ${zone} WHERE "id" = ${TENANT}`)
  const account = await addAccount(server)
  const beside = (date: string, ms: number) => new Date(Date.parse(date) + ms).toISOString()
  for (const [at, date] of [beside(first, -1), first, last, beside(last, 1)].entries()) {
    await payAt(account, date, 10 ** at)
  }
  const day = amounts(await ask(account, '2026-03-29', '2026-03-29'))
  expect(day).toMatchObject({ openingBalance: 1, payments: 110, closingBalance: 111 })
})

test('each currency has its statement; the account’s own is meant when none is named', async () => {
  const account = await addAccount(server, { currency: 'KWD' })
  await payAt(account, '2026-04-01T00:00:00.000Z', 1.234, 'KWD')
  await payAt(account, '2026-04-01T00:00:00.000Z', 5, 'JPY')
  expect(amounts(await ask(account, '2026-04-01', '2026-04-01'), 'KWD').closingBalance).toBe(1.234)
  expect(amounts(await ask(account, '2026-04-01', '2026-04-01', '&currency=JPY'), 'JPY').closingBalance).toBe(5)
})

test.each([
  ['', 'from must be a day'],
  ['from=2026-04-01', 'to must be a day'],
  ['from=2026-04-31&to=2026-05-01', 'from must be a day'],
  ['from=2026-04-01T00:00:00Z&to=2026-05-01', 'from must be a day'],
  ['from=1969-12-31&to=2026-05-01', 'from 1970-01-01 to 9998-12-31'],
  ['from=2026-05-02&to=2026-05-01', 'from must not be after to'],
  ['from=2026-05-01&to=2026-05-01&to=2026-05-02', 'to may be given once only'],
  ['from=2026-05-01&to=2026-05-01&currency=euro', 'currency must be three letters'],
  ['from=2026-05-01&to=2026-05-01&fields=id', 'fields is no parameter of this request; there are from, to, currency']
])('a statement of "%s" is refused: %s', async (query, message) => {
  const { status, body } = await server.call('GET', `accounts/${await addAccount(server)}/statement?${query}`)
  expect([status, body.code, body.message]).toEqual([400, '28', expect.stringContaining(message)])
})

test('an account is found by its alias, under both bases, and by those alone who may see it', async () => {
  const account = await addAccount(server)
  const partnerId = await addPartner(server.database, TENANT, 'P-1')
  await addApiKey(server.database, { tenantId: TENANT, key: 'partner', partnerId })
  await server.database.run(
    sql`UPDATE "billing_account" SET "aliases" = '[{"alias": "+4930"}]' WHERE "id" = ${account}`
  )
  const query = 'statement?from=2026-04-01&to=2026-04-01'
  expect((await server.call('GET', `accounts/%2B4930/${query}`)).body.billingAccount.id).toBe(account)
  const other = `/tmf-api/customerBillManagement/v4/accounts/${account}/${query}`
  expect((await server.call('GET', other)).body.billingAccount.href).toContain('/tmf-api/')
  expect((await server.app.inject({ url: other, headers: { token: 'partner' } })).statusCode).toBe(404)
  expect((await server.call('GET', `accounts/nobody/${query}`)).status).toBe(404)
})

const DAYS = 28
const day = (number: number) => `2026-02-${String(number).padStart(2, '0')}`
const happening = fc.record({
  day: fc.integer({ min: 1, max: DAYS }),
  cents: fc.integer({ min: 1, max: 100_000 }),
  kind: fc.constantFrom('pay', 'payAndReverse', 'usageCharge', 'recurringCharge')
})
const cuts = fc.uniqueArray(fc.integer({ min: 2, max: DAYS }), { maxLength: 4 })

test('whatever happens, a closing balance is the next opening, and every total is the sum of its parts', async () => {
  const inCents = (value: number) => Math.round(value * 100)
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 8 }), cuts, async (happenings, starts) => {
      const account = await addAccount(server, { tax: 0.19 })
      for (const { day: on, cents, kind } of happenings.toSorted((a, b) => a.day - b.day)) {
        const date = `${day(on)}T12:00:00.000Z`
        if (kind.endsWith('Charge')) await addBill(server, account, { rates: { [kind]: String(cents / 100) }, date })
        else {
          const payment = await payAt(account, date, cents / 100)
          if (kind === 'payAndReverse') await reverseAt(payment, `${day(Math.min(on + 3, DAYS))}T12:00:00.000Z`)
        }
      }
      const firsts = [1, ...starts.sort((a, b) => a - b)]
      const replies = await Promise.all(
        firsts.map((first, at) => ask(account, day(first), day((firsts[at + 1] ?? DAYS + 1) - 1)))
      )
      let balance = 0
      for (const reply of replies) {
        const found = Object.entries(amounts(reply)).map(([name, value]) => [name, inCents(value)] as const)
        const {
          openingBalance = 0,
          payments = 0,
          totalCharges = 0,
          closingBalance,
          ...parts
        } = Object.fromEntries(found)
        expect(openingBalance).toBe(balance)
        expect(Object.values(parts).reduce((total, part) => total + part, 0)).toBe(totalCharges)
        expect(closingBalance).toBe(openingBalance + payments - totalCharges)
        const moved = reply.body.movements.map(({ amount }) => inCents(amount.value))
        expect(moved.reduce((total, part) => total + part, balance)).toBe(closingBalance)
        balance = openingBalance + payments - totalCharges
      }
      const whole = await ask(account, day(1), day(DAYS))
      expect(inCents(amounts(whole).closingBalance as number)).toBe(balance)
    }),
    { numRuns: 20 }
  )
})
