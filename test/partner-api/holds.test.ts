import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { purgeHolds } from '../../src/partner-api/hold.ts'
import { pay } from '../billing/ledger-world.ts'
import { addAccounts } from '../support/accounts.ts'
import { PARTNER_KEY, type PartnerWorld, RATE, startPartnerWorld } from './world.ts'

let world: PartnerWorld
beforeAll(async () => {
  world = await startPartnerWorld()
})
afterAll(() => world.close())

async function prepaid(paid: number, creditLimit?: number, partnerId?: string): Promise<string> {
  const id = newId()
  await addAccounts(world.database, [id], { billingType: 'prepaid', creditLimit, partnerId })
  if (paid > 0) expect((await pay(world, id, paid)).status).toBe(201)
  return id
}

const authorize = (account: string, amount: number | string, more: object = {}, headers?: object) =>
  world.ask('POST', 'authorize', { account_number: account, amount, ttl: 600, ...more }, headers)
const held = async (account: string, amount: number, more?: object): Promise<string> => {
  const { body, text } = await authorize(account, amount, more)
  expect(body.data, text).toMatchObject({ covered: true })
  return body.data.hold
}
const expire = (hold: string) =>
  world.database.transaction(async (tx) => {
    await tx.run(sql`SET LOCAL session_replication_role = replica`)
    await tx.run(sql`UPDATE "balance_hold" SET "expires_at" = now() - interval '1 second' WHERE "id" = ${hold}`)
  })

