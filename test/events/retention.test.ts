import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { purgeEvents } from '../../src/events/retention.ts'
import { createTestDatabase, OTHER_TENANT, type PlainDatabase, TENANT, type TestDatabase } from '../support/database.ts'

const DAYS = 30

let store: TestDatabase
let database: PlainDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  database = store.database
})
afterAll(() => store.drop())
beforeEach(async () => {
  await addEvents(TENANT, 'e', 6)
})
afterEach(async () => {
  await database.run(sql`DELETE FROM "event_listener"`)
  await database.run(sql`DELETE FROM "event_attempt"`)
  await database.run(sql`DELETE FROM "event"`)
})

/** The first one is the oldest; the last one is younger than the time for which events are kept. */
async function addEvents(tenantId: string, prefix: string, number: number): Promise<void> {
  await database.run(sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
      "resource_id", "resource_version", "document")
    SELECT ${tenantId}, concat(${prefix}::text, n), 'CustomerBillCreateEvent',
      now() - (${DAYS}::int + ${number}::int - 1 - n + 0.5) * interval '1 day', 'customerBill', n, 1, '{}'
    FROM generate_series(1, ${number}::int) n ORDER BY n`)
}

async function addListener(id: string, passed: string, state = 'active'): Promise<void> {
  await database.run(sql`INSERT INTO "event_listener" ("tenant_id", "id", "last_update", "callback",
      "subscription_hash", "is_suffixed", "secret", "state", "is_paused", "state_reason")
    VALUES (${TENANT}, ${id}, now(), 'https://listener.example', ${id}, false, 'v1.', ${state}, ${state === 'paused'},
      ${['suspended', 'ended'].includes(state) ? 'why' : null})`)
  await database.run(sql`INSERT INTO "event_progress" ("tenant_id", "listener_id", "position")
    SELECT ${TENANT}, ${id}, "position" FROM "event" WHERE "id" = ${passed}`)
}

const deliver = (event: string, deadDays?: number) =>
  database.run(sql`INSERT INTO "event_delivery" ("tenant_id", "listener_id", "event_id", "position", "lane", "state",
      "dead_at")
    SELECT ${TENANT}, 'L', "id", "position", 'l', ${deadDays === undefined ? 'waiting' : 'dead'},
      now() - ${deadDays ?? null}::int * interval '1 day' FROM "event" WHERE "id" = ${event}`)

async function left(): Promise<readonly (string | null | undefined)[]> {
  await purgeEvents(database, DAYS)
  return (await database.run(sql`SELECT "id" FROM "event" ORDER BY "position"`)).rows.map(([id]) => id)
}

test('old events go where nobody has subscribed', async () => {
  expect(await left()).toEqual(['e6'])
})

test.each(['active', 'paused', 'suspended'])(
  'a listener that is %s keeps those that it has not passed',
  async (state) => {
    await addListener('L', 'e3', state)
    expect(await left()).toEqual(['e4', 'e5', 'e6'])
  }
)

test('the listener that is the farthest behind decides; one that has ended keeps nothing', async () => {
  await addListener('A', 'e1', 'ended')
  await addListener('B', 'e2')
  await addListener('C', 'e5')
  expect(await left()).toEqual(['e3', 'e4', 'e5', 'e6'])
})

test('what waits for a listener that has ended is not kept', async () => {
  await addListener('L', 'e1', 'ended')
  await deliver('e2')
  await deliver('e6')
  expect(await left()).toEqual(['e6'])
  const waiting = await database.run(sql`SELECT "event_id" FROM "event_delivery"`)
  expect(waiting.rows).toEqual([['e6']])
})

test('what waits is kept, and so is a dead letter, until it is old itself', async () => {
  await addListener('L', 'e6')
  await deliver('e1')
  await deliver('e2', DAYS - 1)
  await deliver('e3', DAYS + 1)
  expect(await left()).toEqual(['e1', 'e2', 'e6'])
})

test('what is being delivered again is kept', async () => {
  await addListener('L', 'e6')
  await database.run(sql`INSERT INTO "event_replay" ("tenant_id", "id", "listener_id", "position", "until_position")
    SELECT ${TENANT}, 'r', 'L', min("position") + 2, max("position") - 1 FROM "event"`)
  expect(await left()).toEqual(['e4', 'e5', 'e6'])
})

test('tenants do not keep events of others', async () => {
  await addEvents(OTHER_TENANT, 'o', 2)
  await addListener('L', 'e5')
  expect(await left()).toEqual(['e6', 'o2'])
})

test('attempts go when they are old', async () => {
  await database.run(sql`INSERT INTO "event_attempt" ("tenant_id", "listener_id", "id", "event_id", "event_type",
      "attempted_at", "duration_ms", "status", "answer")
    SELECT ${TENANT}, 'L', d, 'e1', 'CustomerBillCreateEvent', now() - d * interval '1 day', 1, 200, ''
    FROM unnest(ARRAY[29, 31, 400]) d`)
  await left()
  const { rows } = await database.run(sql`SELECT "id" FROM "event_attempt"`)
  expect(rows).toEqual([['29']])
})

test('more than a call removes goes in the next ones', async () => {
  await database.run(sql`INSERT INTO "event_attempt" ("tenant_id", "listener_id", "id", "event_id", "event_type",
      "attempted_at", "duration_ms", "status", "answer")
    SELECT ${TENANT}, 'L', n, 'e1', 'CustomerBillCreateEvent', '2020-01-01Z', 1, 200, ''
    FROM generate_series(1, 6000) n`)
  const count = async () => Number((await database.run(sql`SELECT count(*) FROM "event_attempt"`)).rows[0]?.[0])
  await purgeEvents(database, DAYS)
  expect(await count()).toBe(1_000)
  await purgeEvents(database, DAYS)
  expect(await count()).toBe(0)
})
