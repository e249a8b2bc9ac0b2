import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addAccount, addBill, startLedger } from '../billing/ledger-world.ts'
import type { TestServer } from '../support/server.ts'
import { attempt } from './guarded-world.ts'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
  const bill = await addBill(server, await addAccount(server), { rates: { usageCharge: '10' }, state: 'sent' })
  const { body: rates } = await server.call('GET', `appliedCustomerBillingRate?bill.id=${bill}`)
  const dispute = { bill: { id: bill }, reason: 'other', lines: [{ rate: { id: rates[0].id } }], reference: 'r' }
  expect((await server.call('POST', '/billing/v1/dispute', dispute)).status).toBe(201)
})
afterAll(() => server.close())

/** Copies the dispute with other values. */
function copy(values: object): Sql {
  const others = JSON.stringify({ id: newId(), reference: null, ...values })
  return sql`INSERT INTO "dispute" SELECT (jsonb_populate_record(d, ${others}::jsonb)).* FROM "dispute" d`
}

const update = (assignment: Sql) => sql`UPDATE "dispute" SET ${assignment}`
const ENDED = sql`"state" = 'rejected', "closed_at" = '2026-12-01', "answer" = 'no'`

test.each<[string, readonly Sql[], string]>([
  ['more is disputed than remains', [copy({ amount: 0.01 })], '23514 dispute_within_bill'],
  ['nothing is disputed', [copy({ amount: 0 })], '23514 dispute_amount'],
  ['nobody opens it', [copy({ opened_by: 'x' })], '23514 dispute_opened_by'],
  ['it is in no known state', [copy({ state: 'x' })], '23514 dispute_state'],
  ['it begins in progress', [copy({ state: 'inProgress' })], '23514 dispute_begins'],
  ['a reference comes twice', [copy({ reference: 'r', amount: 1 })], '23505 dispute_once'],
  ['a line is disputed twice', [secondLine()], '23505 dispute_line_open'],
  [
    'it is resolved without a note',
    [update(sql`"state" = 'resolved', "closed_at" = '2026-12-01'`)],
    '23514 dispute_state'
  ],
  [
    'it is rejected without an answer',
    [update(sql`"state" = 'rejected', "closed_at" = '2026-12-01'`)],
    '23514 dispute_state'
  ],
  ['it ends and is open', [update(sql`"state" = 'cancelled'`)], '23514 dispute_state'],
  ['it changes', [update(sql`"amount" = 1`)], '23000 dispute_kept'],
  ['it changes at its end', [update(sql`${ENDED}, "amount" = 1`)], '23000 dispute_kept'],
  ['it ends twice', [update(ENDED), update(sql`"answer" = 'yes'`)], '23000 dispute_kept'],
  ['it goes back', [update(sql`"state" = 'inProgress'`), update(sql`"state" = 'acknowledged'`)], '23000 dispute_kept'],
  ['it is removed', [sql`DELETE FROM "dispute"`], '23000 dispute_kept'],
  ['all are removed at once', [sql`TRUNCATE "dispute" CASCADE`], '23000 dispute_kept'],
  ['its lines change', [sql`UPDATE "dispute_line" SET "amount" = 1`], '23000 dispute_line_kept'],
  ['its lines end before it', [sql`UPDATE "dispute_line" SET "is_open" = FALSE`], '23000 dispute_line_kept'],
  ['its lines are removed', [sql`DELETE FROM "dispute_line"`], '23000 dispute_line_kept'],
  ['its lines are removed at once', [sql`TRUNCATE "dispute_line"`], '23000 dispute_line_kept'],
  ['a hold leads nowhere', [sql`UPDATE "dispute_hold" SET "bill_state" = 'new'`], '23514 dispute_hold_state'],
  [
    'a bill in dispute leaves its hold',
    [sql`UPDATE "customer_bill" SET "state" = 'sent', "hold_reason" = NULL WHERE "state" = 'onHold'`],
    '23514 disputed_bill_held'
  ]
])('the database refuses that %s', async (_, statements, expected) => {
  expect(await attempt(server, statements)).toBe(expected)
})

test('the end of a dispute ends its lines', async () => {
  expect(await attempt(server, [update(ENDED), sql`UPDATE "dispute_line" SET "is_open" = FALSE`])).toBe('done')
})

function secondLine(): Sql {
  return sql`INSERT INTO "dispute_line" SELECT (jsonb_populate_record(l, '{"position": 2}')).* FROM "dispute_line" l`
}
