import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { later } from '../../src/base/instant.ts'
import { newId } from '../../src/base/ulid.ts'
import type { Transaction } from '../../src/db/database.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { payIn } from '../support/payments.ts'
import type { Reply } from '../support/server.ts'
import { until } from '../support/until.ts'
import { eur } from './foreign-world.ts'
import { AUTHOR, credits, PAYMENT, pay as payNow } from './ledger-world.ts'
import { type BillingWorld, holding, runToEnd, startBilling, untilDone } from './world.ts'

let world: BillingWorld
let account: string
beforeEach(async () => {
  world = await startBilling()
  const [id] = await world.addAccounts(1, [{ amount: '10' }])
  account = String(id)
})
afterEach(async () => {
  const report = reportLedger(await verifyLedger(world.server.database))
  await world.close()
  expect(report).toMatchObject({ isSound: true })
})

/** The clock before it was set back. */
const AHEAD = later(systemClock(), 1_800)
const DAY_BEFORE = later(AHEAD, -86_400).slice(0, 10)
const APRIL = ['2026-04-01', '2026-04-30'] as const
const LAST_OF_APRIL = '2026-04-30T23:59:59.999Z'

async function rows(statement: Sql): Promise<readonly (readonly (string | null)[])[]> {
  return (await world.server.database.run(statement)).rows
}

/** Pays for the account by a clock and returns the payment's id. */
async function payBy(clock: () => string, tx?: Transaction): Promise<string> {
  const taking = (within: Transaction) => payIn(within, { author: AUTHOR, clock, newId }, account, 20)
  return tx ? taking(tx) : world.server.database.transaction(taking)
}

const ask = (from: string, to: string, more = '') =>
  world.server.call('GET', `accounts/${account}/statement?from=${from}&to=${to}${more}`)

const demand = () => untilDone(world.server, { billingAccount: { id: account } })

async function release() {
  const run = await runToEnd(world, { billState: 'new' })
  return world.server.call('POST', `/billing/v1/billRun/${run.id}/release`, { state: 'sent' })
}

test.each<[string, (payment: string) => Promise<unknown>, object]>([
  ['a payment', () => payNow(world.server, account, 3), { payment: '2' }],
  ['a bill on demand and what pays it', demand, { allocation: '1', bill: '1', payment: '1' }],
  [
    'a reversal and what it takes back',
    async (payment) => {
      await demand()
      await world.server.call('POST', `${PAYMENT}/${payment}/reverse`)
    },
    { allocation: '2', bill: '1', payment: '1', reversal: '1' }
  ],
  ['a bill that is released', release, { allocation: '1', bill: '1', payment: '1' }],
  [
    'a bill of another system',
    () =>
      world.server.call('POST', 'customerBill', {
        billingAccount: { id: account },
        ...{ amountDue: eur(7), remainingAmount: eur(2), state: 'sent' }
      }),
    { allocation: '1', bill: '1', payment: '1' }
  ]
])('%s is not posted before what was posted last, though the clock was set back', async (_, happen, journals) => {
  const payment = await payBy(() => AHEAD)
  const before = await ask('2026-01-01', DAY_BEFORE)
  await happen(payment)
  const posted = await rows(sql`SELECT "source_type", count(DISTINCT "journal_id") FROM "ledger_entry" GROUP BY 1`)
  expect(Object.fromEntries(posted)).toEqual(journals)
  expect(await rows(sql`SELECT DISTINCT "posted_at" = ${AHEAD} FROM "ledger_entry"`)).toEqual([['t']])
  expect((await ask('2026-01-01', DAY_BEFORE)).body).toEqual(before.body)
})

test('nothing is posted by a clock that is years ahead, nor to an account that one has posted to', async () => {
  const years = '2099-05-10T12:00:00.000Z'
  await expect(payBy(() => years)).rejects.toMatchObject({ kind: 'conflict', cause: { code: '23514' } })
  await expect(rows(sql`SELECT FROM "ledger_entry"`)).resolves.toEqual([])
  await payBy(() => AHEAD)
  await world.server.database.run(sql`ALTER TABLE "ledger_entry" DISABLE TRIGGER USER`)
  await world.server.database.run(sql`UPDATE "ledger_entry" SET "posted_at" = ${years}`)
  await world.server.database.run(sql`ALTER TABLE "ledger_entry" ENABLE TRIGGER USER`)
  expect(await payNow(world.server, account, 3)).toMatchObject({ status: 409, body: { code: '409' } })
  const others = await world.addAccounts(2, [{ amount: '10' }])
  // A run parks it and bills the others.
  expect(await runToEnd(world, { billState: 'sent' })).toMatchObject({
    state: 'done',
    billed: others.length,
    parked: [{ billingAccount: { id: account }, reason: expect.stringContaining('ahead') }]
  })
})

