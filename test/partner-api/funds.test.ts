import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { addBill, PAYMENT, pay } from '../billing/ledger-world.ts'
import { attempt } from '../db/guarded-world.ts'
import { addAccounts } from '../support/accounts.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { PARTNER_KEY, type PartnerWorld, startPartnerWorld } from './world.ts'

let world: PartnerWorld
let own: string
beforeAll(async () => {
  world = await startPartnerWorld()
  own = await account({ partnerId: undefined })
  await setOwn(own)
})
afterAll(() => world.close())

async function account(more: object = {}): Promise<string> {
  const id = newId()
  await addAccounts(world.database, [id], { partnerId: world.partnerId, billingType: 'prepaid', taxes: [], ...more })
  return id
}

/** Gives the partner another account of its own, and funds. */
async function refresh(paid: number, more: object = {}): Promise<string> {
  own = await account({ partnerId: undefined, ...more })
  await setOwn(own)
  if (paid > 0) expect((await pay(world, own, paid)).status).toBe(201)
  return own
}

async function setOwn(id: string): Promise<void> {
  const { status } = await world.call('PATCH', `/admin/v1/partner/${world.partnerId}`, { billingAccount: { id } })
  expect(status).toBe(200)
}

const move = (customer: string, amount: number | string, more: object = {}, headers: object = {}) => {
  const order = { account_number: customer, amount, description: 'Top-up', ...more }
  return world.ask('PUT', 'funds', order, { token: PARTNER_KEY, ...headers })
}
const balanceOf = async (id: string): Promise<number> => {
  const days = { account_number: id, initial_date: '2020-01-01', final_date: '2099-01-01' }
  return (await world.ask('GET', 'customerBalance', days)).body.data.closing_balance
}
const outcomes = (answers: readonly { readonly status: number }[]) =>
  [200, 409].map((wanted) => answers.filter(({ status }) => status === wanted).length)

