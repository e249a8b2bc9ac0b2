import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Migrating, startMigrating } from './migrating.ts'

let migrating: Migrating
beforeEach(async () => {
  migrating = await startMigrating('events_in_order')
})
afterEach(() => migrating.close())

const INSERT = `INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path", "resource_id",
  "document"`

test('earlier events get positions and versions in the order of their ids, and new ones come after them', async () => {
  const { client } = migrating
  await migrating.before()
  await client.query(`
    INSERT INTO "tenant" ("id", "name") VALUES ('a', 'Nordlicht'), ('b', 'Südlicht');
    ${INSERT}) VALUES ('a', '3', 't', now(), 'customerBill', 'x', '{}'),
      ('a', '1', 't', now(), 'customerBill', 'x', '{}'), ('b', '2', 't', now(), 'customerBill', 'x', '{}'),
      ('a', '4', 't', now(), 'customerBill', 'y', '{}')`)
  await migrating.after()
  await client.query(`${INSERT}, "resource_version") VALUES ('a', '0', 't', now(), 'customerBill', 'x', '{}', 3)`)
  const { rows } = await client.query({
    text: `SELECT "tenant_id", "id", "position"::int, "resource_version" FROM "event" ORDER BY "position"`,
    rowMode: 'array'
  })
  expect(rows).toEqual([
    ['a', '1', 1, 1],
    ['b', '2', 2, 1],
    ['a', '3', 3, 2],
    ['a', '4', 4, 1],
    ['a', '0', 5, 3]
  ])
  expect((await client.query('SELECT event_horizon()::int AS "horizon"')).rows).toEqual([{ horizon: 5 }])
})

test('events of servers that are not replaced yet get the versions of their bills', async () => {
  const { client } = migrating
  await migrating.before()
  await migrating.after()
  await client.query(`INSERT INTO "tenant" ("id", "name") VALUES ('a', 'Nordlicht');
    INSERT INTO "customer_bill" ("tenant_id", "id", "version", "last_update", "bill_document", "state")
      VALUES ('a', 'x', 7, now(), '[]', 'new')`)
  for (const [id, type] of ['CustomerBillStateChangeEvent', 'CustomerBillDeleteEvent'].entries()) {
    await client.query(`${INSERT}) VALUES ('a', '${id}', '${type}', now(), 'customerBill', 'x', '{}')`)
  }
  const { rows } = await client.query('SELECT "resource_version" FROM "event" ORDER BY "position"')
  expect(rows.map(({ resource_version }) => resource_version)).toEqual([7, 8])
  const foreign = client.query(`${INSERT}) VALUES ('a', '9', 'x', now(), 'customerBill', 'y', '{}')`)
  await expect(foreign).rejects.toThrow('resource_version')
})

test('a role that owns nothing adds events and reads the horizon', async () => {
  const { client } = migrating
  await migrating.before()
  await migrating.after()
  await client.query(`INSERT INTO "tenant" ("id", "name") VALUES ('a', 'Nordlicht');
    CREATE ROLE "event_writer"; GRANT SELECT, INSERT ON "event" TO "event_writer"`)
  await client.query(`SET ROLE "event_writer"; BEGIN`)
  await client.query(`${INSERT}, "resource_version") VALUES ('a', '1', 't', now(), 'customerBill', 'x', '{}', 1)`)
  const { rows } = await client.query('SELECT event_horizon()::int AS "horizon"')
  await client.query(`COMMIT; RESET ROLE; DROP OWNED BY "event_writer"; DROP ROLE "event_writer"`)
  expect(rows).toEqual([{ horizon: 1 }])
})
