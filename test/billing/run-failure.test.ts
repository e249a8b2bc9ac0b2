import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { ATTEMPTS_MAX } from '../../src/jobs/queue.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { until } from '../support/until.ts'
import { breakBills } from './fault-world.ts'
import { type BillingWorld, startBilling, startRun, untilEnded } from './world.ts'

const RUN = '/billing/v1/billRun'
const [ACCOUNTS, CHUNK_ACCOUNTS] = [25, 10]
const FAILURE = 'The chunk 1 failed after all attempts; the log says why. Resume the run.'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling(CHUNK_ACCOUNTS)
})
afterEach(() => world.close())

test('a run with a chunk that fails whenever it is tried is failed, and bills the rest after resume', async () => {
  const { server, cycleId } = world
  const accounts = await world.addAccounts(ACCOUNTS, [{ amount: '10' }])
  // An account of the second of three chunks.
  const fault = await breakBills(server, sql`NEW."billing_account_id" = 'A000013'`)
  const { body: started } = await server.call('POST', RUN, { billCycle: { id: cycleId }, billState: 'sent' })
  const look = async () => (await server.call('GET', `${RUN}/${started.id}`)).body
  // The other chunks are done before the last attempt.
  await until('the others are billed', async () => (await look()).billed >= ACCOUNTS - CHUNK_ACCOUNTS)
  expect(await look()).toMatchObject({ state: 'running' })
  const failed = await until('the run fails', async () => {
    const run = await look()
    return run.state === 'running' ? void (await fault.hurry()) : run
  })
  expect(failed).toMatchObject({ state: 'failed', failure: FAILURE, eligible: 25, billed: 15, parked: [], skipped: [] })
  expect(failed.finishedAt).toBeDefined()
  expect((await told()).at(-1)).toEqual(['BillRunStateChangeEvent', 'failed', '15'])
  expect(await fault.attempts()).toBe(ATTEMPTS_MAX)
  expect(await billed()).toEqual(accounts.filter((_, at) => Math.floor(at / CHUNK_ACCOUNTS) !== 1))

  // It does not restart by itself, and no other run takes its cycle.
  const other = await startRun(world)
  expect(other).toMatchObject({ status: 409, body: { message: expect.stringContaining('is failed; resume it') } })
  await fault.mend()
  const resumed = await server.call('POST', `${RUN}/${started.id}/resume`)
  expect(resumed.status).toBe(202)
  expect(resumed.body).not.toHaveProperty('failure')
  const done = await untilEnded(server, started.id)
  expect(done).toMatchObject({ state: 'done', eligible: 25, billed: 25, amount: [{ unit: 'EUR', value: 297.5 }] })
  expect(done).not.toHaveProperty('failure')
  expect((await told()).map(([, state]) => state)).toEqual(['queued', 'running', 'failed', 'queued', 'running', 'done'])
  expect(await billed()).toEqual(accounts)
  const verified = await verifyLedger(server.database)
  expect(verified.map(({ difference }) => difference)).toEqual([undefined, undefined])
})

/** Returns the events of runs with the state and the billed accounts of each. */
async function told() {
  const { rows } = await world.server.database.run(sql`SELECT "event_type", "document"->>'state', "document"->>'billed'
    FROM "event" WHERE "resource_path" = 'billRun' ORDER BY "position"`)
  return rows
}

/** Returns the accounts of all bills. */
async function billed(): Promise<readonly unknown[]> {
  const { rows } = await world.server.database.run(sql`SELECT "billing_account_id" FROM "customer_bill" ORDER BY 1`)
  return rows.map(([account]) => account)
}
