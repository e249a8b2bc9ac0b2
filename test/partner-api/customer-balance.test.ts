import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { foldUsage } from '../../src/ledger/usage.ts'
import { addAccount, addBill, pay } from '../billing/ledger-world.ts'
import { untilWaiting } from '../billing/world.ts'
import { addRates } from '../support/accounts.ts'
import { PARTNER_KEY, type PartnerWorld, RATE, startPartnerWorld } from './world.ts'

let world: PartnerWorld
beforeAll(async () => {
  world = await startPartnerWorld()
})
afterAll(() => world.close())

const balanceOf = (account: string, initial: string, final: string, headers?: object) =>
  world.ask('GET', 'customerBalance', { account_number: account, initial_date: initial, final_date: final }, headers)

async function rate(account: string, type: string, value: number, more: object = {}): Promise<string> {
  const document = { billingAccount: { id: account }, type, taxExcludedAmount: { unit: 'EUR', value }, ...more }
  const { status, body, text } = await world.call('POST', RATE, document)
  expect([status, text]).toEqual([201, text])
  return body.id
}

const data = (text: string) => JSON.parse(text).data

test('the published example comes out to the digit', async () => {
  const account = await addAccount(world)
  await world.at('2026-02-27T10:00:00Z')
  await pay(world, account, 250)
  await rate(account, 'usageCharge', 4.28707)
  await world.at('2026-03-01T00:00:00Z')
  await pay(world, account, 57)
  await rate(account, 'usageCharge', 40.125)
  await rate(account, 'recurringCharge', 7.5)
  await world.at('2026-03-31T23:59:59Z')
  await rate(account, 'usageCharge', 8)
  await rate(account, 'adjustment', 5)
  await world.at('2026-04-01T00:00:00Z')
  await rate(account, 'usageCharge', 99)
  const { status, text } = await balanceOf(account, '2026-03-01', '31-03-2026')
  expect([status, text]).toEqual([
    200,
    '{"code":200,"data":{"opening_balance":245.71293,"payments":57,"adjustments":5,"call_charges":48.125,' +
      '"other_charges":7.5,"total_charges":60.625,"closing_balance":242.08793}}'
  ])
})

