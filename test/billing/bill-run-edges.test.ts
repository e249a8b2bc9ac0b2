import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { cancelRun, startRun } from '../../src/billing/runs/bill-run.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { addCycle } from '../support/cycles.ts'
import { payIn } from '../support/payments.ts'
import { until } from '../support/until.ts'
import { AUTHOR } from './ledger-world.ts'
import { type BillingWorld, holding, runToEnd, startBilling, untilEnded, untilWaiting } from './world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(async () => {
  const verified = await verifyLedger(world.server.database)
  expect(verified.map(({ difference }) => difference)).toEqual([undefined, undefined])
  await world.close()
})

const RUN = '/billing/v1/billRun'
const CHARGES = [{ amount: '10' }]

async function rows(statement: Sql): Promise<readonly (readonly (string | null)[])[]> {
  return (await world.server.database.run(statement)).rows
}

function addRate(account: string, more: object = {}) {
  return world.server.call('POST', 'appliedCustomerBillingRate', {
    billingAccount: { id: account },
    date: '2026-03-20T00:00:00Z',
    taxExcludedAmount: { unit: 'EUR', value: 3 },
    ...more
  })
}

describe('what a run is asked for', () => {
  test('rates of an account of another system are told of, and bill nothing', async () => {
    await world.addAccounts(2, CHARGES)
    for (const account of ['X2', 'X1', 'X2']) await addRate(account)
    await addRate('X3', { date: '2026-04-20T00:00:00Z' })
    for (const dryRun of [true, false]) {
      const run = await runToEnd(world, { dryRun, billState: 'validated' })
      expect(run).toMatchObject({ state: 'done', eligible: 2, billed: 2, skipped: [], parked: [] })
      expect(run.unknownAccountRates).toEqual([
        { billingAccount: { id: 'X1' }, count: 1 },
        { billingAccount: { id: 'X2' }, count: 2 }
      ])
    }
    expect(await rows(sql`SELECT count(*) FROM "applied_customer_billing_rate" WHERE NOT "is_billed"`)).toEqual([['4']])
  })

  test('a period that ends before it begins is refused when the cycle is posted, and when it is run', async () => {
    await world.addAccounts(1, CHARGES)
    const { server, cycleId } = world
    const validFor = { startDateTime: '2026-04-01T00:00:00Z', endDateTime: '2026-03-01T00:00:00Z' }
    const { body: cycle } = await server.call('GET', `billCycle/${cycleId}`)
    const { BillCycleSpecification } = cycle
    const posted = await server.call('POST', 'billCycle', { name: 'Inverted', validFor, BillCycleSpecification })
    expect(posted).toMatchObject({ status: 400, body: { message: expect.stringContaining('must not be before') } })
    await server.database.run(sql`UPDATE "bill_cycle" SET "valid_for" = ${JSON.stringify(validFor)}`)
    expect(await server.call('POST', RUN, { billCycle: { id: cycleId } })).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('before it begins') }
    })
    expect(await rows(sql`SELECT count(*) FROM "bill_run"`)).toEqual([['0']])
  })

  test('of two runs of one cycle at once one is refused', async () => {
    await world.addAccounts(30, CHARGES)
    const start = () => world.server.call('POST', RUN, { billCycle: { id: world.cycleId } })
    const started = await Promise.all([start(), start(), start()])
    expect(started.map(({ status }) => status).sort()).toEqual([202, 409, 409])
    const run = started.find(({ status }) => status === 202)?.body
    expect(await untilEnded(world.server, String(run?.id))).toMatchObject({ state: 'done', billed: 30 })
    expect(await start()).toMatchObject({ status: 409, body: { message: expect.stringContaining('closed') } })
  })

  test('two cycles of one specification at once bill every rate on one bill', async () => {
    await world.addAccounts(40, [{ amount: '10' }, { amount: '7' }])
    const { server, cycleId } = world
    const { body: march } = await server.call('GET', `billCycle/${cycleId}`)
    const april = await addCycle(server, 4, { BillCycleSpecification: march.BillCycleSpecification })
    const runs = await Promise.all([cycleId, april].map((id) => runToEnd({ ...world, cycleId: id }, SENT)))
    expect(runs.map(({ state }) => state)).toEqual(['done', 'done'])
    expect(runs.reduce((sum, { billed }) => sum + billed, 0)).toBe(40)
    for (const { eligible, billed, skipped } of runs) expect(billed + (skipped[0]?.count ?? 0)).toBe(eligible)
  })
})

const SENT = { billState: 'sent' }

test('a rate that comes late goes into the next cycle', async () => {
  const [id] = await world.addAccounts(1, CHARGES)
  await runToEnd(world, SENT)
  await addRate(String(id))
  const { server, cycleId } = world
  const { body: march } = await server.call('GET', `billCycle/${cycleId}`)
  const april = await addCycle(server, 4, { BillCycleSpecification: march.BillCycleSpecification })
  expect(await runToEnd({ ...world, cycleId: april })).toMatchObject({ billed: 1, amount: [{ value: 3.57 }] })
})

