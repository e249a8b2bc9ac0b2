import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addHeldAccount } from '../support/accounts.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { guard } from './guarded-world.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  await addHeldAccount(store.database, 'A-1')
  await store.database.run(add('active', 'active'))
  await store.database.run(add('ended', 'released'))
})
afterAll(() => store.drop())

function add(id: string, state: string, amount = 1): Sql {
  return sql`INSERT INTO "balance_hold" ("tenant_id", "id", "account_id", "currency", "amount", "created_at",
      "expires_at", "state")
    VALUES (${TENANT}, ${id}, 'A-1', 'EUR', ${amount}, now(), now(), ${state})`
}

const ENDS = '23000 balance_hold_ends_once'

test.each<[string, Sql, string]>([
  ['holds nothing', add('x', 'active', 0), '23514 balance_hold_amount'],
  ['is captured without a rate', add('x', 'captured'), '23514 balance_hold_state'],
  ['is active again', sql`UPDATE "balance_hold" SET "state" = 'active' WHERE "id" = 'ended'`, ENDS],
  ['holds more than before', sql`UPDATE "balance_hold" SET "amount" = 2 WHERE "id" = 'active'`, ENDS],
  ['expires later', sql`UPDATE "balance_hold" SET "expires_at" = now() + interval '1 day' WHERE "id" = 'active'`, ENDS]
])('the database refuses that a hold %s', async (_, statement, refusal) => {
  expect(await store.database.run(statement).then(() => 'done', guard)).toBe(refusal)
})