test('with a clock that goes back a run misses nobody, and posts late only where that was posted last', async () => {
  const others = await world.addAccounts(12, [{ amount: '10' }])
  await payBy(() => AHEAD)
  expect(await runToEnd(world, { billState: 'sent' })).toMatchObject({ state: 'done', eligible: 13, billed: 13 })
  const posted = await rows(sql`SELECT "billing_account_id", min("posted_at") = ${AHEAD}
    FROM "ledger_entry" GROUP BY 1 ORDER BY 1`)
  expect(posted).toEqual([[account, 't'], ...others.map((id) => [id, 'f'])])
})

test('a bill on demand that waits for its account is posted when it is there', async () => {
  await payBy(() => LAST_OF_APRIL)
  const client = await holding(world.server, 'SELECT FROM "account_balance" FOR UPDATE')
  const answered = demand()
  await untilWaiting(1, answered)
  const until = new Date().toISOString()
  await client.release()
  expect(await answered).toMatchObject({ state: 'done' })
  const [row] = await rows(sql`SELECT min("posted_at") >= ${until} FROM "ledger_entry" WHERE "source_type" = 'bill'`)
  expect(row).toEqual(['t'])
})

describe('a statement', () => {
  test.each([
    ['the first payment', 0],
    ['a later payment', 20]
  ])('waits for %s that is under way', async (_, earlier) => {
    if (earlier > 0) await payBy(() => '2026-03-31T12:00:00.000Z')
    const { asked } = await world.server.database.transaction(async (tx) => {
      await payBy(() => LAST_OF_APRIL, tx)
      const asking = ask(...APRIL)
      await untilWaiting(1, asking)
      return { asked: asking }
    })
    const { body } = await asked
    expect(body).toMatchObject({ openingBalance: eur(earlier), closingBalance: eur(earlier + 20) })
  })

  test('does not wait for ever: one that comes to nothing is none', async () => {
    let asked: Promise<Reply> | undefined
    const failing = world.server.database.transaction(async (tx) => {
      await payBy(() => LAST_OF_APRIL, tx)
      asked = ask(...APRIL)
      await untilWaiting(1, asked)
      throw new Error('no money')
    })
    await expect(failing).rejects.toThrow('no money')
    expect((await asked)?.body.closingBalance).toEqual(eur(0))
  })

  test.each([
    ['the first payment', 0],
    ['a later payment', 1]
  ])('makes %s wait until it is read', async (_, earlier) => {
    if (earlier > 0) await payBy(() => '2026-03-31T12:00:00.000Z')
    // Only a statement reads this table.
    const client = await holding(world.server, 'LOCK TABLE "call_charge_types" IN ACCESS EXCLUSIVE MODE')
    const asked = ask(...APRIL)
    await untilWaiting(1, asked)
    let isClockRead = false
    const paid = payBy(() => {
      isClockRead = true
      return new Date().toISOString()
    })
    await untilWaiting(2, paid)
    expect(isClockRead).toBe(false)
    await client.release()
    expect((await asked).body.payments).toEqual(eur(0))
    expect(await paid).toEqual(expect.any(String))
  })

  test('leaves no balance behind', async () => {
    for (const currency of ['EUR', 'JPY']) {
      expect((await ask(...APRIL, `&currency=${currency}`)).body.closingBalance).toEqual({ unit: currency, value: 0 })
    }
    expect(await credits(world.server, account)).toEqual({})
    await payBy(() => LAST_OF_APRIL)
    await ask(...APRIL)
    expect(await credits(world.server, account)).toEqual({ EUR: 20 })
  })
})

/** Waits until connections wait for a lock, before another promise ends. */
async function untilWaiting(count: number, unended: Promise<unknown>): Promise<void> {
  const waiting = sql`SELECT FROM pg_stat_activity WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`
  let hasEnded = false
  const end = () => {
    hasEnded = true
  }
  unended.then(end, end)
  await until(`${count} wait for a lock`, async () => {
    if (hasEnded) throw new Error('it does not wait')
    return (await rows(waiting)).length >= count
  })
}
