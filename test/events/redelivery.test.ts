import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { later } from '../../src/base/instant.ts'
import { sql } from '../../src/db/sql.ts'
import { KEYS, OTHER_TENANT } from '../support/database.ts'
import { until } from '../support/until.ts'
import { type DeliveryWorld, movable, openDeliveryWorld, receiver } from './delivery-world.ts'

const DAY_MS = 86_400_000

let world: DeliveryWorld
beforeAll(async () => {
  world = await openDeliveryWorld()
})
afterEach(async () => {
  await world.database.run(sql`DELETE FROM "event_listener"`)
})
afterAll(() => world.close())

const redeliver = (listener: string, body: object) => world.call('POST', `hub/${listener}/redeliver`, body)
const progressOf = async (listener: string) => (await world.call('GET', `hub/${listener}/progress`)).body
const messageOf = async (listener: string, body: object) => {
  const answer = await redeliver(listener, body)
  return [answer.status, answer.body.messageCode]
}

test('a dead letter is listed, and delivered on demand under the same id', async () => {
  const { clock, forward } = movable(world)
  let isFaulty = true
  const to = await receiver(() => (isFaulty ? 400 : 200))
  const listener = await world.subscribe(to.url)
  world.dispatch({ clock })
  const bill = await world.bill()
  const [event = ''] = await world.events(bill)
  const list = async (query: string) => (await world.call('GET', `hub/${listener}/delivery${query}`)).body
  await until('it failed', async () => (await list('?state=waiting'))[0])
  forward(3 * DAY_MS)
  const dead = await until('it is dead', async () => (await list('?state=dead'))[0])
  expect(dead).toMatchObject({ eventId: event, eventType: 'CustomerBillCreateEvent', state: 'dead', failures: 2 })
  expect(await list('?state=waiting')).toEqual([])

  isFaulty = false
  expect((await redeliver(listener, { eventId: event })).body).toEqual({ events: 1 })
  await until('it is there', () => to.taken.length === 1)
  await until('it is done', async () => (await list(''))[0] === undefined)
  const attempts = await world.call('GET', `hub/${listener}/attempt?eventId=${event}`)
  expect(attempts.headers['x-total-count']).toBe('3')
  expect(attempts.body).toMatchObject([
    { eventId: event, status: 200, answer: 'answer 200' },
    { status: 400, fault: 'status', answer: 'answer 400' },
    { status: 400, fault: 'status' }
  ])
  expect(await progressOf(listener)).toMatchObject({ state: 'active', waiting: 0, dead: 0, replays: 0, failures: 0 })
})

test('the events of a period are delivered again, by their types', async () => {
  const to = await receiver()
  const listener = await world.subscribe(to.url)
  world.dispatch()
  const early = await world.bill()
  await until('the first is there', () => to.taken.length === 1)
  const from = later(
    String(
      (
        await world.ask(sql`SELECT to_char(max("event_time"),
    'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') FROM "event"`)
      )[0]
    ),
    0.001
  )
  const bill = await world.bill()
  await world.change(bill, 3)
  await until('all are stored', async () => to.taken.length === 5 && (await progressOf(listener)).backlog === 0)
  const events = await world.events(bill)

  expect((await redeliver(listener, { from })).body).toEqual({ events: 4 })
  await until('they come again', () => to.taken.length === 9)
  expect(to.taken.slice(5)).toEqual(events)
  expect(to.taken.slice(5)).not.toContain((await world.events(early))[0])

  const changes = { from, eventType: 'CustomerBillStateChangeEvent,CustomerBillDeleteEvent' }
  expect((await redeliver(listener, changes)).body).toEqual({ events: 3 })
  await until('the changes come again', () => to.taken.length === 12)
  expect(to.taken.slice(9)).toEqual(events.slice(1))
  expect((await redeliver(listener, { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' })).body).toEqual({
    events: 0
  })
})

test('an event is delivered once more at a demand, behind nothing', async () => {
  const to = await receiver()
  const listener = await world.subscribe(to.url)
  world.dispatch()
  const bill = await world.bill()
  await until('it is there', () => to.taken.length === 1)
  const [event = ''] = await world.events(bill)
  await redeliver(listener, { eventId: event })
  await until('it is there again', () => to.taken.length === 2)
  expect(to.taken).toEqual([event, event])
})

test('what cannot be delivered again is refused with the reason', async () => {
  const to = await receiver()
  const listener = await world.subscribe(to.url, { query: 'eventType=CustomerBillStateChangeEvent' })
  const [event = ''] = await world.events(await world.bill())
  const from = '2026-01-01T00:00:00Z'
  expect(await messageOf(listener, {})).toEqual([400, 'delivery.eventOrPeriod'])
  expect(await messageOf(listener, { eventId: event, from })).toEqual([400, 'delivery.eventOrPeriod'])
  expect(await messageOf(listener, { from: 'yesterday' })).toEqual([400, 'delivery.instant'])
  expect(await messageOf(listener, { from, to: from })).toEqual([400, 'delivery.period'])
  expect(await messageOf(listener, { from, eventType: 'BillEvent' })).toEqual([400, 'delivery.unknownType'])
  expect(await messageOf(listener, { from, eventType: 'CustomerBillCreateEvent' })).toEqual([
    409,
    'delivery.unwantedTypes'
  ])
  expect(await messageOf(listener, { eventId: event })).toEqual([409, 'delivery.unwanted'])
  expect(await messageOf(listener, { eventId: 'x' })).toEqual([404, 'delivery.unknownEvent'])
  expect(await messageOf('x', { eventId: event })).toEqual([404, 'resource.notFound'])
  const foreign = await world.call('POST', `hub/${listener}/redeliver`, { from }, { token: KEYS[OTHER_TENANT] })
  expect(foreign.status).toBe(404)
  const keyed = await world.call('POST', `hub/${listener}/redeliver`, { from }, { 'idempotency-key': 'k' })
  expect(keyed.body.messageCode).toBe('http.noIdempotencyKey')
  await world.database.run(sql`UPDATE "event_listener" SET "state" = 'ended', "state_reason" = 'x'`)
  expect(await messageOf(listener, { from })).toEqual([409, 'delivery.ended'])
  expect((await world.call('GET', `hub/${listener}/delivery?state=lost`)).body.messageCode).toBe(
    'delivery.unknownState'
  )
})

test('a listener has ten periods to be delivered again at most', async () => {
  const to = await receiver()
  const listener = await world.subscribe(to.url)
  await world.bill()
  await world.database.run(sql`UPDATE "event_progress" SET "position" = 1000000`)
  const replay = async () => (await redeliver(listener, { from: '2020-01-01T00:00:00Z' })).status
  const statuses: number[] = []
  for (let time = 0; time < 11; time++) statuses.push(await replay())
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 202), 409])
})