describe('funds', () => {
  test("go from the partner's account to the customer's, and back", async () => {
    await refresh(100)
    const customer = await account({ creditLimit: 55 })
    expect((await move(customer, 40.25)).text).toBe(
      '{"code":200,"data":{"customer_balance":40.25,"customer_credit_limit":-55}}'
    )
    expect((await move(customer, '-0.25')).body.data).toEqual({ customer_balance: 40, customer_credit_limit: -55 })
    expect([await balanceOf(own), await balanceOf(customer)]).toEqual([60, 40])
  })

  test('go no further than the credit limit of whoever gives, to the last cent', async () => {
    await refresh(10, { creditLimit: 5 })
    const customer = await account({ creditLimit: 3 })
    const refused = await move(customer, 15.01)
    expect([refused.status, refused.body.message]).toEqual([
      409,
      'The balance that the amount is taken from, with its credit limit, covers only 15'
    ])
    expect((await move(customer, 15)).status).toBe(200)
    expect((await move(customer, -18.01)).status).toBe(409)
    expect((await move(customer, -18)).body.data.customer_balance).toBe(-3)
    expect([await balanceOf(own), await balanceOf(customer)]).toEqual([13, -3])
  })

  test('that are held are not given, nor is what an account without a limit lacks', async () => {
    await refresh(0)
    const customer = await account({ billingType: 'postpaid' })
    expect((await move(customer, 0.01)).status).toBe(409)
    await pay(world, customer, 5)
    await world.ask('POST', 'authorize', { account_number: customer, amount: 3, ttl: 600 })
    expect((await move(customer, -2.01)).status).toBe(409)
    expect((await move(customer, -2)).body.data).toEqual({ customer_balance: 3, customer_credit_limit: 0 })
  })

  test('never give the last cent twice, to whomever and however many ask at once', async () => {
    await refresh(1)
    const customers = [await account(), await account()]
    const answers = await Promise.all(Array.from({ length: 16 }, (_, at) => move(String(customers[at % 2]), 0.2)))
    expect(outcomes(answers)).toEqual([5, 11])
    expect(await balanceOf(own)).toBe(0)
    const crossed = await Promise.all(
      customers.flatMap((customer) => [move(customer, -0.1), move(customer, 0.1), move(customer, -0.2)])
    )
    expect(outcomes(crossed)[0]).toBeGreaterThanOrEqual(4)
  })

  test('move once by their reference, with the same answer for ever', async () => {
    await refresh(10)
    const customer = await account()
    const reference = newId()
    const answers = await Promise.all([1, 2, 3].map(() => move(customer, 10, { reference })))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(answers[0]?.body.data.customer_balance).toBe(10)
    expect((await move(customer, 1, { reference })).status).toBe(409)
    expect((await move(customer, -10, { reference })).status).toBe(409)
    expect((await move(customer, -4)).status).toBe(200)
    expect((await move(customer, 10, { reference: ` ${reference}` })).text).toBe(answers[0]?.text)
    expect((await move(customer, 10, { reference, description: 'Another' })).status).toBe(409)
  })

  test('move once by an Idempotency-Key', async () => {
    await refresh(10)
    const customer = await account()
    const headers = { 'idempotency-key': newId() }
    const [one, two] = [await move(customer, 1, {}, headers), await move(customer, 1, {}, headers)]
    expect([two.text, two.headers['idempotency-replayed']]).toEqual([one.text, 'true'])
    expect(await balanceOf(customer)).toBe(1)
  })

  test.each([
    ['amount must not be 0', { amount: 0 }],
    ['amount must have at most 2 decimal places, as EUR has', { amount: 0.001 }],
    ['description is required', { description: undefined }]
  ])('are refused: %s', async (message, more) => {
    const answer = await move(await account(), 1, more)
    expect([answer.status, answer.body]).toEqual([400, { code: 400, message, messageCode: 'partner.parameters' }])
  })

  test("need a partner with an account, and are for the partner's customers in its currency", async () => {
    await refresh(10)
    const other = await addPartner(world.database, TENANT, newId())
    const key = newId()
    await addApiKey(world.database, { tenantId: TENANT, key, partnerId: other })
    const customer = await account()
    const hidden = await move(customer, 1, {}, { token: key })
    expect([hidden.status, hidden.body.message]).toEqual([404, 'The partner has no billing account of its own'])
    const foreign = await account({ partnerId: other })
    const unknown = await move(newId(), 1)
    expect([unknown.status, (await move(foreign, 1)).text]).toEqual([404, unknown.text])
    const order = { account_number: customer, amount: 1, description: 'x' }
    expect((await world.ask('PUT', 'funds', order)).status).toBe(400)
    expect((await world.ask('PUT', 'funds', { ...order, partner_account: 'RESELLER' })).status).toBe(200)
    expect((await move(await account({ currency: 'USD' }), 1)).status).toBe(409)
  })
})

