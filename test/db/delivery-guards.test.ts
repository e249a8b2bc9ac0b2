import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { guard } from './guarded-world.ts'

const [LISTENER, OTHER] = ['listener', 'other']
const KEPT = '23000 event_is_kept_until_passed'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  const { database } = store
  await database.run(sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
      "resource_id", "resource_version", "document")
    SELECT ${TENANT}, concat('e', n), 'CustomerBillCreateEvent', now(), 'customerBill', n, 1, '{}'
    FROM generate_series(1, 5) n ORDER BY n`)
  for (const id of [LISTENER, OTHER]) {
    await database.run(sql`INSERT INTO "event_listener" ("tenant_id", "id", "last_update", "callback",
        "subscription_hash", "is_suffixed", "secret", "state")
      VALUES (${TENANT}, ${id}, now(), 'https://listener.example', ${id}, false, 'v1.', 'active')`)
    await database.run(sql`INSERT INTO "event_progress" ("tenant_id", "listener_id", "position")
      SELECT ${TENANT}, ${id}, "position" FROM "event" WHERE "id" = 'e3'`)
  }
  await database.run(deliver('e2'))
  await database.run(sql`INSERT INTO "event_attempt" ("tenant_id", "listener_id", "id", "event_id", "event_type",
      "attempted_at", "duration_ms", "status", "answer")
    VALUES (${TENANT}, ${LISTENER}, 'a', 'e2', 'CustomerBillCreateEvent', now(), 1, 200, '')`)
})
afterAll(() => store.drop())

function deliver(event: string, columns: Readonly<Record<string, unknown>> = {}): Sql {
  const row = { tenant_id: TENANT, listener_id: LISTENER, event_id: event, position: 1, lane: 'l', failures: 0 }
  return sql`INSERT INTO "event_delivery" SELECT (jsonb_populate_record(NULL::"event_delivery",
    ${JSON.stringify({ ...row, state: 'waiting', ...columns })}::jsonb)).*`
}

function attempt(columns: Readonly<Record<string, unknown>>): Sql {
  const changes = JSON.stringify({ id: 'b', ...columns })
  return sql`INSERT INTO "event_attempt" SELECT (jsonb_populate_record(a, ${changes}::jsonb)).* FROM "event_attempt" a`
}

const NOW = '2026-11-30T12:00:00Z'

test.each<[string, Sql, string]>([
  ['an event goes that a listener has not passed', sql`DELETE FROM "event" WHERE "id" IN ('e1', 'e4')`, KEPT],
  [
    'an event goes that waits',
    sql`DELETE FROM "event" WHERE "id" = 'e2'`,
    '23503 event_delivery_tenant_id_event_id_fkey'
  ],
  [
    'the progress of a listener goes back',
    sql`UPDATE "event_progress" SET "position" = 1`,
    '23000 event_progress_goes_on'
  ],
  ['an attempt is changed', sql`UPDATE "event_attempt" SET "status" = 500`, '23000 event_attempt_is_kept'],
  ['all attempts are removed at once', sql`TRUNCATE "event_attempt"`, '23000 event_attempt_is_kept'],
  ['a success has a fault', attempt({ fault: 'status' }), '23514 event_attempt_outcome'],
  ['a failure has none', attempt({ status: 500 }), '23514 event_attempt_outcome'],
  ['a missing answer has none', attempt({ status: null }), '23514 event_attempt_outcome'],
  [
    'a dead letter is to be tried again',
    deliver('e1', { state: 'dead', dead_at: NOW, retry_at: NOW }),
    '23514 event_delivery_dead'
  ],
  ['a dead letter has no time', deliver('e1', { state: 'dead' }), '23514 event_delivery_dead'],
  ['a failure has no beginning', deliver('e1', { failures: 1 }), '23514 event_delivery_failures'],
  ['a delivery has another state', deliver('e1', { state: 'done' }), '23514 event_delivery_state'],
  ['an event waits twice', deliver('e2'), '23505 event_delivery_pkey'],
  [
    'a replay has no end',
    sql`INSERT INTO "event_replay" VALUES (${TENANT}, 'r', ${LISTENER}, 3, 3)`,
    '23514 event_replay_positions'
  ]
])('the database refuses that %s', async (_, statement, expected) => {
  expect(await store.database.run(statement).then(() => 'done', guard)).toBe(expected)
})

test('events that all listeners have passed may go, those of a replay may not', async () => {
  const remove = (id: string) =>
    store.database.run(sql`DELETE FROM "event" WHERE "id" = ${id}`).then(({ rowCount }) => rowCount, guard)
  await store.database.run(sql`INSERT INTO "event_replay" ("tenant_id", "id", "listener_id", "position",
      "until_position")
    SELECT ${TENANT}, 'r', ${LISTENER}, "position" - 1, "position" FROM "event" WHERE "id" = 'e3'`)
  expect(await remove('e3')).toBe(KEPT)
  await store.database.run(sql`DELETE FROM "event_replay"`)
  expect(await remove('e3')).toBe(1)
})

test('the removal of a listener takes its deliveries along, and frees its events', async () => {
  await store.database.run(
    sql`UPDATE "event_listener" SET "state" = 'ended', "state_reason" = 'x' WHERE "id" = ${OTHER}`
  )
  await store.database.run(sql`DELETE FROM "event_listener" WHERE "id" = ${LISTENER}`)
  const { rowCount } = await store.database.run(sql`DELETE FROM "event" WHERE "id" IN ('e2', 'e4')`)
  expect(rowCount).toBe(2)
})
