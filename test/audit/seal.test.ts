import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hashOf } from '../../src/audit/chain.ts'
import { sealAudit } from '../../src/audit/seal.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { openDatabase } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, OTHER_TENANT, type PlainDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { chainOf, emptyAudit, recordMany, withoutTriggers } from './audit-rows.ts'

describe('the hash of a row', () => {
  test('is the SHA-256 of a JSON array, which any tool can compute again', () => {
    const text = '["1","genesis:demo","demo","Ä\\"",null]'
    expect(hashOf(1, 'genesis:demo', ['demo', 'Ä"', null])).toBe(createHash('sha256').update(text).digest('hex'))
  })

  test('is another one for any other row', () => {
    const columns = fc.array(fc.option(fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 4 })
    const row = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.string({ maxLength: 2 }), columns)
    fc.assert(
      fc.property(row, row, (one, other) => {
        const isSame = isDeepStrictEqual(one, other)
        expect(hashOf(...one) === hashOf(...other)).toBe(isSame)
      })
    )
    expect(hashOf(1, 'p', ['a', null])).not.toBe(hashOf(1, 'p', ['a', 'null']))
    expect(hashOf(1, 'p', ['a', 'b'])).not.toBe(hashOf(1, 'p', ['ab']))
    expect(hashOf(1, '1', ['a'])).not.toBe(hashOf(11, '', ['a']))
  })
})

describe('sealing', () => {
  let store: TestDatabase
  let database: PlainDatabase
  beforeAll(async () => {
    store = await createTestDatabase()
    database = store.database
  })
  afterAll(() => store.drop())
  beforeEach(() => emptyAudit(database))

  test('gives positions in the order of the ids, in as many batches as it takes', async () => {
    const ids = await recordMany(database, 7)
    expect(await sealAudit(database, { batchRows: 3 })).toBe(7)
    expect(await chainOf(database)).toEqual(ids.map((id, index) => ({ position: index + 1, id })))
    expect(await sealAudit(database)).toBe(0)
  })

  test('goes on where it ended', async () => {
    const ids = [...(await recordMany(database, 2))]
    await sealAudit(database)
    ids.push(...(await recordMany(database, 2)))
    await sealAudit(database)
    expect((await chainOf(database)).map(({ id }) => id)).toEqual(ids)
    expect(await verifyAudit(database)).toMatchObject([{ sealed: 4, broken: undefined }, { sealed: 0 }])
  })

  test('a row committed late comes later, whatever its id', async () => {
    const [id] = await recordMany(database, 1)
    await sealAudit(database)
    await insert('0-early')
    await sealAudit(database)
    expect(await chainOf(database)).toEqual([
      { position: 1, id },
      { position: 2, id: '0-early' }
    ])
  })

  test('does not wait for a writer, nor a writer for it', async () => {
    await recordMany(database, 1)
    await database.transaction(async (tx) => {
      await tx.run(insertion('open'))
      expect(await sealAudit(database)).toBe(1)
    })
    await database.transaction(async (tx) => {
      await tx.run(sql`SELECT pg_advisory_xact_lock(678005, hashtext(${TENANT}))`)
      await recordMany(database, 1)
      expect(await sealAudit(database)).toBe(0)
    })
  })

  test('the chains of two tenants are their own', async () => {
    const own = await recordMany(database, 3, TENANT)
    const others = await recordMany(database, 2, OTHER_TENANT)
    expect(await sealAudit(database, { batchRows: 2 })).toBe(5)
    expect((await chainOf(database, TENANT)).map(({ id }) => id)).toEqual(own)
    expect(await chainOf(database, OTHER_TENANT)).toEqual(others.map((id, index) => ({ position: index + 1, id })))
    const [demo, other] = await verifyAudit(database)
    expect([demo?.broken, other?.broken]).toEqual([undefined, undefined])
    expect(demo?.head?.hash).not.toBe(other?.head?.hash)
  })

  test('a tenant that cannot be sealed does not stop the others', async () => {
    await recordMany(database, 1, TENANT)
    await withoutTriggers(database, () => database.run(sql`UPDATE "audit" SET "position" = ${'9223372036854775807'}`))
    await recordMany(database, 1, TENANT)
    await recordMany(database, 2, OTHER_TENANT)
    await expect(sealAudit(database)).rejects.toThrow('bigint')
    expect(await chainOf(database, OTHER_TENANT)).toHaveLength(2)
  })

  test('a signal ends it', async () => {
    await recordMany(database, 2)
    expect(await sealAudit(database, { signal: AbortSignal.abort() })).toBe(0)
    expect(await chainOf(database)).toEqual([])
  })

  test('long documents make short batches', async () => {
    await database.run(sql`
      INSERT INTO "audit" ("tenant_id", "id", "recorded_at", "actor_type", "actor_id", "actor_name", "action",
        "resource_type", "resource_id", "after")
      SELECT ${TENANT}, 'L' || "n", now(), 'user', 'U', 'u', 'create', 'CustomerBill', 'B',
        jsonb_build_object('description', repeat('x', 1000)) FROM generate_series(1, 5) AS "n"`)
    expect(await sealAudit(database, { batchBytes: 2_000 })).toBe(5)
    const { rows } = await database.run(sql`SELECT count(*) FROM "audit" GROUP BY "xmin" ORDER BY 1`)
    expect(rows).toEqual([['1'], ['2'], ['2']])
    expect(await verifyAudit(database, { batchBytes: 1 })).toMatchObject([
      { sealed: 5, broken: undefined },
      { sealed: 0 }
    ])
  })

  test('concurrent writers and sealers of several processes make one chain without gaps', async () => {
    const others = [1, 2].map((n) =>
      openDatabase(
        {
          url: store.url,
          poolSize: 4,
          connectTimeoutMs: 120_000,
          statementTimeoutMs: 120_000,
          applicationName: `p${n}`
        },
        () => undefined
      )
    )
    let isWriting = true
    const writers = [database, ...others].flatMap((each) => [
      recordMany(each, 60, TENANT),
      recordMany(each, 20, OTHER_TENANT)
    ])
    const sealers = [database, ...others].map(async (each) => {
      while (isWriting) await sealAudit(each, { batchRows: 7 })
    })
    await Promise.all(writers)
    isWriting = false
    await Promise.all(sealers)
    await sealAudit(database)
    expect((await chainOf(database, TENANT)).map(({ position }) => position)).toEqual(countTo(180))
    expect((await chainOf(database, OTHER_TENANT)).map(({ position }) => position)).toEqual(countTo(60))
    expect(await verifyAudit(database, { batchRows: 50 })).toMatchObject([
      { tenantId: TENANT, sealed: 180, unsealed: 0, broken: undefined },
      { tenantId: OTHER_TENANT, sealed: 60, unsealed: 0, broken: undefined }
    ])
    await Promise.all(others.map((each) => each.close()))
  })

  const insert = (id: string) => database.run(insertion(id))
})

function insertion(id: string) {
  return sql`INSERT INTO "audit" ("tenant_id", "id", "recorded_at", "actor_type", "actor_id", "actor_name", "action",
    "resource_type", "resource_id") VALUES (${TENANT}, ${id}, now(), 'user', 'U', 'u', 'create', 'BillCycle', 'C')`
}

function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