describe('a balance of usage', () => {
  test('counts a rate when it comes, and only tax and rounding when it is billed', async () => {
    await world.at('2026-05-02T10:00:00Z')
    const account = await addAccount(world, { tax: 0.19 })
    await rate(account, 'usageCharge', 1.00333, { date: '2026-01-05T00:00:00Z' })
    const today = () => balanceOf(account, '2026-05-02', '2026-05-02').then(({ text }) => data(text))
    expect(await today()).toMatchObject({ call_charges: 1.00333, other_charges: 0, closing_balance: -1.00333 })
    await addBill(world, account, { rates: { recurringCharge: '2' } })
    // 3.00333 are 3.00 on the bill, and 0.57 of tax.
    expect(await today()).toMatchObject({ call_charges: 1.00333, other_charges: 2.56667, closing_balance: -3.57 })
  })

  test('of a past day does not change, whatever is changed, deleted and moved later', async () => {
    await world.at('2026-06-01T10:00:00Z')
    const [account, other] = [await addAccount(world), await addAccount(world)]
    const [kept, gone, moved] = await Promise.all([1, 2, 4].map((value) => rate(account, 'usageCharge', value)))
    await world.at('2026-06-02T10:00:00Z')
    const before = await balanceOf(account, '2026-06-01', '2026-06-01')
    await world.call('PATCH', `${RATE}/${kept}`, { taxExcludedAmount: { unit: 'EUR', value: 8 }, type: 'x' })
    await world.call('DELETE', `${RATE}/${gone}`)
    await world.call('PATCH', `${RATE}/${moved}`, { billingAccount: { id: other } })
    expect((await balanceOf(account, '2026-06-01', '2026-06-01')).text).toBe(before.text)
    expect(data((await balanceOf(account, '2026-06-02', '2026-06-02')).text)).toMatchObject({
      opening_balance: -7,
      call_charges: -7,
      other_charges: 8,
      closing_balance: -8
    })
    expect(data((await balanceOf(other, '2026-06-02', '2026-06-02')).text)).toMatchObject({ call_charges: 4 })
  })

  test('books nothing on a day that was read as past, with a clock set back or another zone', async () => {
    await world.at('2026-07-02T00:30:00Z')
    const account = await addAccount(world)
    const past = () => balanceOf(account, '2026-07-01', '2026-07-01')
    const before = await past()
    for (const time of ['2026-07-01T23:30:00Z', '2026-06-30T10:00:00Z']) {
      await world.at(time)
      await rate(account, 'usageCharge', 2)
    }
    const zone = (timeZone: string) => world.call('PATCH', '/admin/v1/tenant/demo', { timeZone })
    expect((await zone('Pacific/Pago_Pago')).status).toBe(200)
    await rate(account, 'usageCharge', 1)
    await zone('UTC')
    expect((await past()).text).toBe(before.text)
    expect(data((await balanceOf(account, '2026-07-02', '2026-07-02')).text).closing_balance).toBe(-5)
  })

  test('waits for what is booked on the day before', async () => {
    await world.at('2026-07-05T23:59:59Z')
    const account = await addAccount(world)
    const [booked, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const booking = world.database.transaction(async (tx) => {
      await addRates(tx, [account], { amount: '7', kind: 'usageCharge' })
      booked.resolve()
      await ended.promise
    })
    await booked.promise
    await world.at('2026-07-06T00:00:01Z')
    const past = balanceOf(account, '2026-07-05', '2026-07-05')
    await untilWaiting(world, 1)
    ended.resolve()
    await booking
    expect(data((await past).text).closing_balance).toBe(-7)
  })

  test('is the same whether it is folded or not', async () => {
    await world.at('2026-07-08T10:00:00Z')
    const account = await addAccount(world)
    for (const value of [1, 2, 3]) await rate(account, 'usageCharge', value)
    const today = () => balanceOf(account, '2026-07-01', '2026-07-08')
    const before = await today()
    for (const _ of [1, 2]) await foldUsage(world.database)
    expect((await world.database.run(sql`SELECT FROM "usage_entry"`)).rowCount).toBe(0)
    expect((await today()).text).toBe(before.text)
    await rate(account, 'usageCharge', 4)
    await foldUsage(world.database)
    expect(data((await today()).text).call_charges).toBe(10)
  })

  test('takes rates whose sum is longer than an amount may be', async () => {
    await world.at('2026-07-08T10:00:00Z')
    const account = await addAccount(world)
    for (const _ of [1, 2]) await addRates(world.database, [account, account], { amount: '999999999999999999.5' })
    await foldUsage(world.database)
    const { text } = await balanceOf(account, '2026-07-01', '2026-07-08')
    expect(text).toContain('"closing_balance":-3999999999999999998}')
  })

  test('counts rates from the creation of their account on', async () => {
    await world.at('2026-08-01T10:00:00Z')
    for (const value of [1.5, 2]) await rate('LATE-1', 'usageCharge', value)
    const account = { id: 'LATE-1', name: 'Late', customerId: 'C1' }
    const created = await world.call('POST', 'accounts', account)
    expect([created.status, created.text]).toEqual([201, created.text])
    expect(data((await balanceOf('LATE-1', '2026-08-01', '2026-08-01')).text).call_charges).toBe(3.5)
  })

  test('is of the currency of the account, and of rates with an amount', async () => {
    await world.at('2026-08-01T10:00:00Z')
    const account = await addAccount(world)
    await rate(account, 'usageCharge', 3, { taxExcludedAmount: { unit: 'USD', value: 3 } })
    await rate(account, 'usageCharge', 3, { taxExcludedAmount: undefined })
    expect(data((await balanceOf(account, '2026-08-01', '2026-08-01')).text).total_charges).toBe(0)
  })
})

describe('a partner', () => {
  test('sees its own accounts; the provider names it, or sees all', async () => {
    await world.at('2026-09-01T10:00:00Z')
    const own = await addAccount(world, { partnerId: world.partnerId })
    const others = await addAccount(world)
    const partner = { token: PARTNER_KEY }
    const days = ['2026-09-01', '2026-09-01'] as const
    expect((await balanceOf(own, ...days, partner)).status).toBe(200)
    const hidden = await balanceOf(others, ...days, partner)
    expect([hidden.status, hidden.text]).toEqual([
      404,
      '{"code":404,"message":"account_number names no billing account","messageCode":"partner.unknownAccount"}'
    ])
    expect((await balanceOf('nobody', ...days, partner)).text).toBe(hidden.text)
    expect((await balanceOf(own, ...days)).status).toBe(200)
    const asPartner = (account: string, headers = {}) =>
      world.ask(
        'GET',
        'customerBalance',
        { account_number: account, initial_date: days[0], final_date: days[1], partner_account: 'RESELLER' },
        headers
      )
    expect((await asPartner(own)).status).toBe(200)
    expect((await asPartner(own, partner)).status).toBe(200)
    expect((await asPartner(others)).status).toBe(404)
  })
})
