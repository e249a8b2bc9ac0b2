import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import type { Answer } from '../support/answer.ts'
import { TENANT } from '../support/database.ts'
import { paymentOf } from '../support/payments.ts'
import { type BillingWorld, startBilling, untilAnswered } from './world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

const CHARGES = [{ amount: '10' }]

/** Posts a request and waits until it is done. */
async function request(body: object): Promise<Answer> {
  const posted = await world.server.call('POST', 'customerBillOnDemand', body)
  expect(posted).toMatchObject({ status: 201, body: { state: 'inProgress' } })
  return untilAnswered(world.server, posted.body.id)
}

test('a request for a postpaid account ends in an issued bill of what was not billed', async () => {
  const [id] = await world.addAccounts(1, CHARGES)
  const done = await request({ billingAccount: { id } })
  expect(done.state).toBe('done')
  const { body } = await world.server.call('GET', `customerBill/${done.customerBill.id}`)
  expect(body).toMatchObject({
    state: 'validated',
    runType: 'offCycle',
    billNo: expect.stringMatching(/^INV-\d{4}-000001$/),
    amountDue: { unit: 'EUR', value: 11.9 }
  })
  const events = await world.server.database.run(
    sql`SELECT "event_type", "document" FROM "event" WHERE "resource_id" = ${body.id}`
  )
  const { href, billDocument, billingAccount, ...told } = body
  expect(events.rows.map(([type, document]) => [type, JSON.parse(String(document))])).toEqual([
    ['CustomerBillCreateEvent', expect.objectContaining(told)]
  ])
  expect(await request({ billingAccount: { id } })).toMatchObject({
    state: 'rejected',
    stateReason: 'There is nothing to bill',
    stateReasonCode: 'reason.nothingToBill'
  })
})

test('by relatedParty alone it is the only account of that party, or rejected', async () => {
  await world.addAccounts(1, CHARGES)
  const party = { relatedParty: { id: 'C1', '@referredType': 'Customer' } }
  expect(await request(party)).toMatchObject({ state: 'done' })
  await world.addAccounts(1, CHARGES)
  expect(await request(party)).toMatchObject({
    state: 'rejected',
    stateReason: expect.stringContaining('exactly one'),
    stateReasonCode: 'reason.partyWithoutOneAccount'
  })
})

test('an unknown account is rejected with the reason', async () => {
  expect(await request({ billingAccount: { id: 'A0815' } })).toMatchObject({
    state: 'rejected',
    stateReason: 'The billing account is unknown',
    stateReasonCode: 'reason.accountUnknown'
  })
})

test('data that the database refuses ends the request at once, with the reason', async () => {
  const [id] = await world.addAccounts(1, [{ amount: '999999999999999999' }, { amount: '999999999999999999' }])
  expect(await request({ billingAccount: { id } })).toMatchObject({
    state: 'terminatedWithError',
    stateReason: 'The database refuses it: numeric field overflow',
    stateReasonCode: 'reason.databaseRefused'
  })
  expect((await world.server.call('GET', 'customerBill')).body).toEqual([])
})

test('a prepaid account pays at once; too low a balance rejects and changes nothing', async () => {
  const [id] = await world.addAccounts(1, CHARGES, { billingType: 'prepaid' })
  const topUp = (amount: number) => world.server.call('POST', '/billing/v1/payment', paymentOf(id, amount))
  await topUp(11)
  expect(await request({ billingAccount: { id } })).toMatchObject({
    state: 'rejected',
    stateReason: expect.stringMatching(/^The balance of 11 EUR/),
    stateReasonCode: 'reason.balanceTooLow'
  })
  expect((await world.server.call('GET', 'customerBill')).body).toEqual([])
  await topUp(1)
  const done = await request({ billingAccount: { id } })
  const { body } = await world.server.call('GET', `customerBill/${done.customerBill.id}`)
  expect(body).toMatchObject({ state: 'settled', remainingAmount: { unit: 'EUR', value: 0 } })
})

test('a prepaid account may owe as much as its credit limit, all of its open bills counted', async () => {
  const [id] = await world.addAccounts(1, CHARGES, { billingType: 'prepaid' })
  const { server } = world
  await server.database.run(sql`UPDATE "billing_account" SET "credit_limit" = 12, "credit_limit_unit" = 'EUR'`)
  const done = await request({ billingAccount: { id } })
  const { body } = await server.call('GET', `customerBill/${done.customerBill.id}`)
  expect(body).toMatchObject({ state: 'settled', remainingAmount: { unit: 'EUR', value: 0 } })
  await server.call('POST', 'appliedCustomerBillingRate', {
    billingAccount: { id },
    date: '2026-03-20T00:00:00Z',
    taxExcludedAmount: { unit: 'EUR', value: 1 }
  })
  expect(await request({ billingAccount: { id } })).toMatchObject({
    state: 'rejected',
    stateReason: 'The balance of 0.1 EUR is too low for 1.19 EUR',
    stateReasonCode: 'reason.balanceTooLow'
  })
})

test('what the credit limit paid, later top-ups pay first; where one is reversed, the limit pays again', async () => {
  const [id] = await world.addAccounts(1, CHARGES, { billingType: 'prepaid' })
  const { server } = world
  const { database } = server
  await database.run(sql`UPDATE "billing_account" SET "credit_limit" = 10, "credit_limit_unit" = 'EUR'`)
  const topUp = (value: number) => server.call('POST', '/billing/v1/payment', paymentOf(id, value))
  await topUp(1)
  expect(await request({ billingAccount: { id } })).toMatchObject({
    state: 'rejected',
    stateReason: 'The balance of 11 EUR is too low for 11.9 EUR'
  })
  await topUp(2)
  const done = await request({ billingAccount: { id } })
  const bill = async () => (await server.call('GET', `customerBill/${done.customerBill.id}`)).body
  /** Returns the balance, its overdrawn part, the payments on the bill, and the ledger's differences. */
  const standing = async () => {
    const { rows } = await database.run(
      sql`SELECT trim_scale("credit"), trim_scale("overdrawn") FROM "account_balance"`
    )
    const { appliedPayment } = await bill()
    const amounts = appliedPayment.map((one: { appliedAmount: { value: number } }) => one.appliedAmount.value)
    const found = (await verifyLedger(database)).find(({ tenantId }) => tenantId === TENANT)
    return [...(rows[0] ?? []), amounts, found?.difference]
  }
  expect(await bill()).toMatchObject({ state: 'settled', remainingAmount: { unit: 'EUR', value: 0 } })
  expect(await standing()).toEqual(['-8.9', '8.9', [1, 2], undefined])
  await topUp(5)
  expect(await standing()).toEqual(['-3.9', '3.9', [1, 2, 5], undefined])
  const { body: last } = await topUp(6)
  expect(await standing()).toEqual(['2.1', '0', [1, 2, 5, 3.9], undefined])
  await server.call('POST', `/billing/v1/payment/${last.id}/reverse`)
  // A reversal undoes its payment exactly, back to before the last top-up.
  expect(await bill()).toMatchObject({ state: 'settled', remainingAmount: { unit: 'EUR', value: 0 } })
  expect(await standing()).toEqual(['-3.9', '3.9', [1, 2, 5], undefined])
})
