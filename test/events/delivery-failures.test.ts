import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { KEYS, OTHER_TENANT } from '../support/database.ts'
import { until } from '../support/until.ts'
import { type DeliveryWorld, type Got, movable, openDeliveryWorld, type Receiver, receiver } from './delivery-world.ts'

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]
const HUNG_MS = 50

let world: DeliveryWorld
beforeAll(async () => {
  world = await openDeliveryWorld()
})
afterEach(async () => {
  await world.database.run(sql`DELETE FROM "event_listener"`)
})
afterAll(() => world.close())

const billOf = ({ event }: Got) => event.event.customerBill.id
const idsOf = ({ got }: Receiver) => got.map(({ id }) => id)
const stateOf = async (listener: string) =>
  (await world.database.run(sql`SELECT "state", "state_reason" FROM "event_listener" WHERE "id" = ${listener}`)).rows[0]
const attemptsOf = async (listener: string) =>
  (
    await world.database.run(sql`SELECT "event_id", "status", "fault", "answer" FROM "event_attempt"
      WHERE "listener_id" = ${listener} ORDER BY "id"`)
  ).rows
const waiting = (listener: string, state = 'waiting') =>
  world.ask(sql`SELECT "event_id" FROM "event_delivery" WHERE "listener_id" = ${listener} AND "state" = ${state}
    ORDER BY "position"`)

test('an event that fails is tried again under the same id, and holds back its own bill only', async () => {
  const { clock, forward } = movable(world)
  let isFaulty = true
  const bad = await world.bill()
  const to = await receiver((one) => (isFaulty && billOf(one) === bad ? 500 : 200))
  const listener = await world.subscribe(to.url)
  await world.change(bad, 2)
  const good = await world.bill()
  await world.change(good, 2)
  world.dispatch({ clock })
  const [failed = '', second] = (await world.events(bad)).slice(1)
  await until('the other bill is through', () => to.taken.length === 3)
  expect(to.taken).toEqual(await world.events(good))
  await until('the others wait', async () => (await waiting(listener)).length === 2)

  await world.change(bad)
  await world.change(good)
  await until('the other bill goes on', () => to.taken.length === 4)
  const changes = [second, ...(await world.events(bad)).slice(3)]
  expect(changes).toHaveLength(2)
  expect(idsOf(to).filter((id) => changes.includes(id))).toEqual([])
  isFaulty = false
  forward(MINUTE)
  await until('the failed ones are through', () => to.taken.length === 7)
  expect(to.taken.slice(4)).toEqual([failed, ...changes])
  expect(idsOf(to).filter((id) => id === failed)).toHaveLength(2)
  await until('nothing waits', async () => (await waiting(listener)).length === 0)
  const attempts = (await attemptsOf(listener)).filter(([event]) => event === failed)
  expect(attempts).toEqual([
    [failed, '500', 'status', 'answer 500'],
    [failed, '200', null, 'answer 200']
  ])
})

test('a listener that fails again and again is suspended and says so; a probe that succeeds ends that', async () => {
  const { clock, forward } = movable(world)
  let isFaulty = true
  const [broken, fine] = [await receiver(() => (isFaulty ? 503 : 200)), await receiver()]
  const listener = await world.subscribe(broken.url)
  await world.subscribe(fine.url)
  world.dispatch({ clock })
  const bills: string[] = []
  for (let one = 0; one < 20; one++) bills.push(await world.bill())
  const events = await world.events(...bills)
  await until('the other listener got all', () => fine.taken.length === events.length)
  await until('it is suspended', async () => (await stateOf(listener))?.[0] === 'suspended')
  expect(await stateOf(listener)).toEqual(['suspended', '10 posts in a row failed, the last one by status 503'])
  const tried = broken.got.length

  forward(MINUTE)
  await until('it is probed', () => broken.got.length > tried)
  await until('the probe is stored', async () => (await attemptsOf(listener)).length === tried + 1)
  expect(broken.got).toHaveLength(tried + 1)

  isFaulty = false
  forward(MINUTE)
  await until('it got all', () => new Set(broken.taken).size === events.length)
  expect([...broken.taken].sort()).toEqual([...events].sort())
  expect(await stateOf(listener)).toEqual(['active', null])
  const audit = sql`SELECT "after"->>'state' FROM "audit" WHERE "resource_id" = ${listener} ORDER BY "id"`
  expect(await world.ask(audit)).toEqual(['active', 'suspended', 'active'])
})

test('one event that always fails never suspends its listener', async () => {
  const { clock, forward } = movable(world)
  const bad = await world.bill()
  const to = await receiver((one) => (billOf(one) === bad ? 500 : 200))
  const listener = await world.subscribe(to.url)
  world.dispatch({ clock })
  await world.change(bad)
  for (let tries = 1; tries <= 12; tries++) {
    await until('it is tried again', async () => (await attemptsOf(listener)).length === tries)
    forward(2 * HOUR)
  }
  expect(await stateOf(listener)).toEqual(['active', null])
  await world.bill()
  await until('another bill is told', () => to.taken.length === 1)
})

