import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { type BillingWorld, runToEnd, startBilling, untilDone } from './world.ts'

const PARTNER = { token: 'partner-key' }
const CREDIT = { type: 'appliedBillingCredit', taxExcludedAmount: { unit: 'EUR', value: -9 } }

let world: BillingWorld
let account: string
beforeEach(async () => {
  world = await startBilling()
  const { database } = world.server
  const partnerId = await addPartner(database, TENANT, 'PARTNER-1')
  await addApiKey(database, { tenantId: TENANT, key: PARTNER.token, partnerId })
  account = String((await world.addAccounts(1, [{ amount: '10' }]))[0])
  await database.run(sql`UPDATE "customer" SET "name" = 'Ada Lovelace', "address" = '{"line1": "St James Square 12"}'`)
  const posted = await world.server.call('POST', 'appliedCustomerBillingRate', rate(CREDIT), PARTNER)
  expect(posted.status).toBe(201)
})
afterEach(() => world.close())

function rate(more: object) {
  return { billingAccount: { id: account }, date: '2026-03-20T00:00:00Z', ...more }
}

const DUE = { amountDue: { unit: 'EUR', value: 11.9 } }

test('a preview leaves out what a partner sent for an account that is not its own', async () => {
  const { body } = await world.server.call('POST', '/billing/v1/preview', { billingAccount: { id: account } })
  expect(body).toMatchObject({ ...DUE, lineCount: 1 })
})

test('a bill on demand leaves it out', async () => {
  const done = await untilDone(world.server, { billingAccount: { id: account } })
  const { body } = await world.server.call('GET', `customerBill/${done.customerBill.id}`)
  expect(body).toMatchObject(DUE)
})

test('a run leaves it out, and tells of it as of a rate of an account that is not known', async () => {
  const run = await runToEnd(world)
  expect(run).toMatchObject({ billed: 1, amount: [DUE.amountDue] })
  expect(run.unknownAccountRates).toEqual([{ billingAccount: { id: account }, count: 1 }])
})

test('what the provider sends for a partner’s account is billed', async () => {
  await world.server.database.run(sql`UPDATE "billing_account" SET "partner_id" = (SELECT "id" FROM "partner")`)
  expect(await runToEnd(world)).toMatchObject({ billed: 1, amount: [{ unit: 'EUR', value: 1.19 }] })
})

test('the document of a partner’s bill says nothing of a customer that is not its own', async () => {
  for (const state of ['new', 'sent']) {
    const bill = { billingAccount: { id: account }, amountDue: { unit: 'EUR', value: 1 }, state }
    const { body } = await world.server.call('POST', 'customerBill', bill, PARTNER)
    const headers = { ...PARTNER, accept: 'text/html' }
    const document = await world.server.call('GET', new URL(body.billDocument[0].url).pathname, undefined, headers)
    expect(document.status).toBe(200)
    expect(document.text).not.toMatch(/Lovelace|James/)
  }
})
