import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const RUNS = 20
/** Of the value and of the rows of one statement, as text. */
const SIZE = 2_000_000
/** Both would be kept by each run. */
const KEPT_MAX = (RUNS * SIZE) / 4
const PROGRAM = path.join(import.meta.dirname, 'kept-memory.ts')

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

test('the values and rows of earlier statements are gone after each collection of what is new', async () => {
  const args = ['--expose-gc', PROGRAM, store.url, String(RUNS), String(SIZE)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(stdout).toMatch(/^-?\d+\n$/)
  expect(Number(stdout)).toBeLessThan(KEPT_MAX)
})
