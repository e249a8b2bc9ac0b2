import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { guard } from './guarded-world.ts'

const APPEND_ONLY = '23000 event_is_append_only'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  await store.database.run(sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
      "resource_id", "resource_version", "document")
    VALUES (${TENANT}, 'e', 'CustomerBillCreateEvent', now(), 'customerBill', 'x', 1, '{}')`)
})
afterAll(() => store.drop())

const copy = (how: Sql, changes: string) => sql`INSERT INTO "event" ${how}
  SELECT (jsonb_populate_record(e, ${changes}::jsonb)).* FROM "event" e`

test.each<[string, Sql, string]>([
  ['an event is changed', sql`UPDATE "event" SET "document" = '{"id": "y"}'`, APPEND_ONLY],
  ['all events are removed at once', sql`TRUNCATE "event" CASCADE`, APPEND_ONLY],
  ['an event takes a position of its choice', copy(sql``, '{"id": "x"}'), '428C9 undefined'],
  [
    'a position is given twice',
    copy(sql`OVERRIDING SYSTEM VALUE`, '{"id": "x"}'),
    '23505 event_tenant_id_position_key'
  ],
  ['an id is given twice', copy(sql`OVERRIDING SYSTEM VALUE`, '{"position": 99}'), '23505 event_pkey']
])('the database refuses that %s', async (_, statement, expected) => {
  const refused = await store.database.run(statement).then(() => 'done', guard)
  expect(refused).toBe(expected)
})

test('the database lets old events be removed', async () => {
  expect((await store.database.run(sql`DELETE FROM "event" WHERE "id" = 'e'`)).rowCount).toBe(1)
})
