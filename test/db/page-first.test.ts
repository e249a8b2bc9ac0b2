import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addAccount, startLedger } from '../billing/ledger-world.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

/** Rows of each list, rows of a page, and the most rows read for each shown. */
const [ROWS, PAGE, PER_ROW] = [3_000, 10, 50]
const CHUNKS = 10
const [cycle, specification] = [newId(), newId()]
/** One run and one dry run have all of the bills. */
const [RUN, DRY] = ['1', '2'].map((n) => n.padStart(26, '0')) as [string, string]

let server: TestServer
let run: TestServer['database']['run']
beforeAll(async () => {
  server = await startLedger()
  const account = await addAccount(server)
  const { database } = server
  run = database.run.bind(database)
  const series = sql`generate_series(1, ${ROWS}::int) n`
  const id = sql`lpad(n::text, 26, '0')`
  await database.run(sql`INSERT INTO "bill_cycle_specification" ("tenant_id", "id", "name")
    VALUES (${TENANT}, ${specification}, 'x')`)
  await database.run(sql`INSERT INTO "bill_cycle" ("tenant_id", "id") VALUES (${TENANT}, ${cycle})`)
  await database.run(sql`INSERT INTO "tenant" ("id", "name", "is_operator")
    SELECT concat('many-', n), 'x', false FROM ${series}`)
  await database.run(sql`UPDATE "tenant" SET "is_operator" = true WHERE "id" = ${TENANT}`)
  await database.run(sql`INSERT INTO "payment" ("tenant_id", "id", "created_at", "billing_account_id", "amount",
      "currency", "method", "reference", "name_space", "content_hash")
    SELECT ${TENANT}, ${id}, '2026-01-01'::timestamptz + n * interval '1 s', ${account}, 1, 'EUR', 'cash', n, '', 'x'
    FROM ${series}`)
  await database.run(sql`INSERT INTO "bill_run" ("tenant_id", "id", "bill_cycle_id", "state", "is_dry", "bill_state",
      "dates", "author")
    SELECT ${TENANT}, ${id}, ${cycle}, 'done', n = 2, 'new', '{}', '{}' FROM ${series}`)
  await database.run(sql`INSERT INTO "bill_run_chunk" ("tenant_id", "bill_run_id", "number", "first_account",
      "last_account", "eligible", "skipped", "amounts")
    SELECT ${TENANT}, ${id}, c, 'a', 'b', 1, '{"x": 1}', '{"EUR": 1}'
    FROM ${series}, generate_series(1, ${CHUNKS}::int) c`)
  await database.run(sql`INSERT INTO "audit" ("tenant_id", "id", "recorded_at", "actor_type", "actor_id", "actor_name",
      "action", "resource_type", "resource_id")
    SELECT ${TENANT}, ${id}, now(), 'user', 'u', 'u', 'create', 'X', n FROM ${series}`)
  await database.run(sql`INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "bill_document", "state",
      "billing_account_id", "bill_run_id", "bill_no", "tax_excluded_amount_value")
    SELECT ${TENANT}, ${id}, now(), '[]', 'new', n, CASE WHEN n % 2 = 0 THEN ${RUN} END, n, -1 FROM ${series}`)
  await database.run(sql`INSERT INTO "correction" ("tenant_id", "id", "kind", "created_at", "billing_account_id",
      "currency", "amount", "credited", "reason", "content_hash", "bill_id", "credit_note_id")
    SELECT ${TENANT}, ${id}, 'creditNote', now(), ${account}, 'EUR', 1, 0, 'other', 'x', ${id}, ${id} FROM ${series}`)
  await database.run(sql`INSERT INTO "correction" ("tenant_id", "id", "kind", "created_at", "billing_account_id",
      "currency", "amount", "credited", "reason", "content_hash", "method")
    SELECT ${TENANT}, concat('R', n), 'refund', now(), ${account}, 'EUR', 1, 0, 'other', 'x', 'cash' FROM ${series}`)
  await database.run(sql`INSERT INTO "correction_approval" ("tenant_id", "id", "kind", "state", "created_at",
      "billing_account_id", "currency", "amount", "reason", "content_hash", "body", "requested_by_type",
      "requested_by_id", "requested_by_name")
    SELECT ${TENANT}, ${id}, 'refund', 'pendingApproval', now(), ${account}, 'EUR', 1, 'other', 'x',
      '{"reason": "other"}', 'user', 'u', 'nora' FROM ${series}`)
  await database.run(sql`INSERT INTO "bill_run_dry_bill" ("tenant_id", "bill_run_id", "billing_account_id", "document")
    SELECT ${TENANT}, ${DRY}, ${id}, '{}' FROM ${series}`)
  await database.run(sql`ANALYZE`)
})
afterAll(() => server.close())

interface Plan {
  readonly Plans?: readonly Plan[]
  readonly 'Relation Name'?: string
  readonly 'Parent Relationship'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
}

/** Returns the rows that a plan reads from tables, without one-off reads such as counts. */
function scanned({ Plans = [], ...plan }: Plan): number {
  if (plan['Parent Relationship'] === 'InitPlan') return 0
  const each = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)
  const own = plan['Relation Name'] === undefined ? 0 : each * plan['Actual Loops']
  return Plans.reduce((sum, one) => sum + scanned(one), own)
}

/** Returns the rows read for each row of a list. */
async function readFor(path: string): Promise<readonly number[]> {
  const { database } = server
  const statements: { readonly text: Sql; readonly rows: number }[] = []
  const watch = vi.spyOn(database, 'run')
  watch.mockImplementation(async (text) => {
    const result = await run(text)
    if (result.rowCount >= PAGE) statements.push({ text, rows: result.rowCount })
    return result
  })
  expect((await server.call('GET', path)).status).toBeLessThan(300)
  watch.mockRestore()
  return Promise.all(
    statements.map(async ({ text, rows }) => {
      const plan = await run(sql`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`)
      const [{ Plan }]: [{ Plan: Plan }] = JSON.parse(plan.rows.flat().join('\n'))
      return scanned(Plan) / rows
    })
  )
}

test.each([
  ['payments', '/billing/v1/payment?limit=10'],
  ['credit notes', '/billing/v1/creditNote?limit=10'],
  ['refunds', '/billing/v1/refund?limit=10'],
  ['approvals that wait', '/billing/v1/correctionApproval?limit=10&state=pendingApproval'],
  ['runs', '/billing/v1/billRun?limit=10'],
  ['runs of a cycle', '/billing/v1/billRun?limit=10&billCycle.id=CYCLE'],
  ['tenants', '/admin/v1/tenant?limit=10'],
  ['the audit', '/admin/v1/audit?limit=10'],
  ['bills of a run', '/billing/v1/billRun/RUN/bills'],
  ['bills of a dry run', '/billing/v1/billRun/DRY/bills']
])('a page of %s reads what it shows, and nothing of the others', async (_, path) => {
  const read = await readFor(path.replace('CYCLE', cycle).replace('RUN', RUN).replace('DRY', DRY))
  expect(read.length).toBeGreaterThan(0)
  expect(read.filter((each) => each > PER_ROW)).toEqual([])
})
