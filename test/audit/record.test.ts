import { afterAll, beforeAll, expect, test } from 'vitest'
import { SEALED_COLUMNS } from '../../src/audit/chain.ts'
import { recordChange } from '../../src/audit/record.ts'
import { sealAudit } from '../../src/audit/seal.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { authorOf, NOW, recordMany } from './audit-rows.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  await recordMany(store.database, 2)
  await sealAudit(store.database)
  await recordMany(store.database, 2)
})
afterAll(() => store.drop())

test('a change is recorded with who, for whom, from where, what, before and after, masked', async () => {
  const change = {
    action: 'rotate' as const,
    resourceType: 'ApiKey',
    resourceId: 'K1',
    before: { name: 'old', keyHash: 'h1' },
    after: { name: 'new', keyHash: 'h2' }
  }
  await store.database.transaction((tx) =>
    recordChange(tx, { author: authorOf(TENANT), newId: () => 'A1' }, change, NOW)
  )
  const { rows } = await store.database.run(sql`
    SELECT "recorded_at", "actor_type", "actor_id", "actor_name", "on_behalf_of", "address", "request_id", "action",
      "resource_type", "resource_id", "before", "after", "position", "hash" FROM "audit" WHERE "id" = 'A1'`)
  expect(rows).toEqual([
    [
      ...['2026-11-21 10:00:00.12+00', 'user', 'U1', 'admin', 'PARTNER-1', '192.0.2.1', 'R1', 'rotate', 'ApiKey', 'K1'],
      ...['{"name": "old", "keyHash": "***"}', '{"name": "new", "keyHash": "***"}', null, null]
    ]
  ])
})

test('what is not known is null', async () => {
  const author = { tenantId: TENANT, actor: { type: 'client' as const, id: 'C', name: 'C' } }
  const change = { action: 'remove' as const, resourceType: 'BillCycle', resourceId: 'X' }
  await store.database.transaction((tx) => recordChange(tx, { author, newId: () => 'A2' }, change, NOW))
  const { rows } = await store.database.run(
    sql`SELECT "on_behalf_of", "address", "request_id", "before", "after" FROM "audit" WHERE "id" = 'A2'`
  )
  expect(rows).toEqual([[null, null, null, null, null]])
})

test('a change that is rolled back leaves no row', async () => {
  const change = { action: 'create' as const, resourceType: 'BillCycle', resourceId: 'X' }
  const failing = store.database.transaction(async (tx) => {
    await recordChange(tx, { author: authorOf(TENANT), newId: () => 'A3' }, change, NOW)
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect((await store.database.run(sql`SELECT 1 FROM "audit" WHERE "id" = 'A3'`)).rows).toEqual([])
})

test.each([
  ['a sealed row is changed', sql`UPDATE "audit" SET "actor_name" = 'x' WHERE "position" = 1`],
  ['a sealed row is sealed again', sql`UPDATE "audit" SET "position" = 9, "hash" = 'x' WHERE "position" = 1`],
  ['a seal is taken away', sql`UPDATE "audit" SET "position" = NULL, "hash" = NULL WHERE "position" = 1`],
  ['an unsealed row is changed', sql`UPDATE "audit" SET "actor_name" = 'x' WHERE "position" IS NULL`],
  [
    'a row is changed with its seal',
    sql`UPDATE "audit" SET "actor_name" = 'x', "position" = 9, "hash" = 'x' WHERE "position" IS NULL`
  ],
  ['a row is sealed without a hash', sql`UPDATE "audit" SET "position" = 9 WHERE "position" IS NULL`],
  ['a hash comes without a position', sql`UPDATE "audit" SET "hash" = 'x' WHERE "position" IS NULL`],
  ['a sealed row is removed', sql`DELETE FROM "audit" WHERE "position" = 1`],
  ['an unsealed row is removed', sql`DELETE FROM "audit" WHERE "position" IS NULL`],
  ['all is removed at once', sql`TRUNCATE "audit"`]
])('Postgres refuses that %s', async (_, statement) => {
  await expect(store.database.run(statement)).rejects.toThrow('the audit is append-only')
})

test('the seal covers every column but the hash', async () => {
  const { rows } = await store.database.run(
    sql`SELECT column_name FROM information_schema.columns WHERE table_name = 'audit' ORDER BY ordinal_position`
  )
  expect(rows.flat()).toEqual([...SEALED_COLUMNS, 'position', 'hash'])
})
