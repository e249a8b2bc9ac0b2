import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { deliveryFigures } from '../../src/events/figures.ts'
import { until } from '../support/until.ts'
import { type DeliveryWorld, openDeliveryWorld, receiver } from './delivery-world.ts'

let world: DeliveryWorld
beforeAll(async () => {
  world = await openDeliveryWorld()
})
afterAll(() => world.close())

test('without listeners there is nothing to count', async () => {
  await world.bill()
  expect(await deliveryFigures(world.database)).toEqual({
    listeners: {},
    backlog: 0,
    oldestSeconds: 0,
    waiting: 0,
    deadLetters: 0,
    attempts: {}
  })
})

test('listeners, backlog, what waits, and attempts are counted', async () => {
  const [bad, slow, fine] = [await receiver(() => 422), await receiver(), await receiver()]
  const failing = await world.subscribe(bad.url)
  await world.call('PATCH', `hub/${await world.subscribe(slow.url)}`, { state: 'paused' })
  await world.subscribe(fine.url)
  world.dispatch()
  const bill = await world.bill()
  await world.change(bill, 2)
  await until('all is stored', async () => {
    const { waiting, attempts } = await deliveryFigures(world.database)
    return waiting === 3 && attempts['204'] === 3
  })
  await world.database.run(sql`UPDATE "event_delivery" SET "state" = 'dead', "retry_at" = NULL, "dead_at" = now()
    WHERE "listener_id" = ${failing} AND "failures" > 0`)
  const { oldestSeconds, ...figures } = await deliveryFigures(world.database)
  expect(figures).toEqual({
    listeners: { active: 2, paused: 1 },
    backlog: 3,
    waiting: 2,
    deadLetters: 1,
    attempts: { 204: 3, 422: 1 }
  })
  expect(oldestSeconds).toBeGreaterThan(0)
})
