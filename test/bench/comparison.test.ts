import pino from 'pino'
import { expect, test } from 'vitest'
import { fillComparisonData, RUN_ID } from '../../bench/comparison.ts'
import { TENANT } from '../../bench/database.ts'
import { CYCLE_ID } from '../../bench/run-data.ts'
import { furtherJobs } from '../../src/background-jobs.ts'
import { newId } from '../../src/base/ulid.ts'
import { startBillingJobs } from '../../src/billing/jobs.ts'
import { startComparison } from '../../src/comparison/comparison.ts'
import { oneComparison } from '../../src/comparison/list.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

test('the bills of the bench differ where they should, and in nothing else', async () => {
  const { url, database, drop } = await createTestDatabase()
  await fillComparisonData(url, 2_000)
  const context = { database, clock: database.clock, newId, chunkAccounts: 1 }
  const author = { tenantId: TENANT, actor: { type: 'command', id: 'bench', name: 'bench' } } as const
  const wanted = { source: { billCycleId: CYCLE_ID }, billRunId: RUN_ID, tolerance: {} }
  const id = await database.transaction((tx) => startComparison(tx, { ...context, author }, wanted))
  const jobs = await startBillingJobs(url, context, pino({ level: 'silent' }), furtherJobs(context))
  const { summary } = await until('the comparison is done', async () => {
    const found = await oneComparison(database, TENANT, id)
    return found.state === 'done' && found
  })
  await jobs.stop()
  expect(summary?.statuses).toEqual({ equal: 1_978, differs: 20, onlyHere: 2 })
  expect(summary?.reasons).toEqual({ amount: 20, lines: 20 })
  await drop()
})
