import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identifier, join, type Sql, sql } from '../../src/db/sql.ts'
import { createTestDatabase, TENANT } from '../support/database.ts'
import { attempt, copyOf, type GuardedBills, type GuardedWorld, lineOf, startGuarded } from './guarded-world.ts'

let world: GuardedWorld
let bills: GuardedBills
beforeAll(async () => {
  world = await startGuarded()
  bills = world.bills
})
afterAll(() => world.close())

type Make = (bills: GuardedBills) => Sql | readonly Sql[]
const BILL = '23000 issued_bill_immutable'
const LINES = '23000 issued_lines_immutable'
const LEDGER = '23000 ledger_is_immutable'
const BALANCED = '23000 ledger_is_balanced'
const OVERPAID = '23514 customer_bill_not_overpaid'
const NUMBER = '23505 customer_bill_number_once'
const NEGATIVE = '23514 account_balance_not_negative'
const HOLD = '23514 customer_bill_reason_of_hold'
const CALLS = '23000 call_charge_types_are_immutable'

const ISSUED = ['run', 'demand', 'foreign'] as const
const MADE = ['run', 'demand', 'foreign', 'draft'] as const

/** Columns of an issued bill that payments and people change; every other is kept. */
const FREE = 'version last_update state hold_reason remaining_amount_value applied_payment related_bill'.split(' ')
const KEPT = [
  ...['tenant_id', 'id', 'partner_id', 'extension', 'created_at', 'at_type', 'at_base_type', 'at_schema_location'],
  ...['bill_no', 'bill_date', 'category', 'next_bill_date', 'payment_due_date', 'run_type', 'amount_due_value'],
  ...['amount_due_unit', 'remaining_amount_unit', 'tax_excluded_amount_value', 'tax_excluded_amount_unit'],
  ...['tax_included_amount_value', 'tax_included_amount_unit', 'bill_cycle_id', 'bill_cycle', 'bill_document'],
  ...['billing_account_id', 'billing_account', 'billing_period', 'financial_account_id', 'financial_account'],
  ...['payment_method_id', 'payment_method', 'related_party', 'tax_item', 'issued_as', 'rounding_amount'],
  ...['bill_run_id', 'letterhead_id', 'recipient', 'applied_tax_profile']
]

const change = (id: string, values: Sql) => sql`UPDATE "customer_bill" SET ${values} WHERE "id" = ${id}`
/** Another value of a column, by its type. */
const OTHERS: Readonly<Record<string, Sql>> = {
  text: sql`'x'`,
  jsonb: sql`'{"x": 1}'`,
  numeric: sql`12345`,
  'timestamp with time zone': sql`'epoch'`
}

describe('of an issued bill', () => {
  test('every column is either kept or free', async () => {
    const columns = sql`SELECT column_name FROM information_schema.columns WHERE table_name = 'customer_bill'`
    const { rows } = await world.database.run(columns)
    expect(rows.flat().sort()).toEqual([...KEPT, ...FREE].sort())
  })

  test.each(KEPT)('%s does not change', async (column) => {
    const { rows } = await world.database.run(sql`SELECT data_type FROM information_schema.columns
      WHERE table_name = 'customer_bill' AND column_name = ${column}`)
    const other = OTHERS[String(rows[0]?.[0])] ?? sql`NULL`
    for (const name of ISSUED) {
      const statement = change(bills[name], sql`${identifier(column)} = ${other}`)
      expect([name, await attempt(world, statement)]).toEqual([name, BILL])
    }
  })

  test.each<[string, Sql]>([
    ['version', sql`"version" = "version" + 1`],
    ['last_update', sql`"last_update" = now()`],
    ['state', sql`"state" = 'onHold'`],
    ['hold_reason', sql`"state" = 'onHold', "hold_reason" = 'x'`],
    ['remaining_amount_value', sql`"remaining_amount_value" = 0`],
    ['applied_payment', sql`"applied_payment" = '[]'`]
  ])('%s may change', async (_, values) => {
    const outcomes = ISSUED.map((name) => attempt(world, change(bills[name], values)))
    expect(await Promise.all(outcomes)).toEqual(ISSUED.map(() => 'done'))
  })
})