describe('a run that is stopped', () => {
  const context = () => ({ author: AUTHOR, clock: () => '2026-04-02T00:00:00.000Z', newId })

  test('while it is queued bills nothing, and all of it after resume', async () => {
    await world.addAccounts(25, CHARGES)
    const { server, cycleId: billCycleId } = world
    const id = await server.database.transaction(async (tx) => {
      const run = await startRun(tx, context(), { billCycleId, isDry: false, billState: 'new' })
      await cancelRun(tx, context(), run)
      return run
    })
    await untilIdle()
    expect((await server.call('GET', `${RUN}/${id}`)).body).toMatchObject({
      state: 'cancelled',
      eligible: 0,
      billed: 0
    })
    expect((await server.call('POST', `${RUN}/${id}/cancel`)).status).toBe(409)
    expect(await server.call('POST', RUN, { billCycle: { id: world.cycleId } })).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('resume') }
    })
    expect((await server.call('POST', `${RUN}/${id}/resume`)).status).toBe(202)
    expect(await untilEnded(server, id)).toMatchObject({ state: 'done', eligible: 25, billed: 25 })
    expect((await server.call('POST', `${RUN}/${id}/resume`)).status).toBe(409)
  })

  test('in the middle ends what is under way, and bills the others after resume', async () => {
    await world.addAccounts(100, CHARGES)
    const { server, cycleId } = world
    const client = await holding(world.server, 'SELECT FROM "applied_customer_billing_rate" FOR UPDATE')
    const { body } = await server.call('POST', RUN, { billCycle: { id: cycleId }, ...SENT })
    await untilWaiting(world.server, 2)
    expect((await server.call('POST', `${RUN}/${body.id}/cancel`)).body.state).toBe('cancelled')
    await client.release()
    await untilIdle()
    expect((await server.call('GET', `${RUN}/${body.id}`)).body).toMatchObject({ state: 'cancelled', billed: 20 })
    await server.call('POST', `${RUN}/${body.id}/resume`)
    expect(await untilEnded(server, body.id)).toMatchObject({ state: 'done', eligible: 100, billed: 100 })
  })
})

/** Waits until there are no jobs. */
async function untilIdle(): Promise<void> {
  await until('there is no job', async () => (await rows(sql`SELECT FROM graphile_worker.jobs`)).length === 0)
}

describe('a rate that is touched while a run reads it', () => {
  test.each([
    ['removed', 'DELETE FROM "applied_customer_billing_rate"', 4, 47.6],
    ['changed', 'UPDATE "applied_customer_billing_rate" SET "tax_excluded_amount_value" = 1, "version" = 2', 5, 48.79]
  ])('is billed as it is in the end, when it is %s', async (_, change, billed, amount) => {
    await world.addAccounts(5, CHARGES)
    const { server, cycleId } = world
    const client = await holding(world.server, `${change} WHERE "billing_account_id" = 'A000003'`)
    const started = await server.call('POST', RUN, { billCycle: { id: cycleId }, ...SENT })
    await untilWaiting(world.server, 1)
    await client.release()
    expect(await untilEnded(server, started.body.id)).toMatchObject({
      state: 'done',
      eligible: 5,
      billed,
      amount: [{ unit: 'EUR', value: amount }]
    })
  })
})

test('a payment that is under way while its account is billed pays the bill', async () => {
  const [id] = await world.addAccounts(1, CHARGES)
  const { server, cycleId } = world
  const { database } = server
  const run = await database.transaction(async (tx) => {
    const paying = { author: AUTHOR, clock: () => new Date().toISOString(), newId }
    await payIn(tx, paying, String(id), 11.9)
    const started = await server.call('POST', RUN, { billCycle: { id: cycleId }, ...SENT })
    await untilWaiting(world.server, 1)
    return started.body
  })
  expect(await untilEnded(server, run.id)).toMatchObject({ state: 'done', billed: 1 })
  const { body } = await server.call('GET', 'customerBill')
  expect(body).toMatchObject([{ state: 'settled', remainingAmount: { unit: 'EUR', value: 0 } }])
})

test('an account that was parked and is archived since is told of, not lost', async () => {
  await world.addAccounts(3, CHARGES)
  const [bad] = await world.addAccounts(1, [{ amount: '-7' }])
  const run = await runToEnd(world)
  expect(run).toMatchObject({ billed: 3, parked: [{ billingAccount: { id: bad } }] })
  await world.server.database.run(sql`UPDATE "billing_account" SET "status" = 'ARCHIVED' WHERE "id" = ${bad}`)
  await world.server.call('POST', `${RUN}/${run.id}/retry`)
  expect(await untilEnded(world.server, run.id)).toMatchObject({
    eligible: 4,
    billed: 3,
    parked: [],
    skipped: [{ reason: 'noLongerEligible', count: 1 }]
  })
})

test('a cycle whose dates are changed while it is run does not change those of its bills', async () => {
  await world.addAccounts(12, CHARGES)
  const { server, cycleId } = world
  const client = await holding(world.server, 'LOCK TABLE "bill_run_chunk" IN EXCLUSIVE MODE')
  const started = await server.call('POST', RUN, { billCycle: { id: cycleId } })
  await untilWaiting(world.server, 1)
  await server.call('PATCH', `billCycle/${cycleId}`, { billingDate: '2026-06-01T00:00:00Z' })
  await client.release()
  expect(await untilEnded(server, started.body.id)).toMatchObject({ state: 'done', billed: 12 })
  expect(await rows(sql`SELECT DISTINCT "bill_date" FROM "customer_bill"`)).toEqual([['2026-04-01 00:00:00+00']])
})