describe('an authorization', () => {
  test('is covered by the balance and the credit limit together, to the last digit', async () => {
    const account = await prepaid(10, 5)
    expect((await authorize(account, 15.0001)).text).toBe('{"code":200,"data":{"covered":false,"available":15}}')
    const { body } = await authorize(account, '14.9999999999')
    expect(body.data).toMatchObject({ covered: true, available: 1e-10 })
    expect((await authorize(account, 0.0000000002)).body.data).toEqual({ covered: false, available: 1e-10 })
  })

  test('of an account that pays later has no limit, unless it has one', async () => {
    const [free, limited] = [newId(), newId()]
    await addAccounts(world.database, [free])
    await addAccounts(world.database, [limited], { creditLimit: 3 })
    expect((await authorize(free, 1_000_000)).body.data).not.toHaveProperty('available')
    expect((await authorize(limited, 3.01)).body.data).toEqual({ covered: false, available: 3 })
  })

  test.each([
    ['amount must be more than 0', { amount: 0 }],
    ['amount must be a decimal number', { amount: 'much' }],
    ['ttl must be a whole number from 1 to 86400', { ttl: 0 }]
  ])('is refused: %s', async (message, more) => {
    const answer = await authorize('nobody', 1, more)
    expect([answer.status, answer.body]).toEqual([400, { code: 400, message, messageCode: 'partner.parameters' }])
  })

  test('is for active accounts', async () => {
    const account = await prepaid(1)
    await world.database.run(sql`UPDATE "billing_account" SET "status" = 'ARCHIVED' WHERE "id" = ${account}`)
    expect((await authorize(account, 1)).body.message).toBe('The account is ARCHIVED; only ACTIVE accounts are charged')
  })

  test('counts once by its Idempotency-Key', async () => {
    const account = await prepaid(1)
    const headers = { 'idempotency-key': newId() }
    const [one, two] = [await authorize(account, 0.6, {}, headers), await authorize(account, 0.6, {}, headers)]
    expect(two.text).toBe(one.text)
    expect(two.headers['idempotency-replayed']).toBe('true')
    expect((await authorize(account, 0.5, {}, headers)).status).toBe(422)
  })

  test('never gives the last cent twice, however many ask at once', async () => {
    const account = await prepaid(1)
    const answers = await Promise.all(Array.from({ length: 40 }, () => authorize(account, 0.1)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(answers.filter(({ body }) => body.data.covered)).toHaveLength(10)
  })
})

describe('a hold', () => {
  test('ends as a rate, once, with the same answer again', async () => {
    const account = await prepaid(1)
    const hold = await held(account, 0.8)
    const rate = { name: 'Call to +49 30 5550', externalId: newId() }
    const capture = (amount = 0.75) => world.ask('POST', 'capture', { hold, amount, rate })
    const answers = await Promise.all([capture(), capture(), capture()])
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    const { rate: id } = answers[0]?.body.data ?? {}
    expect((await world.call('GET', `${RATE}/${id}`)).body).toMatchObject({
      ...rate,
      type: 'usageCharge',
      taxExcludedAmount: { unit: 'EUR', value: 0.75 },
      billingAccount: { id: account }
    })
    expect((await authorize(account, 0.26)).body.data).toEqual({ covered: false, available: 0.25 })
    expect((await capture(0.7)).status).toBe(409)
    expect((await world.ask('POST', 'release', { hold })).status).toBe(409)
    const audit = await world.call('GET', `/admin/v1/audit?resourceId=${id}`)
    expect(audit.body).toHaveLength(1)
  })

  test('takes the rate from a form as JSON, and refuses what it determines itself', async () => {
    const account = await prepaid(1)
    const hold = await held(account, 0.5)
    const capture = (rate: unknown) => world.ask('POST', 'capture', { hold, amount: 0.5, rate })
    expect((await capture({ isBilled: true })).body.message).toBe(
      'rate must not have isBilled, which the hold determines'
    )
    expect((await capture('{"name"')).body.message).toBe('rate must be an object')
    expect((await capture({ colour: 'red' })).status).toBe(400)
    expect((await capture('{"name":"Call"}')).status).toBe(200)
  })

  test('is no upper bound where the balance covers more', async () => {
    const account = await prepaid(1)
    const [hold, other] = [await held(account, 0.2), await held(account, 0.3)]
    const more = await world.ask('POST', 'capture', { hold, amount: 0.8 })
    expect([more.status, more.body.message]).toEqual([
      409,
      'The amount is more than the hold, or the hold has expired, and the balance covers only 0.7'
    ])
    expect((await world.ask('POST', 'capture', { hold, amount: 0.7 })).status).toBe(200)
    expect((await world.ask('POST', 'capture', { hold: other, amount: 0.3 })).status).toBe(200)
  })

  test('ends by itself; then a capture goes by the balance', async () => {
    const account = await prepaid(1)
    const first = await held(account, 1)
    await expire(first)
    const second = await held(account, 1)
    expect((await world.ask('POST', 'capture', { hold: first, amount: 1 })).status).toBe(409)
    expect((await world.ask('POST', 'release', { hold: second })).status).toBe(200)
    expect((await world.ask('POST', 'capture', { hold: first, amount: 1 })).status).toBe(200)
  })

  test('is released, once more without effect, and never captured then', async () => {
    const account = await prepaid(1)
    const hold = await held(account, 1)
    for (let count = 0; count < 2; count++) {
      const { text } = await world.ask('POST', 'release', { hold })
      expect(text).toBe(`{"code":200,"data":{"hold":"${hold}"}}`)
    }
    expect((await world.ask('POST', 'capture', { hold, amount: 1 })).status).toBe(409)
    await held(account, 1)
  })

  test('is known to its partner and the provider only', async () => {
    const hold = await held(await prepaid(1), 1)
    const own = await held(await prepaid(1, 0, world.partnerId), 1)
    const asPartner = (id: string) => world.ask('POST', 'release', { hold: id }, { token: PARTNER_KEY })
    const hidden = await asPartner(hold)
    expect([hidden.status, hidden.text]).toEqual([
      404,
      '{"code":404,"message":"hold names no hold","messageCode":"partner.unknownHold"}'
    ])
    expect((await asPartner(newId())).text).toBe(hidden.text)
    expect((await world.ask('POST', 'release', { hold: own }, { token: 'other-key' })).text).toBe(hidden.text)
    expect((await asPartner(own)).status).toBe(200)
  })

  test('is removed a month after its end', async () => {
    const hold = await held(await prepaid(1), 1)
    const left = () => world.database.run(sql`SELECT FROM "balance_hold" WHERE "id" = ${hold}`)
    await purgeHolds(world.database)
    expect((await left()).rowCount).toBe(1)
    await purgeHolds({ ...world.database, clock: () => '2099-01-01T00:00:00.000Z' })
    expect((await left()).rowCount).toBe(0)
  })
})

test('after all of it the books are sound', async () => {
  const found = await verifyLedger(world.database)
  expect(found.map(({ difference }) => difference)).toEqual(found.map(() => undefined))
})

test("a partner's own balance is that of its billingAccount", async () => {
  const account = await prepaid(7)
  const others = await prepaid(0, undefined, world.partnerId)
  const partner = `/admin/v1/partner/${world.partnerId}`
  const days = { initial_date: '2026-01-01', final_date: '2099-01-01' }
  const balance = () => world.ask('GET', 'partnerBalance', days, { token: PARTNER_KEY })
  expect((await balance()).body).toMatchObject({ code: 404, message: 'The partner has no billing account of its own' })
  for (const id of ['nobody', others]) {
    const { status, body } = await world.call('PATCH', partner, { billingAccount: { id } })
    expect([status, body.message]).toEqual([
      400,
      '$.billingAccount.id names no billing account of the provider of this service'
    ])
  }
  const patched = await world.call('PATCH', partner, { billingAccount: { id: account } })
  expect([patched.status, patched.body.billingAccount]).toEqual([200, { id: account }])
  const second = await world.call('POST', '/admin/v1/partner', {
    accountNumber: 'TWO',
    billingAccount: { id: account }
  })
  expect(second.status).toBe(409)
  expect((await balance()).body.data).toMatchObject({ payments: 7, closing_balance: 7 })
  const named = await world.ask('GET', 'partnerBalance', { ...days, partner_account: 'RESELLER' })
  expect(named.body.data.closing_balance).toBe(7)
})
