import { expect, test } from 'vitest'
import { runBare } from '../../bench/bare-run.ts'
import { fillRunData } from '../../bench/run-data.ts'
import { runGates, runTables } from '../../bench/run-report.ts'
import type { RunResult } from '../../bench/runs.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase } from '../support/database.ts'

test('what a run is compared with bills every rate of the data of runs, each on the bill of its account', async () => {
  const { url, database, drop } = await createTestDatabase()
  await fillRunData(url, 120, 20)
  await runBare(url, 120)
  const { rows } = await database.run(sql`SELECT count(*), count(DISTINCT r."bill_id"),
      count(*) FILTER (WHERE r."is_billed" AND b."billing_account_id" = r."billing_account_id"
        AND b."amount_due_unit" = r."tax_excluded_amount_unit")
    FROM "applied_customer_billing_rate" r
    JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"`)
  expect(rows).toEqual([['600', '120', '600']])
  await drop()
})

test.each([
  { what: 'quick, small and quiet', given: ran(0.4, 1.3, 3, 1_000), met: [true, true, true, true, true] },
  { what: 'slow', given: ran(0.39, 1, 1), met: [false, true, true, true, true] },
  { what: 'growing', given: ran(1, 1.31, 1), met: [true, false, true, true, true] },
  { what: 'in the way of reads', given: ran(1, 1, 3.1), met: [true, true, false, true, true] },
  { what: 'in the way of bills on demand', given: ran(1, 1, 1, 1_001), met: [true, true, true, false, true] },
  { what: 'slow with documents', given: { ...ran(1, 1, 1), documentMs: 101 }, met: [true, true, true, true, false] }
])('the gates judge a run that is $what', ({ given, met }) => {
  expect(runGates(given).map(({ isMet }) => isMet)).toEqual(met)
})

test('the report tells how many bills a run makes in an hour', () => {
  const text = runTables(ran(0.5, 1, 2))
  expect(text).toMatch(/numbers, taxes and ledger on +500 +1,800,000 +0.50/)
  expect(text).toMatch(/1 process +500 +1,800,000/)
  expect(text).toContain('memory kept after a tenth of the accounts 50 MB, after nine tenths 50 MB; resident')
})

function ran(ratio: number, growth: number, delay: number, demandMs = 100): RunResult {
  const quiet = { perSecond: 200, p50Ms: 1, p99Ms: 10 }
  return {
    accounts: 200_000,
    bare: 1_000,
    ours: 1_000 * ratio,
    memory: { early: 50e6, late: 50e6 * growth, resident: 300e6 },
    smallAccounts: 20_000,
    reads: { quiet, running: { ...quiet, p99Ms: 10 * delay } },
    documentMs: 100,
    demands: { quiet: 40, running: demandMs },
    issuing: [{ processes: 1, perSecond: 500 }]
  }
}
