import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccounts, addCustomer, addRates } from '../support/accounts.ts'
import { createTestDatabase, TENANT } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { ask, open, post } from './run-world.ts'
import { cleanUp, startServer, until } from './server-process.ts'

const ACCOUNTS = 40
const END_LIMIT_MS = 240_000

afterEach(cleanUp)

const serve = (url: string) => startServer({ DATABASE_URL: url, LOG_LEVEL: 'silent' })

test('a comparison goes on by itself when its server is killed at work, and has its results once', async () => {
  const store = await createTestDatabase()
  const server = await serve(store.url)
  const database = open(store.url)
  const cycleId = await fill(server.root, database)
  const run = await post(server.root, '/billing/v1/billRun', { billCycle: { id: cycleId }, dryRun: true })
  const stateOf = (table: 'run' | 'comparison') =>
    ask(database, table === 'run' ? sql`SELECT "state" FROM "bill_run"` : sql`SELECT "state" FROM "comparison"`)
  await until('the run ends', async () => (await stateOf('run')) === 'done', END_LIMIT_MS)
  await database.run(sql`INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "bill_cycle_id",
      "billing_account_id", "state", "bill_document", "amount_due_value", "amount_due_unit")
    SELECT ${TENANT}, gen_random_uuid(), now(), ${cycleId}, a."id", 'new', '[]', 1, 'EUR' FROM "billing_account" a`)
  // Reading is let through, the results are not.
  const gate = new pg.Client(store.url)
  await gate.connect()
  await gate.query('BEGIN; LOCK TABLE comparison_account IN SHARE MODE')
  await post(server.root, '/billing/v1/comparison', { billCycle: { id: cycleId }, billRun: { id: run.id } })
  await until('the results wait', async () => {
    const { rowCount } = await database.run(sql`SELECT FROM pg_locks
      WHERE "relation" = 'comparison_account'::regclass AND NOT "granted"`)
    return rowCount > 0
  })
  await server.stop('SIGKILL')
  expect(await stateOf('comparison')).toBe('running')
  await gate.query('COMMIT')
  await gate.end()
  await serve(store.url)
  await until('the comparison ends', async () => (await stateOf('comparison')) === 'done', END_LIMIT_MS)
  const counts = await database.run(sql`SELECT (SELECT count(*) FROM "comparison_account"),
    (SELECT ("summary"#>>'{totals,0,accounts}')::int FROM "comparison")`)
  expect(counts.rows).toEqual([[String(ACCOUNTS), String(ACCOUNTS)]])
  await database.close()
  await cleanUp()
  await store.drop()
})

/** Adds a cycle with accounts that have rates. Returns the cycle's id. */
async function fill(root: string, database: Database): Promise<string> {
  const specification = await post(root, `${BASE}/billCycleSpecification`, {
    name: 'Monthly',
    frequency: 'month',
    validFor: { startDateTime: '2026-01-01T00:00:00Z' }
  })
  const cycle = await post(root, `${BASE}/billCycle`, {
    name: 'March 2026',
    validFor: { startDateTime: '2026-03-01T00:00:00Z', endDateTime: '2026-04-01T00:00:00Z' },
    BillCycleSpecification: { id: specification.id }
  })
  await addCustomer(database)
  const ids = Array.from({ length: ACCOUNTS }, (_, at) => `A${at}`)
  await addAccounts(database, ids, { specificationId: specification.id })
  await addRates(database, ids, { amount: '7.123' })
  return cycle.id
}
