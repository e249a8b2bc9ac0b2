import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { until } from '../support/until.ts'
import { type DeliveryWorld, type Got, openDeliveryWorld, receiver } from './delivery-world.ts'

const DUE = 'event.customerBill.amountDue'
const PARTNER = { token: 'partner' }

let world: DeliveryWorld
beforeAll(async () => {
  world = await openDeliveryWorld()
  const partnerId = await addPartner(world.database, TENANT, 'P-1')
  await addApiKey(world.database, { tenantId: TENANT, key: PARTNER.token, partnerId })
})
afterEach(async () => {
  await world.database.run(sql`DELETE FROM "event_listener"`)
})
afterAll(() => world.close())

async function subscribe(callback: string, more: object = {}, headers: Record<string, string> = {}) {
  const answer = await world.call('POST', 'hub', { callback, ...more }, headers)
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

const bill = (more: object = {}, headers: Record<string, string> = {}) =>
  world.call('POST', 'customerBill', { billingAccount: { id: 'A' }, ...more }, headers)

function isSignedBy(secret: string, { text, headers }: Got): boolean {
  try {
    return Boolean(new Webhook(secret).verify(text, headers as Record<string, string>))
  } catch {
    return false
  }
}

test('what a subscription says is what its receiver gets', async () => {
  const { url, got } = await receiver()
  const { secret } = await subscribe(url, {
    query: `eventType = CustomerBillCreateEvent & ${DUE}.value >= 10 & fields=${DUE}`,
    headers: [{ name: 'Authorization', value: 'Bearer of the receiver' }],
    hasListenerSuffix: true
  })
  world.dispatch()
  await bill({ amountDue: { unit: 'EUR', value: 9.99 } })
  const { body } = await bill({ amountDue: { unit: 'EUR', value: 10.01 } })
  await world.change(body.id)
  const last = (await bill({ amountDue: { unit: 'EUR', value: 11 } })).body
  await until('the last', () => got.length === 2)
  expect(got.map(({ event }) => event.event.customerBill.id).sort()).toEqual([body.id, last.id].sort())
  const first = got.find(({ event }) => event.event.customerBill.id === body.id) as Got
  expect(first.event.event).toEqual({
    customerBill: { id: body.id, href: expect.any(String), amountDue: { unit: 'EUR', value: 10.01 } }
  })
  expect(first.path).toBe('/events/listener/customerBillCreateEvent')
  expect(first.headers.authorization).toBe('Bearer of the receiver')
  expect(isSignedBy(secret, first)).toBe(true)
})

test('after a rotation both secrets sign, and after one without an overlap the new one alone', async () => {
  const { url, got } = await receiver()
  const { id, secret } = await subscribe(url)
  world.dispatch()
  const second = (await world.call('POST', `hub/${id}/rotate`)).body.secret
  await bill()
  const both = await until('the first', () => got[0])
  expect([secret, second].map((one) => isSignedBy(one, both))).toEqual([true, true])
  const third = (await world.call('POST', `hub/${id}/rotate`, { overlapSeconds: 0 })).body.secret
  await bill()
  const one = await until('the second', () => got[1])
  expect([secret, second, third].map((each) => isSignedBy(each, one))).toEqual([false, false, true])
})

test('a partner gets the events of its own bills, the provider all of them', async () => {
  const [own, all] = [await receiver(), await receiver()]
  await subscribe(own.url, {}, PARTNER)
  await subscribe(all.url)
  world.dispatch()
  const bills: string[] = []
  for (const headers of [{}, PARTNER, {}, PARTNER]) bills.push((await bill({}, headers)).body.id)
  await until('all', () => all.got.length === 4 && own.got.length >= 2)
  const billsOf = (got: readonly Got[]) => got.map(({ event }) => event.event.customerBill.id).sort()
  expect(billsOf(all.got)).toEqual(bills.toSorted())
  expect(billsOf(own.got)).toEqual(bills.filter((_, at) => at % 2 === 1).sort())
})

test('earlier events come first where a listener asks for them, and those of a pause after it', async () => {
  const { url, taken } = await receiver()
  const start = world.database.clock()
  const before = (await bill()).body.id
  const { id } = await subscribe(url, { from: start, state: 'paused' })
  const during = (await bill()).body.id
  world.dispatch()
  const other = await receiver()
  await subscribe(other.url)
  const after = (await bill()).body.id
  await until('the other', () => other.taken.length === 1)
  expect(taken).toEqual([])
  await world.call('PATCH', `hub/${id}`, { state: 'active' })
  await until('all', () => taken.length >= 3)
  expect(taken.toSorted()).toEqual((await world.events(before, during, after)).toSorted())
})

test('a changed query counts for what is delivered then, and an unsubscribed receiver gets nothing', async () => {
  const { url, taken } = await receiver()
  const { id } = await subscribe(url, { query: 'eventType=CustomerBillDeleteEvent' })
  world.dispatch()
  await bill()
  await world.call('PATCH', `hub/${id}`, { query: 'eventType=CustomerBillCreateEvent' })
  const told = (await bill()).body.id
  const [second = ''] = await world.events(told)
  // The first one may come as well: it is delivered after the change.
  await until('the second bill', () => taken.includes(second))
  const before = taken.length
  expect((await world.call('DELETE', `hub/${id}`)).status).toBe(204)
  const other = await receiver()
  await subscribe(other.url)
  await bill()
  await until('the other', () => other.taken.length === 1)
  expect(taken).toHaveLength(before)
})
