import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { seal } from '../../src/base/secret-keys.ts'
import { sql } from '../../src/db/sql.ts'
import { secrets } from '../support/config.ts'
import { TENANT } from '../support/database.ts'
import { until } from '../support/until.ts'
import { type DeliveryWorld, type Got, openDeliveryWorld, receiver, SECRET } from './delivery-world.ts'

let world: DeliveryWorld
beforeAll(async () => {
  world = await openDeliveryWorld()
})
afterEach(async () => {
  await world.database.run(sql`DELETE FROM "event_listener"`)
})
afterAll(() => world.close())

const billOf = ({ event }: Got) => event.event.customerBill.id

test('the events of a bill are delivered in the order of its changes, with its version', async () => {
  const { url, got, taken } = await receiver()
  await world.subscribe(url)
  world.dispatch()
  const bill = await world.bill()
  await world.change(bill, 5)
  await until('all are there', () => taken.length >= 6)
  expect(taken).toEqual(await world.events(bill))
  expect(got.map(({ event }) => event.resourceVersion)).toEqual([1, 2, 3, 4, 5, 6])
  expect(got[0]?.event).toMatchObject({ eventId: taken[0], eventType: 'CustomerBillCreateEvent' })
})

test('a bill waits for its own events only', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  let slow = ''
  const { url, got, taken } = await receiver(async (one, takenYet) => {
    if (slow === '') slow = billOf(one)
    if (billOf(one) === slow && takenYet.length === 0) await released
    return 200
  })
  await world.subscribe(url)
  const bills = [await world.bill(), await world.bill()]
  for (const bill of bills) await world.change(bill, 2)
  world.dispatch()
  await until('the other bill is through', () => taken.length === 3)
  expect(got.filter((one) => billOf(one) === slow)).toHaveLength(1)
  release()
  await until('both are', () => taken.length === 6)
  for (const bill of bills) {
    const events = await world.events(bill)
    expect(taken.filter((id) => events.includes(id))).toEqual(events)
  }
})

test('each post is signed; while a secret is replaced, by both', async () => {
  const { url, got } = await receiver()
  const listener = await world.subscribe(url)
  const earlier = `whsec_${Buffer.alloc(32, 'earlier').toString('base64')}`
  const place = { table: 'event_listener', column: 'previous_secret', tenantId: TENANT, id: listener }
  await world.database.run(sql`UPDATE "event_listener" SET "previous_secret" = ${seal(secrets(), place, earlier)},
    "previous_secret_until" = now() + interval '1 hour'`)
  world.dispatch()
  await world.bill()
  const first = await until('a post', () => got[0])
  for (const secret of [SECRET, earlier]) {
    expect(new Webhook(secret).verify(first.text, first.headers as Record<string, string>)).toEqual(first.event)
  }
  expect(first.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': first.event.eventId })
  expect(() => new Webhook(SECRET).verify(`${first.text} `, first.headers as Record<string, string>)).toThrow()

  await world.database.run(sql`UPDATE "event_listener" SET "previous_secret_until" = now() - interval '1 second',
    "version" = "version" + 1`)
  await world.bill()
  const second = await until('another post', () => got[1])
  expect(String(second.headers['webhook-signature']).split(' ')).toHaveLength(1)
  new Webhook(SECRET).verify(second.text, second.headers as Record<string, string>)
})

test('a listener gets what its query asks for, of its own tenant', async () => {
  const [changes, foreign] = [await receiver(), await receiver()]
  await world.subscribe(changes.url, { query: 'eventType=CustomerBillStateChangeEvent' })
  await world.subscribe(foreign.url, { tenantId: 'other' })
  world.dispatch()
  const bill = await world.bill()
  await world.change(bill, 2)
  await until('the changes are there', () => changes.taken.length === 2)
  expect(changes.taken).toEqual((await world.events(bill)).slice(1))
  expect(foreign.got).toEqual([])
})

test('nothing of a transaction that is rolled back is delivered, and what commits late is', async () => {
  const { url, taken } = await receiver()
  await world.subscribe(url)
  world.dispatch()
  const { promise: posted, resolve: post } = Promise.withResolvers<void>()
  const copy = (id: string) => sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time",
      "resource_path", "resource_id", "resource_version", "document")
    SELECT "tenant_id", ${id}, "event_type", "event_time", "resource_path", ${id}, 1, "document"
    FROM "event" WHERE "event_type" = 'CustomerBillCreateEvent' LIMIT 1`
  await world.bill()
  const late = world.database.transaction(async (tx) => {
    await tx.run(copy('late'))
    await posted
  })
  const failed = world.database.transaction(async (tx) => {
    await tx.run(copy('failed'))
    throw new Error('no')
  })
  await expect(failed).rejects.toThrow('no')
  const bill = await world.bill()
  post()
  await late
  const [after] = await world.events(bill)
  await until('all are there', () => taken.includes('late') && taken.includes(String(after)))
  expect(taken.filter((id) => id === 'failed')).toEqual([])
})

test('a paused listener keeps its place', async () => {
  const { url, taken } = await receiver()
  const marks = await receiver()
  const listener = await world.subscribe(url)
  await world.subscribe(marks.url)
  world.dispatch()
  const set = (state: string) => world.call('PATCH', `hub/${listener}`, { state })
  await set('paused')
  const bill = await world.bill()
  await world.change(bill, 2)
  await until('others are through', () => marks.taken.length === 3)
  expect(taken).toEqual([])
  await set('active')
  await until('it gets what it missed', () => taken.length === 3)
  expect(taken).toEqual(await world.events(bill))
})
