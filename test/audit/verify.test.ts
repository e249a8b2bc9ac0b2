import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hashOf, SEALED_COLUMNS } from '../../src/audit/chain.ts'
import { sealAudit } from '../../src/audit/seal.ts'
import { type Head, type Verification, verifyAudit } from '../../src/audit/verify.ts'
import { identifier, join, type Sql, sql } from '../../src/db/sql.ts'
import { createTestDatabase, OTHER_TENANT, type PlainDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { emptyAudit, recordMany, withoutTriggers } from './audit-rows.ts'

const ROWS = 10
const CONTENT = 'its content does not match its hash'

let store: TestDatabase
let database: PlainDatabase
let ids: string[]
beforeAll(async () => {
  store = await createTestDatabase()
  database = store.database
})
afterAll(() => store.drop())
beforeEach(async () => {
  await emptyAudit(database)
  ids = await recordMany(database, ROWS)
  await recordMany(database, 2, OTHER_TENANT)
  await sealAudit(database)
})

const at = (position: number) => sql`"tenant_id" = ${TENANT} AND "position" = ${position}`
const tamper = (...statements: readonly Sql[]) =>
  withoutTriggers(database, async () => {
    for (const statement of statements) await database.run(statement)
  })
/** Small batches: in some test each break lies inside a batch, at its beginning and at its end. */
const verify = async (expected: readonly Head[] = []) => {
  const [demo, other] = await verifyAudit(database, { batchRows: 3, expected })
  expect(other).toMatchObject({ tenantId: OTHER_TENANT, sealed: 2, broken: undefined })
  return demo as Verification
}
const headOf = async () => (await verify()).head as Head

test('an untouched chain is sound, and what is not sealed yet is counted', async () => {
  await recordMany(database, 4)
  const { rows } = await database.run(sql`SELECT "hash" FROM "audit" WHERE ${at(ROWS)}`)
  expect(await verify()).toEqual({
    tenantId: TENANT,
    sealed: ROWS,
    unsealed: 4,
    head: { tenantId: TENANT, position: ROWS, hash: rows[0]?.[0] },
    broken: undefined
  })
})

test('a tenant without any row is sound and has no head', async () => {
  await emptyAudit(database)
  expect(await verifyAudit(database)).toEqual(
    [TENANT, OTHER_TENANT].map((tenantId) => ({ tenantId, sealed: 0, unsealed: 0, head: undefined, broken: undefined }))
  )
})

describe('a changed column is found', () => {
  test.each([
    ['recorded_at', sql`"recorded_at" + interval '1 ms'`],
    ['actor_type', sql`'client'`],
    ['actor_id', sql`'x'`],
    ['actor_name', sql`''`],
    ['on_behalf_of', sql`NULL`],
    ['address', sql`NULL`],
    ['request_id', sql`'x'`],
    ['action', sql`'remove'`],
    ['resource_type', sql`'x'`],
    ['resource_id', sql`'x'`],
    ['before', sql`NULL`],
    ['after', sql`'{"n": 5.0}'::jsonb`],
    ['hash', sql`repeat('0', 64)`]
  ])('%s', async (column, value) => {
    await tamper(sql`UPDATE "audit" SET ${identifier(column)} = ${value} WHERE ${at(5)}`)
    expect(await verify()).toMatchObject({
      sealed: 4,
      head: { position: 4 },
      broken: { position: 5, id: ids[4], why: CONTENT }
    })
  })

  test('id', async () => {
    await tamper(sql`UPDATE "audit" SET "id" = 'x' WHERE ${at(5)}`)
    expect((await verify()).broken).toEqual({ position: 5, id: 'x', why: CONTENT })
  })
})

test.each([1, 3, 4, 5, ROWS - 1])('the removal of the row at position %i is found', async (position) => {
  await tamper(sql`DELETE FROM "audit" WHERE ${at(position)}`)
  expect(await verify()).toMatchObject({
    sealed: position - 1,
    broken: { position: position + 1, id: ids[position], why: `position ${position} is missing` }
  })
})

test('a removed row whose place the next ones take is found', async () => {
  await tamper(
    sql`DELETE FROM "audit" WHERE ${at(4)}`,
    sql`UPDATE "audit" SET "position" = -"position" WHERE "tenant_id" = ${TENANT} AND "position" > 4`,
    sql`UPDATE "audit" SET "position" = -"position" - 1 WHERE "tenant_id" = ${TENANT} AND "position" < 0`
  )
  expect((await verify()).broken).toEqual({ position: 4, id: ids[4], why: CONTENT })
})

test('swapped positions are found', async () => {
  await tamper(
    sql`UPDATE "audit" SET "position" = 99 WHERE ${at(6)}`,
    sql`UPDATE "audit" SET "position" = 6 WHERE ${at(7)}`,
    sql`UPDATE "audit" SET "position" = 7 WHERE ${at(99)}`
  )
  expect((await verify()).broken).toEqual({ position: 6, id: ids[6], why: CONTENT })
})

test.each([
  ['at the end', ROWS + 1, CONTENT],
  ['after a gap', ROWS + 2, `position ${ROWS + 1} is missing`],
  ['before the beginning', 0, 'its position follows position 0, where 1 belongs']
])('a forged row %s is found', async (_, position, why) => {
  await tamper(forgery(position, 'f'.repeat(64)))
  expect((await verify()).broken).toEqual({ position, id: 'FORGED', why })
})

test('a forged row in a place already taken is found, should the unique index be gone', async () => {
  await database
    .transaction(async (tx) => {
      await tx.run(sql`DROP INDEX "audit_tenant_id_position_key"`)
      await tx.run(forgery(6, 'f'.repeat(64)))
      const within = { ...database, run: tx.run }
      const [demo] = await verifyAudit(within, { batchRows: 3 })
      const why = 'its position follows position 6, where 7 belongs'
      expect(demo?.broken).toEqual({ position: 6, id: 'FORGED', why })
      throw new Error('undo')
    })
    .catch((error: Error) => expect(error.message).toBe('undo'))
})

test('a row sealed without a hash is found', async () => {
  await tamper(sql`UPDATE "audit" SET "hash" = NULL WHERE ${at(9)}`)
  expect((await verify()).broken).toEqual({ position: 9, id: ids[8], why: 'sealed without hash' })
})

test('a row that was changed and given the right hash breaks the next one', async () => {
  await tamper(sql`UPDATE "audit" SET "actor_name" = 'x' WHERE ${at(5)}`)
  await reseal(5)
  expect((await verify()).broken).toEqual({ position: 6, id: ids[5], why: CONTENT })
})

describe('a head kept elsewhere', () => {
  test('is still there in an untouched chain, and after it has grown', async () => {
    const head = await headOf()
    expect((await verify([head])).broken).toBeUndefined()
    await recordMany(database, 2)
    await sealAudit(database)
    expect(await verify([head])).toMatchObject({ sealed: ROWS + 2, broken: undefined })
  })

  test('shows that the newest rows were removed, which nothing else does', async () => {
    const head = await headOf()
    await tamper(sql`DELETE FROM "audit" WHERE "tenant_id" = ${TENANT} AND "position" > 7`)
    expect(await verify()).toMatchObject({ sealed: 7, broken: undefined })
    expect(await verify([head])).toMatchObject({
      sealed: 7,
      broken: { position: 8, id: undefined, why: 'position 8 is missing' }
    })
  })

  test('shows that all was sealed anew after a change', async () => {
    const head = await headOf()
    await tamper(
      sql`UPDATE "audit" SET "actor_name" = 'x' WHERE ${at(5)}`,
      sql`UPDATE "audit" SET "position" = NULL, "hash" = NULL WHERE "tenant_id" = ${TENANT} AND "position" >= 5`
    )
    await sealAudit(database)
    expect(await verify()).toMatchObject({ sealed: ROWS, broken: undefined })
    const { broken } = await verify([head])
    expect(broken).toMatchObject({ position: ROWS, id: ids[ROWS - 1] })
    expect(broken?.why).toContain('its hash is not the expected one')
  })

  test('of another tenant says nothing of this one, and one of no tenant is missed', async () => {
    const head = { ...(await headOf()), tenantId: 'gone' }
    const verifications = await verifyAudit(database, { expected: [head] })
    expect(verifications.map(({ tenantId, broken }) => [tenantId, broken?.why])).toEqual([
      [TENANT, undefined],
      [OTHER_TENANT, undefined],
      ['gone', 'position 1 is missing']
    ])
  })
})

function forgery(position: number, hash: string): Sql {
  return sql`INSERT INTO "audit" ("tenant_id", "id", "recorded_at", "actor_type", "actor_id", "actor_name", "action",
    "resource_type", "resource_id", "position", "hash")
    VALUES (${TENANT}, 'FORGED', now(), 'user', 'U', 'u', 'create', 'BillCycle', 'C', ${position}, ${hash})`
}

/** Gives one row its right hash, as a forger could. */
async function reseal(position: number): Promise<void> {
  const columns = join(SEALED_COLUMNS.map(identifier), sql`, `)
  const { rows } = await database.run(sql`SELECT ${columns} FROM "audit" WHERE ${at(position)}`)
  const before = await database.run(sql`SELECT "hash" FROM "audit" WHERE ${at(position - 1)}`)
  const hash = hashOf(position, String(before.rows[0]?.[0]), rows[0] ?? [])
  await tamper(sql`UPDATE "audit" SET "hash" = ${hash} WHERE ${at(position)}`)
}
