import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type BillingWorld, runToEnd, startBilling, startRun, untilEnded } from './world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

const CHARGES = [{ amount: '10.005' }, { amount: '0.333', kind: 'usageCharge' }]

test('the reason why an account is parked names the rate that is at fault', async () => {
  const rates = [{ amount: '1' }, { amount: '2', unit: 'USD' }, { amount: '3', unit: 'CHF' }]
  const [account] = await world.addAccounts(1, rates)
  const { database } = world.server
  const rows = await database.run(sql`SELECT "id", "tax_excluded_amount_unit" FROM "applied_customer_billing_rate"
    WHERE "tax_excluded_amount_unit" <> 'EUR' ORDER BY "id"`)
  const [id, unit] = rows.rows[0] ?? []
  const parked = (reason: string, code: string) => ({
    parked: [{ billingAccount: { id: account }, reason, reasonCode: `reason.${code}` }]
  })
  const inOther = `The rate ${id} is in ${unit}, the account in EUR`
  expect(await runToEnd(world, { dryRun: true })).toMatchObject(parked(inOther, 'rateCurrency'))
  await database.run(sql`UPDATE "applied_customer_billing_rate" SET "tax_excluded_amount_unit" = NULL,
    "tax_excluded_amount_value" = NULL WHERE "tax_excluded_amount_unit" = 'USD'`)
  const without = rows.rows.find(([, currency]) => currency === 'USD')?.[0]
  const reason = `The rate ${without} has no taxExcludedAmount`
  expect(await runToEnd(world, { dryRun: true })).toMatchObject(parked(reason, 'rateWithoutAmount'))
})

test.each(['new', 'sent'])(
  'the bills of a run are events, in the state %s; those of a dry run are none',
  async (state) => {
    const accounts = await world.addAccounts(25, CHARGES)
    await runToEnd(world, { billState: state, dryRun: true })
    const told = () =>
      world.server.database.run(sql`SELECT e."event_type", b."billing_account_id", e."document"->>'state'
      FROM "event" e JOIN "customer_bill" b ON b."tenant_id" = e."tenant_id" AND b."id" = e."resource_id" ORDER BY 2`)
    expect((await told()).rows).toEqual([])
    await runToEnd(world, { billState: state })
    expect((await told()).rows).toEqual(accounts.map((id) => ['CustomerBillCreateEvent', id, state]))
  }
)

test('a run makes one bill of each account, marks its rates, and tells what it did', async () => {
  await world.addAccounts(25, CHARGES)
  await world.addAccounts(3, [])
  await world.addAccounts(2, [{ amount: '100', unit: 'USD' }])
  await world.addAccounts(1, [{ amount: '5', date: '2026-04-02' }])
  const run = await runToEnd(world, { billState: 'validated' })
  const inOtherCurrency = {
    reason: expect.stringMatching(/is in USD, the account in EUR$/),
    reasonCode: 'reason.rateCurrency'
  }
  expect(run).toMatchObject({ state: 'done', eligible: 31, billed: 25, dryRun: false, billState: 'validated' })
  expect(run.skipped).toEqual([{ reason: 'nothingToBill', count: 4 }])
  expect(run.parked).toEqual([
    { billingAccount: { id: 'A000028' }, ...inOtherCurrency },
    { billingAccount: { id: 'A000029' }, ...inOtherCurrency }
  ])
  // 10.338 of base, rounded once, and its tax of 1.96422.
  expect(run.amount).toEqual([{ unit: 'EUR', value: 307.5 }])
  const { body } = await world.server.call('GET', 'customerBill?billingAccount.id=A000000')
  expect(body).toMatchObject([
    {
      state: 'validated',
      runType: 'onCycle',
      category: 'normal',
      billDate: '2026-04-01T00:00:00.000Z',
      paymentDueDate: '2026-04-15T00:00:00.000Z',
      nextBillDate: '2026-05-01T00:00:00.000Z',
      taxExcludedAmount: { unit: 'EUR', value: 10.34 },
      taxIncludedAmount: { unit: 'EUR', value: 12.3 },
      remainingAmount: { unit: 'EUR', value: 12.3 },
      taxItem: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: { unit: 'EUR', value: 1.96 } }],
      billCycle: { id: world.cycleId }
    }
  ])
  const rates = await world.server.call('GET', `appliedCustomerBillingRate?bill.id=${body[0].id}&isBilled=true`)
  expect(rates.body).toHaveLength(2)
  const { rows } = await world.server.database.run(sql`SELECT "bill_no" FROM "customer_bill" ORDER BY 1`)
  expect(rows.map(([no]) => no)).toEqual(
    Array.from({ length: 25 }, (_, at) => `INV-2026-${String(at + 1).padStart(6, '0')}`)
  )
})

test('a dry run gives the same totals and leaves no trace', async () => {
  await world.addAccounts(12, CHARGES)
  const dry = await runToEnd(world, { dryRun: true })
  expect(dry).toMatchObject({ state: 'done', billed: 12, dryRun: true, amount: [{ unit: 'EUR', value: 147.6 }] })
  expect((await world.server.call('GET', 'customerBill')).body).toEqual([])
  expect((await world.server.call('GET', 'appliedCustomerBillingRate?isBilled=true')).body).toEqual([])
  const bills = await world.server.call('GET', `/billing/v1/billRun/${dry.id}/bills`)
  expect(bills.body).toHaveLength(12)
  const run = await runToEnd(world)
  expect({ billed: run.billed, amount: run.amount }).toEqual({ billed: dry.billed, amount: dry.amount })
})

test('what was run to its end is closed, and what cannot be run is refused', async () => {
  expect(await startRun(world)).toMatchObject({ status: 409, body: { message: expect.stringContaining('No active') } })
  await world.addAccounts(1, CHARGES)
  await runToEnd(world)
  expect(await startRun(world)).toMatchObject({ status: 409, body: { message: expect.stringContaining('closed') } })
  expect(await startRun({ ...world, cycleId: 'none' })).toMatchObject({ status: 400, body: { code: '24' } })
})

test('a parked account is billed by retry once its cause is mended', async () => {
  await world.addAccounts(3, CHARGES)
  const [bad] = await world.addAccounts(1, [{ amount: '-7' }])
  const run = await runToEnd(world)
  expect(run.parked).toEqual([
    {
      billingAccount: { id: bad },
      reason: 'The credits exceed the charges: the total would be -8.33 EUR',
      reasonCode: 'reason.negativeTotal'
    }
  ])
  await world.server.call('POST', 'appliedCustomerBillingRate', {
    billingAccount: { id: bad },
    date: '2026-03-20T00:00:00Z',
    taxExcludedAmount: { unit: 'EUR', value: 8 }
  })
  await world.server.call('POST', `/billing/v1/billRun/${run.id}/retry`)
  expect(await untilEnded(world.server, run.id)).toMatchObject({ state: 'done', eligible: 4, billed: 4, parked: [] })
})

test('an account that the database refuses is parked alone, and the others of its chunk are billed', async () => {
  await world.addAccounts(9, CHARGES)
  await world.addAccounts(1, [{ amount: '999999999999999999' }, { amount: '999999999999999999' }], { taxRate: 1 })
  const run = await runToEnd(world)
  expect(run).toMatchObject({ state: 'done', billed: 9, eligible: 10 })
  expect(run.parked).toEqual([
    {
      billingAccount: { id: 'A000009' },
      reason: expect.stringContaining('numeric field overflow'),
      reasonCode: 'reason.databaseRefused'
    }
  ])
})
