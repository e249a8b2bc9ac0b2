import { afterAll, expect, test } from 'vitest'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { rawSql } from '../../src/db/sql.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { resources } from '../support/standard-resources.ts'

/** Every database has a tenant outside the demo. */
const TENANTS = `SELECT * FROM tenant WHERE id <> 'other' ORDER BY id`
const TABLES = [...[...resources.values()].map(({ table }) => table), 'event']

const fresh: TestDatabase[] = []
afterAll(() => Promise.all(fresh.map((each) => each.drop())))

async function create(): Promise<TestDatabase> {
  const made = await createTestDatabase()
  fresh.push(made)
  return made
}

async function query(text: string, { database }: TestDatabase) {
  return (await database.run(rawSql(text))).rows
}

/** Dumps every table, times included. */
function dump(store: TestDatabase) {
  const ledger = 'SELECT * FROM ledger_entry ORDER BY tenant_id, journal_id, line'
  const all = [TENANTS, ...TABLES.map((table) => `SELECT * FROM ${table} ORDER BY tenant_id, id`), ledger]
  return Promise.all(all.map((text) => query(text, store)))
}

test('two databases get the same rows, times included', async () => {
  const [one, two] = [await create(), await create()]
  expect(await fillWithDemoData(one.database)).toBe(true)
  expect(await fillWithDemoData(two.database)).toBe(true)
  const rows = await dump(one)
  expect(rows[1]).toHaveLength(300)
  expect(await dump(two)).toEqual(rows)
})

test('a second time changes nothing, not even what somebody removed', async () => {
  const store = await create()
  await fillWithDemoData(store.database)
  await query(`DELETE FROM customer_bill_on_demand WHERE state <> 'done'`, store)
  const rows = await dump(store)
  expect(await fillWithDemoData(store.database)).toBe(false)
  expect(await dump(store)).toEqual(rows)
})

test('two at once fill once', async () => {
  const store = await create()
  const filled = await Promise.all([fillWithDemoData(store.database), fillWithDemoData(store.database)])
  expect(filled.sort()).toEqual([false, true])
  expect(await query('SELECT count(*) FROM customer_bill', store)).toEqual([['300']])
})

test('a fill that fails leaves nothing behind', async () => {
  const store = await create()
  await query('ALTER TABLE customer_bill_on_demand ADD CHECK (false)', store)
  await expect(fillWithDemoData(store.database)).rejects.toThrow('check constraint')
  const counts = await dump(store)
  expect(counts.slice(1).map((rows) => rows.length)).toEqual([0, 0, 0, 0, 0, 0, 0])
})

test('the name that somebody gave a tenant stays', async () => {
  const store = await create()
  await query(`UPDATE tenant SET name = 'Ours' WHERE id = 'demo'`, store)
  await fillWithDemoData(store.database)
  expect(await query('SELECT id, name FROM tenant ORDER BY id', store)).toEqual([
    ['demo', 'Ours'],
    ['demo2', 'Turmfalke IoT'],
    ['other', 'other']
  ])
})
