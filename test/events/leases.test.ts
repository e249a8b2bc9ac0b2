import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { until } from '../support/until.ts'
import { type DeliveryWorld, openDeliveryWorld, type Receiver, receiver } from './delivery-world.ts'
import { LONG_MS } from './receiver.ts'

const HUNG = 20
/** A tenant has 48 rounds at a time. */
const FAILING = 60

let world: DeliveryWorld
beforeAll(async () => {
  world = await openDeliveryWorld()
})
afterEach(async () => {
  await world.database.run(sql`DELETE FROM "event_listener"`)
})
afterAll(() => world.close())

const attempts = (listener: string) =>
  world.ask(sql`SELECT "event_id" FROM "event_attempt" WHERE "listener_id" = ${listener} ORDER BY "id"`)

test('three processes share the listeners, and deliver each event once', async () => {
  const receivers: Receiver[] = []
  for (let each = 0; each < 6; each++) {
    const to = await receiver()
    receivers.push(to)
    await world.subscribe(to.url)
  }
  for (let each = 0; each < 3; each++) world.dispatch()
  const bills = [await world.bill(), await world.bill()]
  for (const bill of bills) await world.change(bill, 4)
  const events = await world.events(...bills)
  await until('all have all', () => receivers.every(({ taken }) => taken.length >= events.length))
  for (const { got } of receivers) expect(got.map(({ id }) => id).sort()).toEqual([...events].sort())
})

test('a process that has lost its lease stores nothing, and what it sent is sent again', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const to = await receiver(async () => {
    await answered
    return 200
  })
  const listener = await world.subscribe(to.url)
  const before = await world.ask(sql`SELECT "position" FROM "event_progress"`)
  world.dispatch()
  const [event] = await world.events(await world.bill())
  await until('it is posted', () => to.got.length === 1)
  await world.database.run(sql`UPDATE "event_progress" SET "leased_by" = 'another',
    "leased_until" = now() + interval '1 hour'`)
  answer()
  await until('the answer is there', () => to.taken.length === 1)
  // Delivers to nobody else now.
  const other = await receiver()
  await world.subscribe(other.url)
  await world.bill()
  await until('the process goes on', () => other.taken.length === 1)
  expect(await world.ask(sql`SELECT "position" FROM "event_progress" WHERE "listener_id" = ${listener}`)).toEqual(
    before
  )
  expect(await attempts(listener)).toEqual([])

  await world.database.run(sql`UPDATE "event_progress" SET "leased_until" = now() - interval '1 second'
    WHERE "leased_by" = 'another'`)
  await until('it is sent again', async () => (await attempts(listener)).length === 2)
  expect(to.got.slice(0, 2).map(({ id }) => id)).toEqual([event, event])
})

test('many listeners that never answer keep no other from its events', async () => {
  for (let each = 0; each < HUNG; each++) await world.subscribe((await receiver(() => undefined)).url)
  const fine = await receiver()
  await world.subscribe(fine.url)
  world.dispatch({ timeoutMs: LONG_MS })
  for (let round = 1; round <= 3; round++) {
    const bill = await world.bill()
    await world.change(bill, 4)
    await until('it has all of the round', () => fine.taken.length === round * 5)
  }
  expect(await world.ask(sql`SELECT count(*) FROM "event_attempt" WHERE "fault" IS NOT NULL`)).toEqual(['0'])
})

test('more failing listeners than there are rounds keep no other from its events', async () => {
  const seen = new Set<string>()
  const bad = await receiver(({ path }) => {
    if (seen.has(path)) return undefined
    seen.add(path)
    return 500
  })
  for (let each = 0; each < FAILING; each++) await world.subscribe(`${bad.url}/${each}`)
  const fine = await receiver()
  await world.subscribe(fine.url)
  world.dispatch({ timeoutMs: LONG_MS })
  await world.bill()
  await until('all but one have failed', () => seen.size === FAILING && fine.taken.length === 1)
  await world.bill()
  await until('the failing ones hang', () => bad.got.length > FAILING)
  await world.bill()
  await until('the other one has all', () => fine.taken.length === 3)
})
