import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const RUNS = 20
/** Of the rows of one statement, as text. */
const SIZE = 2_000_000
/** Its rows would be kept by each run. */
const KEPT_MAX = (RUNS * SIZE) / 4

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

test('the rows of earlier statements are gone after each collection of what is new', async () => {
  setFlagsFromString('--expose-gc')
  const collect: NonNullable<typeof globalThis.gc> = runInNewContext('gc')
  const rows = sql`SELECT n, repeat('x', 100), repeat('y', 100) FROM generate_series(1, ${SIZE / 200}::int) n`
  const used = async () => {
    const { rowCount } = await store.database.run(rows)
    collect({ type: 'minor' })
    return [rowCount, process.memoryUsage().heapUsed] as const
  }
  // Compiles what it needs.
  await used()
  await used()
  collect({ type: 'major' })
  const [, before] = await used()
  let after = before
  for (let run = 0; run < RUNS; run++) {
    const [rowCount, heap] = await used()
    expect(rowCount).toBe(SIZE / 200)
    after = heap
  }
  expect(after - before).toBeLessThan(KEPT_MAX)
})
