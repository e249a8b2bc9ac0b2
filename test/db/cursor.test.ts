import { afterAll, beforeAll, expect, test } from 'vitest'
import { readLong, shortParts } from '../../src/db/cursor.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type PlainRow, type TestDatabase } from '../support/database.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

const rows = (count: number, length: number) =>
  sql`SELECT n, repeat('x', ${length}::int) FROM generate_series(1, ${count}::int) n ORDER BY 1`

const counts = (parts: readonly (readonly unknown[])[]) => parts.map((part) => part.length)
const numbers = (parts: readonly (readonly PlainRow[])[]) => parts.flat().map(([n]) => Number(n))
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

test.each([
  ['none', 0, 10, []],
  ['few', 3, 10, [3]],
  ['as many as come first', 10, 10, [10]],
  ['short ones', 250, 1_000, [10, 100, 100, 40]],
  ['longer ones', 35, 10_000, [10, 10, 10, 5]],
  ['very long ones', 13, 20_000, [10, 1, 1, 1]]
])('a long result of %s comes complete, in parts that are short', async (_, count, length, expected) => {
  const parts = await readLong(store.database, rows(count, length), (found) => Array.fromAsync(found))
  expect(counts(parts)).toEqual(expected)
  expect(numbers(parts as PlainRow[][])).toEqual(upTo(count))
})

test.each([
  ['no rows', 0, 10, []],
  ['short ones', 100, 1_000, [100]],
  ['long ones', 5, 100_000, [2, 2, 1]]
])('%s that are read at once are divided into parts that are short', async (_, count, length, expected) => {
  const parts = [...shortParts((await store.database.run(rows(count, length))).rows)]
  expect(counts(parts)).toEqual(expected)
  expect(numbers(parts as PlainRow[][])).toEqual(upTo(count))
})
