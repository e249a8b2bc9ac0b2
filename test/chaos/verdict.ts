import { expect } from 'vitest'
import { sealAudit } from '../../src/audit/seal.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { ask } from '../process/run-world.ts'
import { until } from '../support/until.ts'
import type { Log } from './clients.ts'
import type { ChaosWorld } from './world.ts'

/** Waits until nothing waits. `isLong`: also until the locks of dead processes have expired. */
export async function untilDone({ database }: ChaosWorld, isLong: boolean): Promise<void> {
  const isDone = sql`SELECT NOT EXISTS (SELECT FROM "customer_bill_on_demand" WHERE "state" = 'inProgress')
    AND NOT EXISTS (SELECT FROM "bill_run" WHERE "state" IN ('queued', 'running'))
    AND NOT EXISTS (SELECT FROM graphile_worker.jobs
      WHERE ${isLong}::bool OR locked_at IS NULL AND attempts < max_attempts)`
  await until('every request, run and job is done', async () => (await ask(database, isDone)) === 't')
}

/** Expects all acknowledged work once, nothing else, and sound books. */
export async function expectKept({ database }: ChaosWorld, log: Log): Promise<void> {
  const all = async (statement: Sql) => (await database.run(statement)).rows
  const payments = await all(sql`SELECT "reference", "id", trim_scale("amount") FROM "payment"`)
  const wanted = [...log.payments].map(([reference, { id, value }]) => [reference, id, String(value)])
  expect(payments.map(String).sort()).toEqual(wanted.map(String).sort())
  expect(log.payments.size).toBe(log.sentReferences.size)
  const rates = await all(sql`SELECT "external_id" FROM "applied_customer_billing_rate"`)
  expect(rates.map(([id]) => id).sort()).toEqual([...log.rates].sort())
  expect(log.rates.size).toBe(log.sentRates.size)
  const demands = await all(sql`SELECT "id" FROM "customer_bill_on_demand" WHERE "state" IN ('done', 'rejected')`)
  expect([...log.demands].filter((id) => !demands.some(([found]) => found === id))).toEqual([])
  expect(
    await all(sql`SELECT count(*) FROM "customer_bill_on_demand" WHERE "state" NOT IN ('done', 'rejected')`)
  ).toEqual([['0']])
  const left = sql`SELECT count(*) FROM "customer_bill" WHERE "bill_run_id" = ANY (${[...log.released]}::text[])
    AND "state" = 'new'`
  expect(await all(left)).toEqual([['0']])
  await expectGapless(all)
  const ledgers = await verifyLedger(database)
  expect(ledgers.map(({ difference }) => difference)).toEqual(ledgers.map(() => undefined))
  await sealAudit(database)
  const audits = await verifyAudit(database)
  expect(audits.map(({ broken }) => broken)).toEqual(audits.map(() => undefined))
}

/** Expects each rate on one bill at most, and bill numbers without gaps and duplicates. */
async function expectGapless(all: (statement: Sql) => Promise<readonly (readonly (string | null)[])[]>): Promise<void> {
  const numbers = (await all(sql`SELECT "bill_no" FROM "customer_bill" WHERE "bill_no" IS NOT NULL`)).map(([no]) => no)
  const series = new Map<string, number[]>()
  for (const number of numbers) {
    const [, prefix = '', digits = ''] = /^(.*?)(\d+)$/.exec(String(number)) ?? []
    series.set(prefix, [...(series.get(prefix) ?? []), Number(digits)])
  }
  for (const [prefix, found] of series) {
    expect(
      found.sort((a, b) => a - b),
      prefix
    ).toEqual(found.map((_, at) => at + 1))
  }
  const twice = sql`SELECT count(*) FROM (SELECT FROM "customer_bill" WHERE "bill_run_id" IS NOT NULL
    GROUP BY "bill_run_id", "billing_account_id" HAVING count(*) > 1) x`
  expect(await all(twice)).toEqual([['0']])
}
