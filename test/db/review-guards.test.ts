import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { type BillingWorld, runToEnd, startBilling } from '../billing/world.ts'
import { TENANT } from '../support/database.ts'
import { attempt } from './guarded-world.ts'

let world: BillingWorld
beforeAll(async () => {
  world = await startBilling()
  await world.server.call('PATCH', '/admin/v1/tenant/demo', { reviewRules: { zero: true, firstBill: true } })
  await world.addAccounts(2, [{ amount: '100' }])
  await runToEnd(world)
})
afterAll(() => world.close())

/** Adds a copy of the reviews, changed. */
const add = (columns: object) => sql`INSERT INTO "bill_review"
  SELECT (jsonb_populate_record(v, ${JSON.stringify(columns)}::jsonb)).* FROM "bill_review" v LIMIT 1`

test.each<[string, () => Sql, string]>([
  ['a review changes', () => sql`UPDATE "bill_review" SET "score" = 2`, '23000 bill_review_is_immutable'],
  ['it goes without its bill', () => sql`DELETE FROM "bill_review"`, '23000 bill_review_goes_with_bill'],
  ['a bill has two', () => add({}), '23505 bill_review_pkey'],
  ['it is of no bill', () => add({ bill_id: 'X' }), '23503 bill_review_tenant_id_bill_id_fkey'],
  ['it has no reason', () => add({ bill_id: 'X', reasons: [] }), '23514 bill_review_reasons'],
  ['its reasons are no list', () => add({ bill_id: 'X', reasons: {} }), '23514 bill_review_reasons'],
  ['its score is below 0', () => add({ bill_id: 'X', score: -1 }), '23514 bill_review_score'],
  [
    'a tenant requires something unknown',
    () => sql`UPDATE "tenant" SET "release_requires" = '["luck"]' WHERE "id" = ${TENANT}`,
    '23514 tenant_release_requires'
  ]
])('the database refuses that %s', async (_, make, expected) => {
  expect(await attempt(world.server, make())).toBe(expected)
})

test('the database refuses that all reviews go at once', async () => {
  await expect(world.server.database.run(sql`TRUNCATE "bill_review"`)).rejects.toThrow('does not change')
})

test('a review goes with its bill', async () => {
  const { body } = await world.server.call('GET', 'customerBill?limit=1')
  expect((await world.server.call('DELETE', `customerBill/${body[0].id}`)).status).toBe(204)
  const { rows } = await world.server.database.run(sql`SELECT count(*) FROM "bill_review"`)
  expect(rows).toEqual([['1']])
})