describe('a transfer', () => {
  test('is a payment of the receiver: it pays what is due, and is in the books of both', async () => {
    await refresh(50)
    const customer = await account({ billingType: 'postpaid' })
    const bill = await addBill(world, customer, { rates: { usageCharge: '30' } })
    expect((await move(customer, 40, { reference: newId() })).body.data.customer_balance).toBe(10)
    expect((await world.call('GET', `customerBill/${bill}`)).body.state).toBe('settled')
    const { body } = await world.call('GET', `${PAYMENT}?billingAccount.id=${customer}`)
    expect(body).toMatchObject([{ method: 'transfer', amount: { value: 40 }, credit: { value: 10 } }])
    const source = { type: 'Payment', id: body[0].id }
    const moved = async (id: string) =>
      (await world.call('GET', `accounts/${id}/statement?from=2020-01-01&to=2099-01-01`)).body.movements
    expect((await moved(customer)).at(-1)).toMatchObject({ type: 'transfer', amount: { value: 40 }, source })
    expect((await moved(own)).at(-1)).toMatchObject({ type: 'transfer', amount: { value: -40 }, source })
    const audit = await world.call('GET', `/admin/v1/audit?resourceId=${body[0].id}`)
    expect(audit.body).toMatchObject([
      { after: { billingAccount: { id: customer }, giver: { id: own }, description: 'Top-up' } }
    ])
    const given = await world.call('GET', `/admin/v1/audit?resourceId=${own}&action=pay`)
    expect(given.body).toMatchObject([
      { resourceType: 'BillingAccount', after: { payment: { id: body[0].id }, receiver: { id: customer } } }
    ])
    const reversed = await world.call('POST', `${PAYMENT}/${body[0].id}/reverse`)
    expect([reversed.status, reversed.body.message]).toEqual([
      409,
      'A transfer is not reversed; the partner moves the money back'
    ])
  })

  test('is not spent again on bills of the giver', async () => {
    await refresh(10)
    expect((await move(await account(), 7)).status).toBe(200)
    const bill = await addBill(world, own, { rates: { usageCharge: '5' } })
    expect((await world.call('GET', `customerBill/${bill}`)).body.remainingAmount.value).toBe(2)
  })

  test('takes from the oldest payments, then from the limit, which later payments replace', async () => {
    await refresh(0, { creditLimit: 10 })
    const [first, second] = [await pay(world, own, 5), await pay(world, own, 5)]
    const customer = await account()
    const credits = async () => {
      const { body } = await world.call('GET', `${PAYMENT}?billingAccount.id=${own}`)
      return body.map(({ credit }: { credit: { value: number } }) => credit.value)
    }
    await move(customer, 7)
    expect(await credits()).toEqual([0, 3])
    await move(customer, 9)
    expect(await credits()).toEqual([0, 0])
    const { rows } = await world.database.run(
      sql`SELECT "credit"::text, "overdrawn"::text FROM "account_balance" WHERE "account_id" = ${own}`
    )
    expect(rows.flat().map(Number)).toEqual([-6, 6])
    await pay(world, own, 8)
    expect(await credits()).toEqual([0, 0, 2])
    expect((await world.call('POST', `${PAYMENT}/${first.body.id}/reverse`)).status).toBe(200)
    expect(await credits()).toEqual([0, 0, 0])
    expect((await world.call('POST', `${PAYMENT}/${second.body.id}/reverse`)).status).toBe(200)
    expect(await balanceOf(own)).toBe(-8)
    expect((await move(customer, 2.01)).status).toBe(409)
    expect((await move(customer, 2)).status).toBe(200)
  })
})

const ENTRIES = sql`INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book",
  "billing_account_id", "currency", "amount", "source_type", "source_id")`

test.each<[string, Sql, string]>([
  ['a transfer is changed', sql`UPDATE "transfer" SET "description" = 'x'`, '23000 transfer_immutable'],
  ['a transfer is removed', sql`DELETE FROM "transfer"`, '23000 transfer_immutable'],
  ['all transfers are removed at once', sql`TRUNCATE "transfer"`, '23000 transfer_immutable'],
  ['a payment gives more than it is', sql`UPDATE "payment" SET "given" = "amount" + 1`, '23514 payment_given'],
  [
    'a reversed payment gives',
    sql`UPDATE "payment" SET "given" = 0.01, "reversed_at" = now() WHERE "method" <> 'transfer'`,
    '23514 payment_given'
  ],
  [
    'a transfer is reversed',
    sql`UPDATE "payment" SET "given" = 0, "reversed_at" = now() WHERE "method" = 'transfer'`,
    '23514 payment_given'
  ],
  [
    'a journal balances over two accounts alone',
    sql`${ENTRIES} VALUES (${TENANT}, 'x', 1, now(), 'cash', 'A', 'EUR', 1, 'transfer', 'x'),
      (${TENANT}, 'x', 2, now(), 'cash', 'B', 'EUR', -1, 'transfer', 'x')`,
    '23000 ledger_is_balanced'
  ]
])('the database refuses that %s', async (_, statement, expected) => {
  expect(await attempt(world, statement)).toBe(expected)
})

test('after all of it the books are sound', async () => {
  const found = await verifyLedger(world.database)
  expect(found.map(({ difference }) => difference)).toEqual(found.map(() => undefined))
})
