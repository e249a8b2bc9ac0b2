import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { type BillingWorld, runToEnd, startBilling, untilDone } from './world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(async () => {
  expect(reportLedger(await verifyLedger(world.server.database))).toMatchObject({ isSound: true })
  await world.close()
})

const RATES = 'appliedCustomerBillingRate'

test('a rate cannot join a bill that a run has made, issued or not', async () => {
  await world.addAccounts(1, [{ amount: '10' }])
  await runToEnd(world)
  const { body: bills } = await world.server.call('GET', 'customerBill')
  const bill = { id: bills[0].id }
  const joining = { isBilled: true, bill, taxExcludedAmount: { unit: 'EUR', value: 100 } }
  for (const state of ['new', 'validated']) {
    if (state !== 'new') await world.server.call('PATCH', `customerBill/${bill.id}`, { state })
    const { status, body } = await world.server.call('POST', RATES, joining)
    expect([status, body.message]).toEqual([409, expect.stringContaining('next one')])
    expect((await world.server.call('GET', `${RATES}?bill.id=${bill.id}`)).body).toHaveLength(1)
  }
})

test('the date of a rate cannot be taken away, and one that has none is billed', async () => {
  const [id] = await world.addAccounts(1, [])
  const rate = { billingAccount: { id }, date: null, taxExcludedAmount: { unit: 'EUR', value: 2 } }
  const { body: posted } = await world.server.call('POST', RATES, rate)
  expect(posted.date).toMatch(/^20/)
  const { status, body } = await world.server.call('PATCH', `${RATES}/${posted.id}`, { date: null })
  expect([status, body.message]).toEqual([400, '$.date cannot be removed; it must have a value'])
  // As earlier versions allowed.
  await world.server.database.run(sql`UPDATE "applied_customer_billing_rate" SET "date" = NULL`)
  expect(await runToEnd(world)).toMatchObject({ billed: 1 })
})

test.each([
  ['before the charge date', '2026-03-25', [10, -4]],
  ['after it', '2026-04-03', [10, -4, -2]]
])('credits are billed up to the credit date, which is %s', async (_, creditDate, lines) => {
  await world.addAccounts(1, [
    { amount: '10', date: '2026-03-28' },
    { amount: '5', date: '2026-04-02' },
    { amount: '-4', date: '2026-03-20', kind: 'appliedBillingCredit' },
    { amount: '-2', date: '2026-04-02', kind: 'appliedBillingCredit' }
  ])
  const { server, cycleId } = world
  const changed = await server.call('PATCH', `billCycle/${cycleId}`, { creditDate: `${creditDate}T00:00:00Z` })
  expect(changed.status).toBe(200)
  await runToEnd(world)
  const { body } = await server.call('GET', `${RATES}?isBilled=true&sort=date`)
  const amounts = body.map((rate: { taxExcludedAmount: { value: number } }) => rate.taxExcludedAmount.value)
  expect(amounts.sort((a: number, b: number) => b - a)).toEqual(lines.toSorted((a, b) => b - a))
})

test('a prepaid bill over nothing is settled, too', async () => {
  const [id] = await world.addAccounts(1, [{ amount: '10' }, { amount: '-10' }], { billingType: 'prepaid' })
  const done = await untilDone(world.server, { billingAccount: { id } })
  const { body } = await world.server.call('GET', `customerBill/${done.customerBill.id}`)
  expect(body).toMatchObject({ state: 'settled', amountDue: { value: 0 }, billNo: expect.any(String) })
})
