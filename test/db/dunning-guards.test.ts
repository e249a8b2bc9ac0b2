import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addAccount, pay } from '../billing/ledger-world.ts'
import { type DunningWorld, startDunning } from '../dunning/world.ts'
import { attempt } from './guarded-world.ts'

let world: DunningWorld
beforeAll(async () => {
  world = await startDunning()
  await world.plan([{ daysAfterDue: 1, action: 'event' }])
  await world.walk(0)
  const account = await addAccount(world.server)
  await world.bill(account, 10)
  await world.walk(1)
  const body = { billingAccount: { id: account }, until: new Date().toISOString().slice(0, 10) }
  await world.server.call('POST', '/billing/v1/paymentPromise', body)
})
afterAll(() => world.close())

/** Adds a copy of the step, changed. */
const add = (columns: object) => sql`INSERT INTO "dunning_step"
  SELECT (jsonb_populate_record(s, ${JSON.stringify({ id: 'X', ...columns })}::jsonb)).* FROM "dunning_step" s LIMIT 1`

const ONCE = '23505 dunning_step_tenant_id_bill_id_days_after_due_action_key'
const NOT_DUE = '23514 dunning_step_of_due_bill'
const KEPT = '23000 payment_promise_kept'

test.each<[string, () => Sql, string]>([
  ['a bill gets a step twice', () => add({}), ONCE],
  ['a bill gets a step for more than is due', () => add({ action: 'reminder', overdue_amount: 101 }), NOT_DUE],
  ['a bill gets a step of another currency', () => add({ action: 'reminder', currency: 'USD' }), NOT_DUE],
  ['a bill gets a step before it is due', () => add({ action: 'fee', created_at: '2026-01-01T00:00Z' }), NOT_DUE],
  ['a step does something unknown', () => add({ action: 'shout' }), '23514 dunning_step_action'],
  ['a step is early', () => add({ days_after_due: 99 }), '23514 dunning_step_overdue'],
  ['a step without a fee has one', () => add({ fee_rate_id: 'X' }), '23514 dunning_step_rates'],
  ['a step changes', () => sql`UPDATE "dunning_step" SET "day" = "day" - 1`, '23000 dunning_step_immutable'],
  ['a step goes', () => sql`DELETE FROM "dunning_step"`, '23000 dunning_step_immutable'],
  ['a promise is longer', () => sql`UPDATE "payment_promise" SET "until" = "until" + 1`, KEPT],
  ['a promise goes', () => sql`DELETE FROM "payment_promise"`, KEPT]
])('the database refuses that %s', async (_, make, expected) => {
  expect(await attempt(world.server, make())).toBe(expected)
})

test('the database refuses that all steps go at once, and that a paid bill gets one', async () => {
  await expect(world.server.database.run(sql`TRUNCATE "dunning_step"`)).rejects.toThrow('does not change')
  const { rows } = await world.server.database.run(sql`SELECT "billing_account_id" FROM "dunning_step"`)
  await pay(world.server, String(rows[0]?.[0]), 100)
  expect(await attempt(world.server, add({ action: 'reminder' }))).toBe(NOT_DUE)
})