const addLine = (bill: Sql) => sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "is_billed",
  "bill_id") SELECT ${TENANT}, 'x', true, ${bill}`
const setLine = (line: string, values: Sql) =>
  sql`UPDATE "applied_customer_billing_rate" SET ${values} WHERE "id" = ${line}`
const touched = (bill: string) => sql`WITH "touched" AS (
  UPDATE "customer_bill" SET "version" = "version" + 1 WHERE "id" = ${bill} RETURNING "id")`

describe.each(MADE)('to the bill %s', (name) => {
  test.each<[string, (bills: GuardedBills, bill: string, line: string) => Sql]>([
    ['a line is added', (_, bill) => addLine(sql`${bill}`)],
    [
      'a line is added with a change of the bill',
      (_, bill) => sql`${touched(bill)} ${addLine(sql`"id" FROM "touched"`)}`
    ],
    ['a rate is moved', ({ rate }, bill) => setLine(rate, sql`"bill_id" = ${bill}`)],
    [
      'a rate is moved with a change of the bill',
      ({ rate }, bill) => sql`${touched(bill)} ${setLine(rate, sql`"bill_id" = (SELECT "id" FROM "touched")`)}`
    ],
    ['a line is changed', (_, __, line) => setLine(line, sql`"tax_excluded_amount_value" = 1`)],
    ['a line is taken away', (_, __, line) => setLine(line, sql`"bill_id" = NULL, "is_billed" = false`)],
    ['a line goes to another bill', ({ open }, _, line) => setLine(line, sql`"bill_id" = ${open}`)],
    ['a line is removed', (_, __, line) => sql`DELETE FROM "applied_customer_billing_rate" WHERE "id" = ${line}`]
  ])('nobody manages that %s', async (_, make) => {
    const line = await lineOf(world, bills[name])
    expect(await attempt(world, make(bills, bills[name], line))).toBe(LINES)
  })
})

const entries = (...rows: readonly (readonly [line: number, currency: string, amount: number])[]) =>
  sql`INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book", "billing_account_id",
    "currency", "amount", "source_type", "source_id") VALUES ${join(
      rows.map(
        ([line, currency, amount]) => sql`(${TENANT}, 'x', ${line}, now(), 'cash', 'A', ${currency}, ${amount},
          'payment', 'x')`
      ),
      sql`, `
    )}`
const rates = (...ids: readonly string[]) => sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id",
  "is_billed", "external_id") SELECT ${TENANT}, "id", false, 'x' FROM unnest(${ids}::text[]) "id"`
const queued = (count: number) => sql`INSERT INTO "bill_run" SELECT (jsonb_populate_record(r,
  jsonb_build_object('id', n, 'state', 'queued'))).* FROM "bill_run" r CROSS JOIN generate_series(1, ${count}::int) n`
const FIRST_LETTERHEAD = sql`"letterhead_id" = (SELECT min("id") FROM "letterhead" WHERE "tenant_id" = ${TENANT}),
  "recipient" = '{}'`
const creditNote = (bill: string, remaining: number) =>
  copyOf(bill, { id: 'x', bill_no: 'x', amount_due_value: -10, remaining_amount_value: remaining })
const WITHOUT_DOCUMENT = { id: 'x', letterhead_id: null, recipient: null }

test.each<[string, Make, string]>([
  ['an issued bill is removed', ({ run }) => sql`DELETE FROM "customer_bill" WHERE "id" = ${run}`, BILL],
  ['the issue is undone', ({ run }) => change(run, sql`"issued_as" = NULL, "state" = 'new'`), BILL],
  ['a bill that is not held has a reason to be', ({ run }) => change(run, sql`"hold_reason" = 'x'`), HOLD],
  ['all bills are removed at once', () => sql`TRUNCATE "customer_bill" CASCADE`, '23000 issued_bill_no_truncate'],
  [
    'all lines are removed at once',
    () => sql`TRUNCATE "applied_customer_billing_rate" CASCADE`,
    '23000 issued_lines_no_truncate'
  ],
  [
    'a line comes after the document of a bill of another system',
    ({ foreign }) => [copyOf(foreign, WITHOUT_DOCUMENT), change('x', FIRST_LETTERHEAD), addLine(sql`'x'`)],
    LINES
  ],
  [
    'a cycle gives an account a second bill',
    ({ run }) => copyOf(run, { id: 'x', bill_no: 'x' }),
    '23505 customer_bill_once_per_cycle'
  ],
  ['a number is given twice', ({ demand }) => copyOf(demand, { id: 'x' }), NUMBER],
  [
    'a number is given again later',
    ({ draft, run }) => change(draft, sql`"bill_no" = (SELECT "bill_no" FROM "customer_bill" WHERE "id" = ${run})`),
    NUMBER
  ],
  ...(['run', 'demand', 'draft'] as const).flatMap((name): [string, Make, string][] => [
    [
      `more is paid of the bill ${name} than is due`,
      (all) => change(all[name], sql`"remaining_amount_value" = -1`),
      OVERPAID
    ],
    [
      `more remains of the bill ${name} than is due`,
      (all) => change(all[name], sql`"remaining_amount_value" = 99`),
      OVERPAID
    ],
    [
      `nothing says what remains of the bill ${name}`,
      (all) => change(all[name], sql`"remaining_amount_value" = NULL`),
      OVERPAID
    ]
  ]),
  ['something is to be paid of a credit note', ({ demand }) => creditNote(demand, 1), OVERPAID],
  ['more is to be had of a credit note than it gives', ({ demand }) => creditNote(demand, -11), OVERPAID],
  [
    'something remains of a bill of nothing',
    ({ demand }) => copyOf(demand, { id: 'x', bill_no: 'x', amount_due_value: 0, remaining_amount_value: 1 }),
    OVERPAID
  ],
  [
    'a bill that is not issued keeps a document',
    ({ draft }) => change(draft, FIRST_LETTERHEAD),
    '23514 customer_bill_kept_when_issued'
  ],
  ['a balance is overdrawn', () => sql`UPDATE "account_balance" SET "credit" = -1`, NEGATIVE],
  ['a balance has less than no overdraft', () => sql`UPDATE "account_balance" SET "overdrawn" = -1`, NEGATIVE],
  ['a cycle is run twice at a time', () => queued(2), '23505 bill_run_one_at_a_time'],
  [
    'a payment comes twice',
    () => sql`INSERT INTO "payment" SELECT (jsonb_populate_record(p, '{"id": "x"}')).* FROM "payment" p`,
    '23505 payment_own_reference'
  ],
  ['a rate comes twice', () => rates('x', 'y'), '23505 applied_customer_billing_rate_own_external_id'],
  ['an entry is changed', () => sql`UPDATE "ledger_entry" SET "detail" = 'x' WHERE "line" = 1`, LEDGER],
  ['an entry is removed', () => sql`DELETE FROM "ledger_entry" WHERE "line" = 1`, LEDGER],
  ['all entries are removed at once', () => sql`TRUNCATE "ledger_entry"`, LEDGER],
  ['a journal has one side', () => entries([1, 'EUR', 1]), BALANCED],
  ['a journal balances over two currencies alone', () => entries([1, 'EUR', 1], [2, 'USD', -1]), BALANCED],
  ['a letterhead is changed', () => sql`UPDATE "letterhead" SET "content" = '{}'`, '23000 letterhead_is_immutable'],
  ['a letterhead is removed', () => sql`DELETE FROM "letterhead"`, '23000 letterhead_stays'],
  ['what counts as a call is changed', () => sql`UPDATE "call_charge_types" SET "types" = '[]'`, CALLS],
  ['what counts as a call is removed', () => sql`DELETE FROM "call_charge_types"`, CALLS],
  ['what counts as a call is removed at once', () => sql`TRUNCATE "call_charge_types"`, CALLS]
])('the database refuses that %s', async (_, make, expected) => {
  expect(await attempt(world, make(bills))).toBe(expected)
})

