import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { asPrepared, identifier, join, prepared, render, type Sql, sql } from '../../src/db/sql.ts'
import { Problem } from '../../src/messages/problem.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

describe('SQL pieces', () => {
  test('values become numbered parameters, pieces are spliced in', () => {
    const inner = sql`b = ${2} AND c = ${3}`
    expect(render(sql`a = ${1} AND ${inner} AND d = ${4}`)).toEqual({
      text: 'a = $1 AND b = $2 AND c = $3 AND d = $4',
      values: [1, 2, 3, 4]
    })
    expect(render(join([sql`x`, sql`${1}`, sql``], sql`, `))).toEqual({ text: 'x, $1, ', values: [1] })
    expect(render(join([], sql`, `))).toEqual({ text: '', values: [] })
  })

  test('an object that only looks like a piece is a value', () => {
    const forged = { strings: ['DROP TABLE x'], values: [] }
    expect(render(sql`SELECT ${forged}`)).toEqual({ text: 'SELECT $1', values: [forged] })
  })

  test.each(['a"; DROP TABLE x; --', 'A', '', '1a', 'a b', 'x'.repeat(64), 'ä'])(
    '%s passes the gate for names never',
    (name) => {
      expect(() => identifier(name)).toThrow('not an SQL identifier')
    }
  )
})

describe('the database', () => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await createTestDatabase()
    await store.database.run(sql`CREATE TABLE "counter" ("n" int)`)
    await store.database.run(sql`INSERT INTO "counter" VALUES (0)`)
  })
  afterAll(() => store.drop())
  const counted = async () => (await store.database.run(sql`SELECT "n" FROM "counter"`)).rows[0]?.[0]

  test('a transaction that throws leaves nothing', async () => {
    const before = await counted()
    const failing = store.database.transaction(async (tx) => {
      await tx.run(sql`UPDATE "counter" SET "n" = "n" + 1`)
      throw new Problem('conflict', 'test.no', 'no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await counted()).toBe(before)
  })

  test('a prepared statement whose table was changed since is 503 once, and prepared anew', async () => {
    const settings = { poolSize: 1, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000, applicationName: 'test' }
    const database = openDatabase({ url: store.url, ...settings }, () => undefined)
    const read = () => database.run(prepared`SELECT "m" FROM "changed"`)
    await database.run(sql`CREATE TABLE "changed" ("m" int)`)
    await read()
    await store.database.run(sql`ALTER TABLE "changed" ALTER COLUMN "m" TYPE bigint`)
    await expect(read()).rejects.toMatchObject({ kind: 'unavailable' })
    expect((await read()).rowCount).toBe(0)
    await database.close()
  })

  test('a transaction is tried again from its start when Postgres gives it up as a deadlock', async () => {
    const before = Number(await counted())
    let attempts = 0
    await store.database.transaction(async (tx) => {
      attempts++
      await tx.run(sql`UPDATE "counter" SET "n" = "n" + 1`)
      if (attempts < 3) await tx.run(sql`DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$`)
    })
    expect(attempts).toBe(3)
    expect(Number(await counted())).toBe(before + 1)
  })

  test('a prepared statement answers texts and a count for values of every kind, and fails as any other', async () => {
    await store.database.transaction(async (tx) => {
      const run = (statement: Sql) => tx.run(asPrepared(statement))
      const rows = (numbers: unknown) => run(sql`SELECT n, n = ${2}::int, NULL FROM unnest(${numbers}::int[]) n`)
      for (const numbers of ['{1,2}', [1, 2], '{1,2}']) {
        const found = [
          ['1', 'f', null],
          ['2', 't', null]
        ]
        expect(await rows(numbers)).toEqual({ rows: found, rowCount: 2 })
      }
      expect(await rows(undefined)).toEqual({ rows: [], rowCount: 0 })
      const none = sql`UPDATE "counter" SET "n" = "n" WHERE ${false}::boolean`
      expect(await run(none)).toEqual({ rows: [], rowCount: 0 })
      expect((await run(sql`INSERT INTO "counter" VALUES (101), (102), (${103})`)).rowCount).toBe(3)
      expect((await run(sql`DELETE FROM "counter" WHERE "n" > ${100}`)).rowCount).toBe(3)
    })
    const divided = (by: number) => store.database.run(prepared`SELECT 6 / ${by}::int`)
    for (const _ of ['parsed', 'known']) {
      const error = await divided(0).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: '22012', stack: expect.stringContaining('database.ts') })
      expect((await divided(2)).rows).toEqual([['3']])
    }
  })

  test('a server that does not answer is a problem of its own, without the address', async () => {
    const settings = { poolSize: 1, connectTimeoutMs: 500, statementTimeoutMs: 1000, applicationName: 'x' }
    const nowhere = openDatabase({ ...settings, url: 'postgres://user:secret@127.0.0.1:1/x' }, () => undefined)
    const problem = await nowhere.run(sql`SELECT 1`).catch((error: unknown) => error)
    expect(problem).toMatchObject({ kind: 'unavailable', headers: { 'Retry-After': '5' } })
    expect((problem as Problem).message).not.toContain('127.0.0.1')
    await nowhere.close()
  })

  test('schema.prisma and the migrations agree', async () => {
    const { diffMigrations } = await import('../../src/db/migrations.ts')
    expect(await diffMigrations(store.url)).toBe('')
  })

  test('every text column sorts by code point, and the order of -billDate has its index', async () => {
    const plain = sql`SELECT table_name || '.' || column_name FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
        AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`
    expect((await store.database.run(plain)).rows).toEqual([])
    const indexes = sql`SELECT count(*) FROM pg_indexes
      WHERE schemaname = 'public' AND indexdef LIKE '%DESC NULLS LAST%'`
    expect(Number((await store.database.run(indexes)).rows[0]?.[0])).toBeGreaterThanOrEqual(4)
  })
})
