import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addAccount, pay, startLedger } from '../billing/ledger-world.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'
import { attempt } from './guarded-world.ts'

let server: TestServer
let paymentId: string
beforeAll(async () => {
  server = await startLedger()
  paymentId = (await pay(server, await addAccount(server), 5)).body.id
  await server.database.run(add({ id: 'open' }))
  await server.database.run(add({ id: 'paid', state: 'assigned', payment_id: paymentId }))
})
afterAll(() => server.close())

function add(columns: object): Sql {
  const row = {
    ...{ tenant_id: TENANT, id: 'new', version: 1, created_at: 'epoch', last_update: 'epoch', state: 'open' },
    ...{ type: 'payment', amount: 5, currency: 'EUR', method: 'cash', value_date: '2026-11-30', reference_key: '' },
    ...{ content_hash: 'x', reason: 'x', reason_code: 'x', reference: `of ${JSON.stringify(columns)}`, ...columns }
  }
  return sql`INSERT INTO "unmatched_payment"
    SELECT * FROM jsonb_populate_record(NULL::"unmatched_payment", ${JSON.stringify(row)}::jsonb)`
}

const KEPT = '23000 unmatched_payment_is_kept'
const change = (values: Sql, id = 'open') => sql`UPDATE "unmatched_payment" SET ${values} WHERE "id" = ${id}`

test.each<[string, () => Sql, string]>([
  [
    'a reference is there twice',
    () => add({ reference: ' of   {"id":"open"}' }),
    '23505 unmatched_payment_own_reference'
  ],
  ['a state is unknown', () => add({ state: 'lost' }), '23514 unmatched_payment_state'],
  ['a type is unknown', () => add({ type: 'gift' }), '23514 unmatched_payment_type'],
  ['an amount is none', () => add({ amount: 0 }), '23514 unmatched_payment_amount'],
  ['a day is none', () => add({ value_date: '2026-13-01' }), '23514 unmatched_payment_value_date'],
  ['it is assigned without a payment', () => add({ state: 'assigned' }), '23514 unmatched_payment_assigned'],
  ['it is open with a payment', () => add({ payment_id: paymentId }), '23514 unmatched_payment_assigned'],
  [
    'a return is assigned',
    () => add({ type: 'return', state: 'assigned', payment_id: paymentId }),
    '23514 unmatched_payment_assigned'
  ],
  ['it is dismissed without a reason', () => add({ state: 'dismissed' }), '23514 unmatched_payment_dismissed'],
  [
    'the payment is none',
    () => add({ state: 'assigned', payment_id: 'x' }),
    '23503 unmatched_payment_tenant_id_payment_id_fkey'
  ],
  ['the amount changes', () => change(sql`"amount" = 6`), KEPT],
  ['the reference changes', () => change(sql`"reference" = 'y'`), KEPT],
  ['what is assigned changes', () => change(sql`"state" = 'open', "payment_id" = NULL`, 'paid'), KEPT],
  ['it goes', () => sql`DELETE FROM "unmatched_payment" WHERE "id" = 'open'`, KEPT]
])('the database refuses that %s', async (_, make, expected) => {
  expect(await attempt(server, make())).toBe(expected)
})

test('the database refuses that all go at once', async () => {
  await expect(server.database.run(sql`TRUNCATE "unmatched_payment"`)).rejects.toThrow('is kept')
})