test.each<[string, Make]>([
  ['part of a credit note remains', ({ demand }) => creditNote(demand, -5)],
  [
    'another system has more to get than was due',
    ({ foreign }) => change(foreign, sql`"remaining_amount_value" = 999`)
  ],
  [
    'a bill of another system says later what it had left out',
    ({ bare }) => change(bare, sql`"bill_no" = 'x', "remaining_amount_value" = 1, "remaining_amount_unit" = 'EUR'`)
  ],
  [
    'a bill of another system comes with its lines',
    ({ foreign }) => [copyOf(foreign, WITHOUT_DOCUMENT), addLine(sql`'x'`), change('x', FIRST_LETTERHEAD)]
  ],
  [
    'another system has a number of ours',
    ({ run, foreign }) => [
      copyOf(foreign, { id: 'x' }),
      sql`INSERT INTO "customer_bill" SELECT (jsonb_populate_record(f, jsonb_build_object('id', 'y', 'bill_no',
        r."bill_no"))).* FROM "customer_bill" f, "customer_bill" r WHERE f."id" = ${foreign} AND r."id" = ${run}`
    ]
  ],
  ['an account gets a bill of another type', ({ run }) => copyOf(run, { id: 'x', bill_no: 'x', run_type: 'offCycle' })],
  ['a bill that is not issued is changed', ({ open }) => change(open, sql`"amount_due_value" = 1`)],
  ['a bill that is not issued is removed', ({ lone }) => sql`DELETE FROM "customer_bill" WHERE "id" = ${lone}`],
  ['a line is added to a bill that is not issued', ({ open }) => addLine(sql`${open}`)],
  ['a rate joins a bill that is not issued', ({ rate, open }) => setLine(rate, sql`"bill_id" = ${open}`)],
  ['a rate is changed', ({ rate }) => setLine(rate, sql`"tax_excluded_amount_value" = 1`)],
  ['a rate is removed', ({ rate }) => sql`DELETE FROM "applied_customer_billing_rate" WHERE "id" = ${rate}`],
  ['a balance is below zero by its overdraft', () => sql`UPDATE "account_balance" SET "credit" = -1, "overdrawn" = 1`],
  ['a cycle is run again', () => queued(1)],
  ['a journal balances', () => entries([1, 'EUR', 1], [2, 'EUR', -1], [3, 'USD', 0])]
])('the database lets it be that %s', async (_, make) => {
  expect(await attempt(world, make(bills))).toBe('done')
})

test('bills and lines may be removed at once while nothing is issued', async () => {
  const store = await createTestDatabase()
  await store.database.run(sql`INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "bill_document", "state")
    VALUES (${TENANT}, 'x', now(), '[]', 'new')`)
  await store.database.run(addLine(sql`'x'`))
  await store.database.run(sql`TRUNCATE "customer_bill" CASCADE`)
  expect((await store.database.run(sql`SELECT FROM "applied_customer_billing_rate"`)).rowCount).toBe(0)
  await store.drop()
})