test('the probes of a suspended listener take turns with what waits', async () => {
  const { clock, forward } = movable(world)
  const bad = await world.bill()
  let isDown = true
  const to = await receiver((one) => (isDown || billOf(one) === bad ? 500 : 200))
  const listener = await world.subscribe(to.url)
  await world.change(bad)
  for (let bill = 0; bill < 9; bill++) await world.bill()
  world.dispatch({ clock })
  await until('it is suspended', async () => (await stateOf(listener))?.[0] === 'suspended')
  await world.database.run(sql`UPDATE "event_delivery" SET "retry_at" = "retry_at" + interval '6 hours'
    WHERE "listener_id" = ${listener} AND "event_id" <> ${(await world.events(bad))[1]}`)
  isDown = false
  const tried = to.got.length
  for (let probes = 1; to.taken.length === 0 && probes <= 3; probes++) {
    forward(MINUTE)
    await until('it is probed', async () => (await attemptsOf(listener)).length >= tried + probes)
  }
  await until('the others are through', () => to.taken.length === 9)
  expect(await stateOf(listener)).toEqual(['active', null])
})

test('a receiver that answers 410 gets nothing any more', async () => {
  const [gone, fine] = [await receiver(() => 410), await receiver()]
  const listener = await world.subscribe(gone.url)
  await world.subscribe(fine.url)
  world.dispatch()
  await world.bill()
  await until('it ends', async () => (await stateOf(listener))?.[0] === 'ended')
  expect(await stateOf(listener)).toEqual(['ended', 'The receiver answered 410 Gone'])
  await world.bill()
  await until('the other one got both', () => fine.taken.length === 2)
  expect(gone.got).toHaveLength(1)
})

test('a receiver that never answers is given up, one post at a time', async () => {
  const hung = await receiver(() => undefined)
  const listener = await world.subscribe(hung.url)
  world.dispatch({ timeoutMs: HUNG_MS })
  for (let bill = 0; bill < 12; bill++) await world.bill()
  await until('it is suspended', async () => (await stateOf(listener))?.[0] === 'suspended')
  expect((await stateOf(listener))?.[1]).toMatch(/^\d+ posts in a row failed, the last one by timeout$/)
  for (const [, status, fault, answer] of await attemptsOf(listener)) {
    expect([status, fault, answer]).toEqual([null, 'timeout', ''])
  }
})

test('listeners of one tenant that never answer leave room for the others', async () => {
  const hung = await Promise.all(Array.from({ length: 70 }, () => receiver(() => undefined)))
  for (const { url } of hung) await world.subscribe(url, { tenantId: OTHER_TENANT })
  const to = await receiver()
  await world.subscribe(to.url)
  const posted = { billingAccount: { id: 'A' } }
  await world.call('POST', 'customerBill', posted, { token: KEYS[OTHER_TENANT] })
  world.dispatch({ timeoutMs: MINUTE })
  const underWay = () => hung.filter(({ got }) => got.length > 0).length
  await until('the tenant has as many posts under way as it may have', () => underWay() >= 48)
  const bill = await world.bill()
  await until('the other tenant gets its event', () => to.taken.length === 1)
  expect(to.taken).toEqual(await world.events(bill))
  expect(underWay()).toBe(48)
})

test('a redirection is not followed', async () => {
  const inside = await receiver()
  const to = await receiver(() => ({ status: 302, headers: { location: inside.url } }))
  const listener = await world.subscribe(to.url)
  world.dispatch()
  await world.bill()
  await until('it fails', async () => (await attemptsOf(listener)).length === 1)
  expect((await attemptsOf(listener))[0]?.slice(1)).toEqual(['302', 'redirected', 'answer 302'])
  expect(inside.got).toEqual([])
})

test('a receiver that asks to wait gets nothing before', async () => {
  const { clock, forward } = movable(world)
  let isBusy = true
  const to = await receiver(() => (isBusy ? { status: 429, headers: { 'retry-after': '3600' } } : 200))
  const marks = await receiver()
  const listener = await world.subscribe(to.url)
  await world.subscribe(marks.url)
  world.dispatch({ clock })
  await world.bill()
  await until('it asks to wait', async () => (await attemptsOf(listener)).length === 1)
  isBusy = false
  await world.bill()
  forward(50 * MINUTE)
  await world.bill()
  await until('others got all', () => marks.taken.length === 3)
  expect(to.got).toHaveLength(1)
  forward(11 * MINUTE)
  await until('it gets all', () => to.taken.length === 3)
  expect(await stateOf(listener)).toEqual(['active', null])
})

test('what fails for three days is a dead letter, and the next event of its bill follows', async () => {
  const { clock, forward } = movable(world)
  const bill = await world.bill()
  const events = await world.events(bill)
  let poison = ''
  const to = await receiver(({ id }) => {
    poison ||= id
    return id === poison ? 400 : 200
  })
  const listener = await world.subscribe(to.url)
  world.dispatch({ clock })
  await world.change(bill, 2)
  const [first = '', second = ''] = (await world.events(bill)).slice(events.length)
  await until('it failed', async () => (await attemptsOf(listener)).length === 1)
  forward(2 * DAY)
  await until('it fails again', async () => (await attemptsOf(listener)).length === 2)
  expect(to.taken).toEqual([])
  forward(DAY)
  await until('the next one follows', () => to.taken.length === 1)
  expect(to.taken).toEqual([second])
  await until('nothing waits', async () => (await waiting(listener)).length === 0)
  expect(await waiting(listener, 'dead')).toEqual([first])
})
