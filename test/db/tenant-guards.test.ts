import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { createTestDatabase, OTHER_TENANT, TENANT, type TestDatabase } from '../support/database.ts'
import { guard } from './guarded-world.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  await store.database.run(sql`INSERT INTO "letterhead" ("tenant_id", "id", "content") VALUES (${TENANT}, 'l', '{}')`)
  await store.database.run(bill(TENANT, sql`'x', NULL`))
  await store.database.run(event(OTHER_TENANT))
  await store.database.run(sql`INSERT INTO "tenant" ("id", "name") VALUES ('rating', 'Rating')`)
  await store.database.run(rate('rating'))
  await store.database.run(sql`INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "bill_document", "state")
    VALUES (${TENANT}, 'open', now(), '[]', 'new')`)
})
afterAll(() => store.drop())

/** Writes an issued bill with this id and letterhead. */
const bill = (
  tenant: string,
  names: Sql
) => sql`INSERT INTO "customer_bill" ("tenant_id", "last_update", "bill_document",
    "state", "issued_as", "id", "letterhead_id", "recipient")
  SELECT ${tenant}, now(), '[]', 'sent', 'sent', n.*, CASE WHEN n."letterhead" IS NOT NULL THEN '{}'::jsonb END
  FROM (VALUES (${names})) n("id", "letterhead")`
const event = (tenant: string) => sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time",
    "resource_path", "resource_id", "resource_version", "document")
  VALUES (${tenant}, gen_random_uuid(), 'CustomerBillCreateEvent', now(), 'customerBill', 'x', 1, '{}')`
const rate = (tenant: string) => sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "is_billed")
  VALUES (${tenant}, gen_random_uuid(), false)`
const keep = (letterhead: string) => sql`UPDATE "customer_bill" SET "letterhead_id" = ${letterhead}, "recipient" = '{}'
  WHERE "id" = 'x'`

const STAYS = '23503 tenant_stays'
const NO_TENANT = '23503 rows_are_of_tenants'

test.each<[string, Sql, string]>([
  ['a tenant with bills is removed', sql`DELETE FROM "tenant" WHERE "id" = ${TENANT}`, STAYS],
  ['a tenant with events is removed', sql`DELETE FROM "tenant" WHERE "id" = ${OTHER_TENANT}`, STAYS],
  ['a tenant with rates is removed', sql`DELETE FROM "tenant" WHERE "id" = 'rating'`, STAYS],
  ['a tenant with bills gets another id', sql`UPDATE "tenant" SET "id" = 'x' WHERE "id" = ${TENANT}`, STAYS],
  ['a bill is of no tenant', bill('none', sql`'y', NULL`), NO_TENANT],
  ['an event is of no tenant', event('none'), NO_TENANT],
  ['a rate is of no tenant', rate('none'), NO_TENANT],
  [
    'a rate moves to another tenant',
    sql`UPDATE "applied_customer_billing_rate" SET "tenant_id" = ${TENANT} WHERE "tenant_id" = 'rating'`,
    '23000 rate_keeps_its_tenant'
  ],
  ['a new bill has a letterhead that is none', bill(TENANT, sql`'y', 'none'`), '23503 bills_have_letterheads'],
  [
    'a new bill has the letterhead of another tenant',
    bill(OTHER_TENANT, sql`'y', 'l'`),
    '23503 bills_have_letterheads'
  ],
  ['a bill gets a letterhead that is none', keep('none'), '23503 bill_has_letterhead'],
  ['all letterheads are removed at once', sql`TRUNCATE "letterhead"`, '23000 letterhead_stays'],
  ['tenants are removed at once', sql`TRUNCATE "tenant" CASCADE`, expect.stringMatching(/^23000 /)],
  [
    'a bill gets another id',
    sql`UPDATE "customer_bill" SET "id" = 'p' WHERE "id" = 'open'`,
    '23000 bill_keeps_its_key'
  ],
  [
    'a bill moves to another tenant',
    sql`UPDATE "customer_bill" SET "tenant_id" = ${OTHER_TENANT} WHERE "id" = 'open'`,
    '23000 bill_keeps_its_key'
  ]
])('the database refuses that %s', async (_, statement, expected) => {
  expect(await store.database.run(statement).then(() => 'done', guard)).toEqual(expected)
})

test('a bill may get a letterhead of its tenant', async () => {
  expect((await store.database.run(keep('l'))).rowCount).toBe(1)
})

test.each([
  ['a bill', bill(TENANT, sql`'y', NULL`)],
  ['an event', event(TENANT)],
  ['a rate', rate(TENANT)]
])('a tenant stays while it gets %s in another transaction', async (_, statement) => {
  const free = sql`SELECT FROM "tenant" WHERE "id" = ${TENANT} FOR UPDATE SKIP LOCKED`
  const undone = new Error('undone')
  const trying = store.database.transaction(async (tx) => {
    await tx.run(statement)
    expect((await store.database.run(free)).rowCount).toBe(0)
    throw undone
  })
  await expect(trying).rejects.toBe(undone)
  expect((await store.database.run(free)).rowCount).toBe(1)
})
