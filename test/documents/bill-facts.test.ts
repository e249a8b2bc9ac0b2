import Big from 'big.js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type BillingWorld, startBilling } from '../billing/world.ts'
import { paymentOf } from '../support/payments.ts'
import { billByRun, billOnDemand, documentsOf, pageOf, patchState } from './dressed-world.ts'
import { textsOf } from './pdf-text.ts'
import { readable } from './rendered.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

const call = (method: string, url: string, body?: object) => world.server.call(method, url, body)
const euros = (value: number) => ({ unit: 'EUR', value })
const text = async (billId: string) => readable(await pageOf(world, billId)).replace(/[\s\u00a0\u202f]+/g, ' ')

async function charge(account: string, value: number, more: object = {}): Promise<void> {
  const rate = { billingAccount: { id: account }, date: '2026-03-10T00:00:00Z', taxExcludedAmount: euros(value) }
  expect((await call('POST', 'appliedCustomerBillingRate', { ...rate, ...more })).status).toBe(201)
}

async function pay(account: string, value: number, reference: string): Promise<void> {
  expect((await call('POST', '/billing/v1/payment', paymentOf(account, value, { reference }))).body).toMatchObject({
    reference
  })
}

async function setProfile(account: string, profile: object): Promise<void> {
  await world.server.database.run(sql`UPDATE "billing_account" SET "tax_profile" = ${JSON.stringify(profile)}
    WHERE "id" = ${account}`)
}

test('each rate has its base and its tax, and each line its rate, as they were when the bill was made', async () => {
  const [account = ''] = await world.addAccounts(1, [{ amount: '100' }])
  const reduced = { taxCategory: 'Books', taxRate: 0.07, taxAmount: euros(1.4) }
  await charge(account, 20, { appliedTax: [reduced] })
  const city = { taxCategory: 'City', taxRate: 0.02 }
  await setProfile(account, { rates: [{ taxCategory: 'VAT', taxRate: 0.19 }, city] })
  const id = await billByRun(world, 'new')
  await setProfile(account, { exempt: true })
  for (const state of ['new', 'sent']) {
    if (state === 'sent') expect((await patchState(world, id, state)).status).toBe(200)
    const [pdf = Buffer.alloc(0), , csv] = await documentsOf(world, id)
    const page = await text(id)
    for (const row of ['Books 20.00 7% 1.40', 'City 100.00 2% 2.00', 'VAT 100.00 19% 19.00']) {
      expect(page).toContain(row)
      expect((await textsOf(pdf)).flat().join(' ')).toContain(row)
    }
    expect(page).toContain('2%, 19% 100.00')
    expect(String(csv)).toContain(',City VAT,0.02 0.19,EUR,100,,,rate\r\n')
    for (const row of ['Books,0.07,EUR,20,,1.4', 'City,0.02,EUR,100,,2', 'VAT,0.19,EUR,100,,19'])
      expect(String(csv)).toContain(`,${row},tax\r\n`)
  }
})

test('an exempt bill has its note and the reason in every format', async () => {
  const account = 'EXEMPT-1'
  const exemptReason = 'Reverse charge; Article 196'
  const posted = { id: account, name: 'Abroad', customerId: 'C1', taxProfile: { exempt: true, exemptReason } }
  expect((await call('POST', 'accounts', posted)).body).toMatchObject(posted)
  await charge(account, 50)
  const id = await billOnDemand(world, account)
  const [pdf = Buffer.alloc(0), , csv] = await documentsOf(world, id)
  for (const words of [await text(id), (await textsOf(pdf)).flat().join(' ')]) {
    expect(words).toContain('Exempt from tax 50.00 0% 0.00')
    expect(words).toContain(`Exempt from tax: ${exemptReason}`)
  }
  expect(String(csv)).toContain(`,Exempt from tax,"${exemptReason}",,,,0,EUR,50,,0,tax\r\n`)
})

test('a bill keeps the balance before it, and it is that of the ledger', async () => {
  const [account = ''] = await world.addAccounts(1, [{ amount: '100' }])
  const first = await billOnDemand(world, account)
  expect(await text(first)).not.toContain('Balance')
  await pay(account, 70, 'part')
  await charge(account, 10)
  const second = await billOnDemand(world, account)
  const expected = ['after the previous bill 119.00', 'before this bill 49.00', 'after this bill 60.90']
  for (const row of expected) expect(await text(second)).toContain(`Balance ${row}`)
  expect(await text(second)).toContain('Payments and other postings since -70.00')
  await pay(account, 80, 'too much')
  await charge(account, 100)
  const third = await billOnDemand(world, account)
  const page = await text(third)
  for (const row of ['before this bill -19.10', 'after this bill 99.90']) expect(page).toContain(`Balance ${row}`)
  expect(page).toContain('Amount due EUR 99.90')
  expect(page).toContain('Paid from your credit -19.10')
  const { body } = await call('GET', `accounts/${account}/statement?from=2026-01-01&to=2099-01-01`)
  expect(new Big(body.closingBalance.value).eq('-99.9')).toBe(true)
  await pay(account, 99.9, 'rest')
  expect(await text(third)).toBe(page)
})

test('what a prepaid account was billed asks for nothing', async () => {
  const [account = ''] = await world.addAccounts(1, [{ amount: '10' }], { billingType: 'prepaid' })
  await pay(account, 50, 'top-up')
  const page = await text(await billOnDemand(world, account))
  expect(page).toContain('Paid from your balance EUR 11.90')
  expect(page).toContain('Balance before this bill -50.00')
  expect(page).not.toMatch(/Amount due|IBAN|RF\d\d/)
})

test('a tenant says how many lines are listed, for the bills that come after', async () => {
  const calls = Array.from({ length: 5 }, () => ({ amount: '1', kind: 'usageCharge' }))
  const [one = '', two = ''] = await world.addAccounts(2, calls)
  const earlier = await billOnDemand(world, one)
  const before = await text(earlier)
  const limit = { itemisation: { types: { usageCharge: 2 } } }
  expect((await call('PATCH', '/admin/v1/tenant/demo', limit)).body).toMatchObject(limit)
  const later = await billOnDemand(world, two)
  expect(await text(later)).toContain('3 further items 3.00')
  expect((await call('PATCH', '/admin/v1/tenant/demo', { itemisation: null })).status).toBe(200)
  expect(await text(later)).toContain('3 further items 3.00')
  expect(await text(earlier)).toBe(before)
  const [, , csv] = await documentsOf(world, later)
  expect(String(csv).match(/,rate\r\n/g)).toHaveLength(5)
})
