import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { bill, type ComparisonWorld, startComparing } from '../comparison/comparison-world.ts'
import { attempt } from './guarded-world.ts'

let world: ComparisonWorld
beforeAll(async () => {
  world = await startComparing()
  const [account = '', other = ''] = await world.addAccounts(2, [{ amount: '100' }])
  await world.legacy(bill(account, [100, 120]), bill('X-1', [1, 2]), bill(other, [100, 119]))
  await world.compare(await world.dryRun())
})
afterAll(() => world.close())

const STATE = '23514 comparison_state'
const STATUS = '23514 comparison_account_status'
const SIDES = '23514 comparison_account_sides'

const change = (values: Sql) => sql`UPDATE "comparison" SET ${values}`
/** Adds a copy of the account that differs, changed. */
const add = (columns: object) => sql`INSERT INTO "comparison_account"
  SELECT (jsonb_populate_record(a, ${JSON.stringify({ position: 9, billing_account_id: 'X', ...columns })}::jsonb)).*
  FROM "comparison_account" a WHERE "status" = 'differs'`

test.each<[string, () => Sql, string]>([
  ['a comparison is in no state', () => change(sql`"state" = 'x'`), STATE],
  ['it has results before its end', () => change(sql`"state" = 'running', "finished_at" = NULL`), STATE],
  ['it is done without results', () => change(sql`"summary" = NULL`), STATE],
  ['it fails without a reason', () => change(sql`"state" = 'failed', "summary" = NULL`), STATE],
  ['it is of nothing', () => change(sql`"bill_cycle_id" = NULL`), '23514 comparison_of_one_source'],
  ['it is of a cycle and an upload', () => change(sql`"upload_id" = 'x'`), '23514 comparison_of_one_source'],
  ['its tolerance is a number', () => change(sql`"tolerance" = '1'`), '23514 comparison_tolerance'],
  ['its cycle goes', () => sql`DELETE FROM "bill_run"`, '23503 comparison_tenant_id_bill_run_id_fkey'],
  ['an account is there twice', () => add({ billing_account_id: 'A000000' }), '23505 comparison_account_pkey'],
  [
    'two accounts are at one place',
    () => add({ position: 1 }),
    '23505 comparison_account_tenant_id_comparison_id_position_key'
  ],
  ['an account is equal with a reason', () => add({ status: 'equal' }), STATUS],
  ['an account differs without one', () => add({ reasons: [] }), STATUS],
  ['an account with bills on both sides is on one', () => add({ status: 'onlyHere' }), STATUS],
  ['a side has bills without an amount', () => add({ here_amount: null }), SIDES],
  ['a side has an amount without bills', () => add({ there_bills: 0 }), SIDES],
  ['the difference is not that of the amounts', () => add({ difference: 7 }), SIDES],
  [
    'what was found changes',
    () => sql`UPDATE "comparison_account" SET "here_bills" = 2`,
    '23000 comparison_account_is_immutable'
  ]
])('the database refuses that %s', async (_, make, expected) => {
  expect(await attempt(world.server, make())).toBe(expected)
})

test('the database refuses that all accounts go at once', async () => {
  await expect(world.server.database.run(sql`TRUNCATE "comparison_account"`)).rejects.toThrow('does not change')
})
