import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addPartner, createTestDatabase, OTHER_TENANT, TENANT, type TestDatabase } from '../support/database.ts'
import { guard } from './guarded-world.ts'

let store: TestDatabase
let partner: string
beforeAll(async () => {
  store = await createTestDatabase()
  partner = await addPartner(store.database, OTHER_TENANT, 'P')
  await store.database.run(listener())
})
afterAll(() => store.drop())

function listener(columns: Readonly<Record<string, unknown>> = {}): Sql {
  const row = { tenant_id: TENANT, id: 'l', version: 1, created_at: 'now', last_update: 'now', is_suffixed: false }
  const more = { callback: 'https://x', subscription_hash: 'h', secret: 'v1.', state: 'active', is_paused: false }
  return sql`INSERT INTO "event_listener" SELECT (jsonb_populate_record(NULL::"event_listener",
    ${JSON.stringify({ ...row, ...more, ...columns })}::jsonb)).*`
}

const other = (columns: Readonly<Record<string, unknown>>) =>
  listener({ id: 'other', subscription_hash: 'o', ...columns })
const progress = (values: Sql) => sql`INSERT INTO "event_progress" ("tenant_id", "listener_id", "position", "leased_by",
  "leased_until", "failures") VALUES (${TENANT}, ${values})`

const outcome = (statement: Sql) => store.database.run(statement).then(() => 'done', guard)

test.each<[string, Sql, string]>([
  ['a callback is no web address', other({ callback: 'ftp://x' }), '23514 event_listener_callback'],
  ['a state is unknown', other({ state: 'asleep' }), '23514 event_listener_state'],
  ['one is paused and active', other({ is_paused: true }), '23514 event_listener_paused'],
  ['one is suspended without a reason', other({ state: 'suspended' }), '23514 event_listener_state_reason'],
  ['one is ended without a reason', other({ state: 'ended' }), '23514 event_listener_state_reason'],
  ['one is active with a reason', other({ state_reason: 'x' }), '23514 event_listener_state_reason'],
  ['a secret is stored as it is', other({ secret: 'whsec_x' }), '23514 event_listener_sealed'],
  ['headers are stored as they are', other({ headers: '{}', header_names: [] }), '23514 event_listener_sealed'],
  [
    'a secret of before is stored as it is',
    other({ previous_secret: 'whsec_x', previous_secret_until: 'now' }),
    '23514 event_listener_sealed'
  ],
  ['headers have no names', other({ headers: 'v1.' }), '23514 event_listener_header_names'],
  ['a secret of before signs for ever', other({ previous_secret: 'v1.' }), '23514 event_listener_previous_secret'],
  ['one is subscribed twice', listener({ id: 'other' }), '23505 event_listener_once'],
  [
    "one belongs to another tenant's partner",
    other({ partner_id: null, tenant_id: 'none' }),
    '23503 event_listener_tenant_id_fkey'
  ],
  ['a position is negative', progress(sql`'l', -1, NULL, NULL, 0`), '23514 event_progress_position'],
  ['a lease has no end', progress(sql`'l', 0, 'x', NULL, 0`), '23514 event_progress_lease'],
  ["a lease is nobody's", progress(sql`'l', 0, NULL, now(), 0`), '23514 event_progress_lease'],
  ['failures are fewer than none', progress(sql`'l', 0, NULL, NULL, -1`), '23514 event_progress_failures'],
  [
    'progress is of no listener',
    progress(sql`'none', 0, NULL, NULL, 0`),
    '23503 event_progress_tenant_id_listener_id_fkey'
  ]
])('nobody manages that %s', async (_, statement, refusal) => {
  expect(await outcome(statement)).toBe(refusal)
})

test("a listener of one tenant has no partner of another's", async () => {
  expect(await outcome(other({ partner_id: partner }))).toBe('23503 event_listener_tenant_id_partner_id_fkey')
})

test('the progress goes with its listener', async () => {
  const { database } = store
  await database.run(progress(sql`'l', 0, NULL, NULL, 0`))
  await database.run(sql`DELETE FROM "event_listener" WHERE "id" = 'l'`)
  expect((await database.run(sql`SELECT count(*) FROM "event_progress"`)).rows).toEqual([['0']])
})
