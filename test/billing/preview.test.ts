import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { type BillingWorld, startBilling } from './world.ts'

let world: BillingWorld
beforeAll(async () => {
  world = await startBilling()
})
afterAll(() => world.close())

const preview = (body: object, headers?: Record<string, string>) =>
  world.server.call('POST', '/billing/v1/preview', body, headers)

/** Counts the rows of each table that billing writes to. */
async function traces() {
  const { rows } = await world.server.database.run(sql`SELECT (SELECT count(*) FROM "customer_bill"),
    (SELECT count(*) FROM "ledger_entry"), (SELECT count(*) FROM "number_series"),
    (SELECT count(*) FROM "account_balance"), (SELECT count(*) FROM "event"), (SELECT count(*) FROM "audit"),
    (SELECT count(*) FROM "applied_customer_billing_rate" WHERE "is_billed" OR "version" > 1)`)
  return rows[0]
}

test('it is the bill that a request brings then, with its lines and the rounding, and leaves no trace', async () => {
  const [id] = await world.addAccounts(1, [
    { amount: '0.004', date: '2026-03-01' },
    { amount: '0.004', kind: 'usageCharge', date: '2026-03-02' },
    { amount: '10', date: '2026-03-03' },
    { amount: '99', date: '2026-04-01' }
  ])
  const before = await traces()
  const { status, body } = await preview({ billingAccount: { id }, until: '2026-04-01T00:00:00Z' })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    billingAccount: {
      id,
      name: 'Account',
      href: expect.stringMatching(new RegExp(`/customerBillManagement/v4/accounts/${id}$`))
    },
    billingPeriod: { endDateTime: '2026-04-01T00:00:00.000Z' },
    taxExcludedAmount: { unit: 'EUR', value: 10.01 },
    taxIncludedAmount: { unit: 'EUR', value: 11.91 },
    amountDue: { unit: 'EUR', value: 11.91 },
    taxItem: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: { unit: 'EUR', value: 1.9 } }],
    rounding: { unit: 'EUR', value: 0.01 },
    lineCount: 3
  })
  expect(
    body.lines.map((line) => [line.date, line.type, line.taxExcludedAmount.value, line.shownAmount.value])
  ).toEqual([
    ['2026-03-01T00:00:00.000Z', 'recurringCharge', 0.004, 0],
    ['2026-03-02T00:00:00.000Z', 'usageCharge', 0.004, 0],
    ['2026-03-03T00:00:00.000Z', 'recurringCharge', 10, 10]
  ])
  expect(body.lines[0]?.rate.href).toMatch(/\/customerBillManagement\/v4\/appliedCustomerBillingRate\/[\w-]+$/)
  expect(await traces()).toEqual(before)
})

test('without anything to bill all amounts are 0; without until it is up to now', async () => {
  const [id] = await world.addAccounts(1, [{ amount: '5', date: '2999-01-01' }], { currency: 'JPY' })
  const { status, body } = await preview({ billingAccount: { id } })
  expect({ status, body }).toMatchObject({
    status: 200,
    body: {
      amountDue: { unit: 'JPY', value: 0 },
      rounding: { unit: 'JPY', value: 0 },
      taxItem: [],
      lineCount: 0,
      lines: []
    }
  })
})

test('a rate without a date, of an older version, is a line without one', async () => {
  const [id] = await world.addAccounts(1, [{ amount: '5' }])
  await world.server.database.run(
    sql`UPDATE "applied_customer_billing_rate" SET "date" = NULL WHERE "billing_account_id" = ${id}`
  )
  const { status, body } = await preview({ billingAccount: { id } })
  expect([status, body.lines]).toEqual([200, [expect.not.objectContaining({ date: expect.anything() })]])
})

test('an alias finds the account', async () => {
  const [id] = await world.addAccounts(1, [{ amount: '5' }])
  await world.server.database.run(
    sql`UPDATE "billing_account" SET "aliases" = '[{"alias": "line-1"}]' WHERE "id" = ${id}`
  )
  const { body } = await preview({ billingAccount: { id: 'line-1' } })
  expect(body).toMatchObject({ billingAccount: { id }, amountDue: { unit: 'EUR', value: 5.95 } })
})

test('what cannot be billed is refused with the reason', async () => {
  const [id, archived] = await world.addAccounts(2, [{ amount: '5', unit: 'USD' }])
  await world.server.database.run(sql`UPDATE "billing_account" SET "status" = 'ARCHIVED' WHERE "id" = ${archived}`)
  const [credited] = await world.addAccounts(1, [{ amount: '-5' }])
  const answers = await Promise.all(
    [{ id }, { id: archived }, { id: credited }, { id: 'unknown' }].map((billingAccount) => preview({ billingAccount }))
  )
  expect(answers.map(({ status, body }) => [status, body.message])).toEqual([
    [409, expect.stringMatching(/is in USD, the account in EUR$/)],
    [409, 'The billing account is ARCHIVED; only an ACTIVE one has a preview'],
    [409, expect.stringContaining('The credits exceed the charges')],
    [400, '$.billingAccount.id names no billing account of this service']
  ])
})

test.each([
  [{}, '$.billingAccount is required'],
  [{ billingAccount: { id: 'x' }, until: 'tomorrow' }, '$.until must be an RFC 3339 date-time'],
  [{ billingAccount: { id: 'x' }, until: '2026-04-01' }, '$.until must be an RFC 3339 date-time'],
  [{ billingAccount: { id: 'x' }, from: 1 }, '$.from is nothing that can be set here']
])('%j is refused', async (body, message) => {
  expect(await preview(body)).toMatchObject({ status: 400, body: { message } })
})

test('a partner previews its own accounts only', async () => {
  const partnerId = await addPartner(world.server.database, TENANT, 'P-1')
  await addApiKey(world.server.database, { tenantId: TENANT, key: 'of-partner', partnerId, scopes: ['bill:read'] })
  const [id, own] = await world.addAccounts(2, [{ amount: '5' }])
  await world.server.database.run(sql`UPDATE "billing_account" SET "partner_id" = ${partnerId} WHERE "id" = ${own}`)
  const answers = await Promise.all(
    [id, own].map((one) => preview({ billingAccount: { id: one } }, { token: 'of-partner' }))
  )
  expect(answers.map(({ status }) => status)).toEqual([400, 200])
})
