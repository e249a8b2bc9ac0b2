import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { type BillingWorld, startBilling } from '../billing/world.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { paymentOf } from '../support/payments.ts'
import type { Reply, TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const PAYMENT = '/billing/v1/payment'
const RATE = 'appliedCustomerBillingRate'
type Who = 'provider' | 'first' | 'second'
type Ask = (who: Who, method: string, path: string, body?: object) => Promise<Reply>

let world: BillingWorld
let server: TestServer
const partners: Record<string, string> = {}
let name: string

beforeAll(async () => {
  world = await startBilling()
  server = world.server
  for (const [who, number] of [['first', 'P-1'] as const, ['second', 'P-2'] as const]) {
    const partnerId = await addPartner(server.database, TENANT, number)
    partners[who] = partnerId
    await addApiKey(server.database, { tenantId: TENANT, key: who, partnerId })
  }
})
afterAll(() => world.close())
beforeEach(() => {
  name = `N-${newId()}`
})

const ask: Ask = (who, method, path, body) => server.call(method, path, body, who === 'provider' ? {} : { token: who })
const money = (value: number) => ({ unit: 'EUR', value })

async function account(who: Who, more: object = {}): Promise<{ readonly id: string }> {
  const customer = await ask(who, 'POST', 'customers', { name: 'Customer' })
  const body = { id: newId(), name: 'Account', customerId: customer.body.id, ...more }
  const made = await ask(who, 'POST', 'accounts', body)
  expect(made.status, made.text).toBe(201)
  return made.body
}

async function payment(who: Who, billingAccount: string, reference: string, value = 5): Promise<Reply> {
  return ask(who, 'POST', PAYMENT, paymentOf(billingAccount, value, { reference }))
}

/** Returns the reason for no bill. */
async function demanded(who: Who, party: string): Promise<string> {
  const relatedParty = { id: party, '@referredType': 'Customer' }
  const { body } = await ask(who, 'POST', 'customerBillOnDemand', { relatedParty })
  await until('the request is answered', async () => (await one(body.id)).state !== 'inProgress')
  return (await one(body.id)).stateReason
}

const one = async (id: string) => (await server.call('GET', `customerBillOnDemand/${id}`)).body

describe.each(['provider', 'second'] as const)('what a partner has named keeps the %s from nothing:', (other) => {
  test('an externalId', async () => {
    const rate = { externalId: name, billingAccount: { id: 'elsewhere' }, taxExcludedAmount: money(100) }
    const answers = [await ask('first', 'POST', RATE, rate), await ask(other, 'POST', RATE, rate)]
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
  })

  test('a customer and an account, each found by who named it', async () => {
    for (const who of ['first', other] as const) {
      const customer = await ask(who, 'POST', 'customers', { id: name, name: who })
      expect(customer.status, customer.text).toBe(201)
      const made = await account(who, { id: name, customerId: name, name: `Of ${who}` })
      const found = await ask(who, 'GET', `accounts/${name}`)
      expect(found.body).toMatchObject({ id: made.id, name: `Of ${who}`, customer: { name: who } })
      expect((await ask(who, 'GET', `customers/${name}`)).body).toMatchObject({ id: customer.body.id, name: who })
      expect((await ask(who, 'GET', new URL(found.body.href).pathname)).body).toEqual(found.body)
      expect((await ask(who, 'POST', 'customers', { id: name, name: 'x' })).status).toBe(409)
    }
  })

  test('an alias', async () => {
    const [own, theirs] = [await account('first', { aliases: [name] }), await account(other, { aliases: [name] })]
    const paid = [await payment('first', name, newId()), await payment(other, name, newId())]
    expect(paid.map(({ body }) => body.billingAccount.id)).toEqual([own.id, theirs.id])
    const posted = await ask(other, 'POST', RATE, { billingAccount: { id: name }, taxExcludedAmount: money(1) })
    expect(posted.body.billingAccount.id).toBe(theirs.id)
    const listed = await ask(other, 'GET', `${PAYMENT}?billingAccount.id=${name}`)
    expect(listed.body.map(({ id }: { id: string }) => id)).toEqual([paid[1]?.body.id])
  })

  test('a reference', async () => {
    const [own, theirs] = [await account('first'), await account(other)]
    const paid = [await payment('first', own.id, name, 5), await payment(other, theirs.id, name, 7)]
    expect(paid.map(({ status }) => status)).toEqual([201, 201])
    for (const [who, one, value] of [['first', own, 5] as const, [other, theirs, 7] as const]) {
      expect((await payment(who, one.id, name, value)).status).toBe(200)
      expect((await payment(who, one.id, name, value + 1)).status).toBe(409)
    }
  })

  test('a party of which a bill is asked for', async () => {
    const customer = await ask(other, 'POST', 'customers', { id: name, name })
    await account(other, { customerId: customer.body.id })
    const none = 'The relatedParty does not have exactly one billing account here'
    expect([await demanded('first', name), await demanded('first', newId())]).toEqual([none, none])
    expect(await demanded(other, name)).toBe('There is nothing to bill')
  })
})

test('an alias that a partner has given lets no payment of the provider in', async () => {
  await account('first', { aliases: [name] })
  const { status, body } = await payment('provider', name, newId())
  expect([status, body.message]).toEqual([400, '$.billingAccount.id names no billing account of this service'])
  const rate = await ask('provider', 'POST', RATE, { billingAccount: { id: name }, taxExcludedAmount: money(1) })
  expect(rate.body.billingAccount).toEqual({ id: name })
})

test('a wrong customer tells nothing of the names', async () => {
  await account('second', { aliases: [name] })
  const wrong = { name: 'Account', customerId: newId(), aliases: [name] }
  const free = await ask('first', 'POST', 'accounts', { id: newId(), ...wrong, aliases: [newId()] })
  const taken = await ask('first', 'POST', 'accounts', { id: newId(), ...wrong })
  expect([taken.status, taken.body.message]).toEqual([400, free.body.message])
})

test('an account that the provider gives a partner keeps the name that the provider gave it, for both', async () => {
  const given = await account('provider', { id: name, partner: { id: partners.first } })
  expect(given.id).toBe(name)
  for (const who of ['provider', 'first'] as const) {
    expect((await ask(who, 'GET', `accounts/${name}`)).body.id).toBe(name)
  }
  expect((await ask('second', 'GET', `accounts/${name}`)).status).toBe(404)
  const own = await ask('first', 'POST', 'customers', { name: 'x' })
  const again = await ask('first', 'POST', 'accounts', { id: name, name: 'Account', customerId: own.body.id })
  expect([again.status, again.body.message]).toEqual([409, expect.stringContaining(`$.id ${name}`)])
})

test('a provider that acts as a partner has the names of the partner', async () => {
  const { id } = await account('first', { id: name, aliases: [`${name}-alias`] })
  const proxy = { proxy_accountNumber: 'P-1' }
  for (const one of [name, `${name}-alias`, id]) {
    expect((await server.call('GET', `accounts/${one}`, undefined, proxy)).body.id).toBe(id)
  }
  const taken = await payment('first', name, name)
  const again = paymentOf(name, 5, { reference: name })
  const { status, body } = await server.call('POST', PAYMENT, again, proxy)
  expect([status, body.id]).toEqual([200, taken.body.id])
  expect((await ask('provider', 'GET', `accounts/${name}`)).status).toBe(404)
  expect((await ask('provider', 'GET', `accounts/${id}`)).body.id).toBe(id)
})

test('ids that begin like those of a partner are given by that partner alone', async () => {
  const own = `${partners.first}:${name}`
  for (const [who, status] of [
    ['provider', 400],
    ['second', 400],
    ['first', 201]
  ] as const) {
    expect((await ask(who, 'POST', 'customers', { id: own, name: 'x' })).status).toBe(status)
  }
  expect((await ask('first', 'GET', `customers/${name}`)).body.id).toBe(own)
})

test('rates that a partner sent before its account are billed on it, by the partner’s name of it', async () => {
  const rate = { billingAccount: { id: name }, taxExcludedAmount: money(3) }
  for (const who of ['first', 'second', 'provider'] as const) await ask(who, 'POST', RATE, rate)
  await account('first', { id: name })
  const preview = await ask('first', 'POST', '/billing/v1/preview', { billingAccount: { id: name } })
  expect(preview.body).toMatchObject({ amountDue: money(3), lineCount: 1 })
})

test('names that were given before there were name spaces go on as they are', async () => {
  const { id } = await account('first', { aliases: [name] })
  await server.database.run(sql`INSERT INTO "account_alias" ("tenant_id", "name_space", "alias", "account_id",
      "position")
    SELECT "tenant_id", '', "alias", "account_id", "position" FROM "account_alias" WHERE "alias" = ${name}`)
  expect((await payment('provider', name, newId())).body.billingAccount.id).toBe(id)
  await server.database.run(sql`UPDATE "payment" SET "name_space" = NULL WHERE "billing_account_id" = ${id}`)
  await ask('first', 'PATCH', `accounts/${name}`, { aliases: [name, `${name}-2`] })
  expect((await payment('provider', name, newId())).body.billingAccount.id).toBe(id)
  await ask('first', 'PATCH', `accounts/${id}`, { aliases: [] })
  expect((await payment('provider', name, newId())).status).toBe(400)
  await payment('first', id, name)
  await server.database.run(sql`UPDATE "payment" SET "name_space" = NULL WHERE "reference" = ${name}`)
  expect([(await payment('first', id, name)).status, (await payment('provider', id, name)).status]).toEqual([200, 200])
  expect((await payment('second', (await account('second')).id, name)).status).toBe(201)
})
