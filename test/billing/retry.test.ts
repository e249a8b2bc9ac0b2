import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addRates } from '../support/accounts.ts'
import type { Answer } from '../support/answer.ts'
import { type BillingWorld, runToEnd, startBilling, untilEnded } from './world.ts'

const RUNS = '/billing/v1/billRun'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling(10)
})
afterEach(() => world.close())

async function retry(runId: string): Promise<Answer> {
  expect((await world.server.call('POST', `${RUNS}/${runId}/retry`)).status).toBe(202)
  return untilEnded(world.server, runId)
}

async function rows(statement: ReturnType<typeof sql>) {
  return (await world.server.database.run(statement)).rows
}

const chunks = (first: number) =>
  rows(sql`SELECT "number", "eligible", "billed" FROM "bill_run_chunk"
  WHERE "number" >= ${first} ORDER BY "number"`)

/** Discards every other bill of a run. */
async function discardHalf(run: Answer): Promise<readonly string[]> {
  const { body } = await world.server.call('GET', 'customerBill?sort=id&limit=1000')
  const half = body.filter((_: Answer, at: number) => at % 2 === 0)
  const filter = `id=${half.map(({ id }: Answer) => id).join()}`
  await world.server.call('POST', `${RUNS}/${run.id}/discard`, { filter })
  return half.map(({ billingAccount }: Answer) => billingAccount.id)
}

test('A retry bills parked accounts in chunks as large as those of the run, and no account between them', async () => {
  const ids = await world.addAccounts(50, [{ amount: '10' }])
  const run = await runToEnd(world)
  const discarded = await discardHalf(run)
  expect(discarded.length).toBe(25)
  await addRates(world.server.database, ids, { amount: '1', date: '2026-03-20' })
  expect(await retry(run.id)).toMatchObject({
    ...{ eligible: 50, billed: 50, parkedCount: 0, parked: [], skipped: [] },
    amount: [{ unit: 'EUR', value: 25 * 11.9 + 25 * 13.09 }]
  })
  // Five chunks of the run, and one that counts the discarded bills.
  expect(await chunks(6)).toEqual([
    ['6', '0', '10'],
    ['7', '0', '10'],
    ['8', '0', '5']
  ])
  expect(await rows(sql`SELECT count(*) FROM "applied_customer_billing_rate" WHERE NOT "is_billed"`)).toEqual([['25']])
})

test('An account at fault in a chunk of a retry is parked alone', async () => {
  await world.addAccounts(20, [{ amount: '10' }])
  const run = await runToEnd(world)
  const [bad = '', ...others] = await discardHalf(run)
  await addRates(world.server.database, [bad, bad], { amount: '900000000000000000', date: '2026-03-20' })
  const retried = await retry(run.id)
  expect(retried).toMatchObject({
    ...{ eligible: 20, billed: 19, parkedCount: 1, skipped: [] },
    parked: [{ billingAccount: { id: bad }, reasonCode: 'reason.databaseRefused' }]
  })
  expect(others.length).toBe(9)
  await world.server.database.run(sql`UPDATE "billing_account" SET "status" = 'ARCHIVED' WHERE "id" = ${bad}`)
  await world.server.call('POST', `${RUNS}/${run.id}/discard`, { filter: `billingAccount.id=${others[0]}` })
  expect(await retry(run.id)).toMatchObject({
    ...{ eligible: 20, billed: 19, parkedCount: 0, skipped: [{ reason: 'noLongerEligible', count: 1 }] }
  })
})

test('A retry that was cancelled before it began goes on', async () => {
  await world.addAccounts(12, [{ amount: '10' }])
  const run = await runToEnd(world)
  await discardHalf(run)
  await world.server.database.run(sql`UPDATE "bill_run" SET "state" = 'cancelled' WHERE "id" = ${run.id}`)
  await world.server.database.run(sql`UPDATE "bill_run_parked" SET "retry" = 0`)
  expect((await world.server.call('GET', `${RUNS}/${run.id}`)).body).toMatchObject({ billed: 6, parkedCount: 0 })
  await world.server.call('POST', `${RUNS}/${run.id}/resume`)
  expect(await untilEnded(world.server, run.id)).toMatchObject({ eligible: 12, billed: 12, parkedCount: 0 })
})

test('A chunk that an earlier release made for one account is billed', async () => {
  const [id] = await world.addAccounts(2, [{ amount: '10' }])
  const run = await runToEnd(world)
  await discardHalf(run)
  const { database } = world.server
  await database.run(sql`DELETE FROM "bill_run_parked"`)
  await database.run(sql`INSERT INTO "bill_run_chunk" ("tenant_id", "bill_run_id", "number", "first_account",
      "last_account", "eligible")
    SELECT "tenant_id", "bill_run_id", max("number") + 1, ${id}, ${id}, 0 FROM "bill_run_chunk" GROUP BY 1, 2`)
  await database.run(sql`UPDATE "bill_run" SET "state" = 'cancelled'`)
  await world.server.call('POST', `${RUNS}/${run.id}/resume`)
  expect(await untilEnded(world.server, run.id)).toMatchObject({ eligible: 2, billed: 2, parkedCount: 0 })
})
