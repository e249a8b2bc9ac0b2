import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { identifier, type Sql, sql } from '../../src/db/sql.ts'
import { post } from '../../src/ledger/post.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { addAccount, addBill, keep, pay, startLedger, tamper } from '../billing/ledger-world.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

const TABLES = [
  'ledger_entry',
  'payment_allocation',
  'correction',
  'payment',
  'account_balance',
  'applied_customer_billing_rate',
  'customer_bill',
  'number_series'
]

let server: TestServer
let restore: () => Promise<void>
let ids: { readonly account: string; readonly bill: string; readonly payment: string; readonly reversed: string }
beforeAll(async () => {
  server = await startLedger()
  const account = await addAccount(server, { tax: 0.19 })
  const bill = await addBill(server, account, { rates: { usageCharge: '10.004', recurringCharge: '5.004' } })
  await addBill(server, account, { rates: { usageCharge: '1' } })
  const payment = (await pay(server, account, 10)).body.id
  const reversed = (await pay(server, account, 20)).body.id
  await server.call('POST', `/billing/v1/payment/${reversed}/reverse`)
  const adjusted = await addAccount(server, { tax: 0.19 })
  const of = { billingAccount: { id: adjusted }, reason: 'other', taxCategory: 'VAT' }
  for (const value of [11.9, -5]) {
    const body = { ...of, amount: { unit: 'EUR', value } }
    expect((await server.call('POST', '/billing/v1/adjustment', body)).status).toBe(201)
  }
  ids = { account, bill, payment, reversed }
  restore = await keep(server, ...TABLES)
})
afterAll(() => server.close())

test('a ledger that nobody touched is sound', async () => {
  const report = reportLedger(await verifyLedger(server.database))
  const text = 'demo: sound, 12 journals, 2 bills, 3 payments\nother: sound, 0 journals, 0 bills, 0 payments'
  expect(report).toEqual({ text, isSound: true })
})

const entry = (book: string, change: Sql) => () =>
  sql`UPDATE "ledger_entry" SET ${change} WHERE "source_id" = ${ids.bill} AND "book" = ${book}`
const row = (table: string, id: () => string, change: Sql) => () =>
  sql`UPDATE ${identifier(table)} SET ${change} WHERE "id" = ${id()}`
/** Moves amounts between two entries: the journal still sums to zero. */
const shift = (from: string, to: string) => () =>
  sql`UPDATE "ledger_entry" SET "amount" = "amount" + CASE WHEN "book" = ${from} THEN 1 ELSE -1 END
    WHERE "source_id" = ${ids.bill} AND ("book" = ${from} OR "book" = ${to} AND "line" =
      (SELECT max("line") FROM "ledger_entry" WHERE "source_id" = ${ids.bill} AND "book" = ${to}))`
const bill = () => ids.bill
const payment = () => ids.payment

test.each<[string, () => Sql, string]>([
  ['an entry with another amount', entry('tax', sql`"amount" = "amount" - 1`), 'sums to -1 EUR, not to 0'],
  [
    'an entry that is gone',
    () => sql`DELETE FROM "ledger_entry" WHERE "book" = 'cash' AND "source_type" = 'reversal'`,
    'sums to 20 EUR'
  ],
  ['a bill that is gone', () => sql`DELETE FROM "customer_bill" WHERE "id" = ${ids.bill}`, 'comes from the bill'],
  ['a payment that is gone', () => sql`DELETE FROM "payment" WHERE "id" = ${ids.payment}`, 'comes from the payment'],
  ['a payment with another amount', row('payment', payment, sql`"amount" = 11`), 'of 11 EUR is posted as 10'],
  [
    'a payment of parts of a cent',
    row('payment', payment, sql`"amount" = 10.001`),
    'of 10.001 EUR has parts of a minor'
  ],
  ['a payment of another method', row('payment', payment, sql`"method" = 'cash'`), 'of 10 EUR is posted as 10'],
  ['a payment that was not reversed', row('payment', payment, sql`"reversed_at" = now()`), 'its reversal as 0'],
  ['a reversal that was not one', row('payment', () => ids.reversed, sql`"reversed_at" = NULL`), 'its reversal as -20'],
  [
    'an allocation with another amount',
    () => sql`UPDATE "payment_allocation" SET "amount" = 9 WHERE "payment_id" = ${ids.payment}`,
    'is 9, but posted as 10'
  ],
  [
    'an allocation that is gone',
    () => sql`DELETE FROM "payment_allocation" WHERE "payment_id" = ${ids.payment}`,
    'comes from the allocation'
  ],
  [
    'an allocation to nothing',
    () => sql`DELETE FROM "ledger_entry" WHERE "source_type" = 'allocation' AND "source_id" = ${ids.payment}`,
    'posted as nothing'
  ],
  ['a credit', () => sql`UPDATE "account_balance" SET "credit" = 5`, 'has a credit of 5 EUR, but 0 in the ledger'],
  [
    'a payment that was posted twice',
    () => sql`INSERT INTO "ledger_entry" SELECT ${TENANT}, ${newId()}, "line", now(), "book",
    NULL, ${ids.account}, 'USD', "amount", 'payment', ${ids.payment} FROM "ledger_entry"
    WHERE "source_id" = ${ids.payment} AND "source_type" = 'payment'`,
    'of 10 EUR is posted as 20'
  ],
  [
    'what is due',
    row('customer_bill', bill, sql`"amount_due_value" = 100`),
    'is due with 100, but its base and taxes make'
  ],
  ['the total', row('customer_bill', bill, sql`"tax_included_amount_value" = 1`), 'its base and taxes make'],
  [
    'a base',
    row(
      'customer_bill',
      bill,
      sql`"tax_excluded_amount_value" = 15, "tax_included_amount_value" = 17.85, "amount_due_value" = 17.85`
    ),
    'but its lines make 15.01 and 0.01'
  ],
  [
    'a rounding',
    row('customer_bill', bill, sql`"rounding_amount" = 0`),
    'a rounding of 0, but its lines make 15.01 and 0.01'
  ],
  [
    'a line',
    () => sql`UPDATE "applied_customer_billing_rate" SET "tax_excluded_amount_value" = 4 WHERE "bill_id" = ${ids.bill}`,
    'but its lines make 8'
  ],
  [
    'the type of a line',
    () => sql`UPDATE "applied_customer_billing_rate" SET "rate_type" = 'other' WHERE "bill_id" = ${ids.bill}`,
    'has lines of the type other over 15, but revenue of 0'
  ],
  [
    'a tax',
    row('customer_bill', bill, sql`"tax_item" = jsonb_set("tax_item", '{0,taxRate}', '0.07')`),
    'has a tax VAT of 2.85, which its lines do not make'
  ],
  [
    'the category of a tax',
    row('customer_bill', bill, sql`"tax_item" = jsonb_set("tax_item", '{0,taxCategory}', '"GST"')`),
    'has a tax'
  ],
  ['a tax in the ledger', shift('tax', 'revenue'), 'but revenue of'],
  ['a receivable', shift('receivable', 'revenue'), 'posted as 18.86'],
  [
    'a bill that was never posted',
    () => sql`DELETE FROM "ledger_entry" WHERE "source_id" = ${ids.bill}`,
    'is partiallyPaid, but posted as nothing'
  ],
  ['the account of a bill', row('customer_bill', bill, sql`"billing_account_id" = 'A'`), 'allocation'],
  [
    'a bill that was never issued',
    row('customer_bill', bill, sql`"issued_as" = NULL, "letterhead_id" = NULL, "recipient" = NULL`),
    'is partiallyPaid, but posted as 17.86'
  ],
  ['what remains', row('customer_bill', bill, sql`"remaining_amount_value" = 1`), 'has 1 remaining, but 10 was paid'],
  ['what was applied', row('customer_bill', bill, sql`"applied_payment" = NULL`), 'of which it names 0'],
  [
    'a number',
    row('customer_bill', bill, sql`"bill_no" = 'INV-2026-000003'`),
    'number 1 of the series INV-2026-{} is missing'
  ],
  ['a number that is given twice', row('customer_bill', bill, sql`"bill_no" = 'INV-2026-02'`), 'number'],
  ['no number', row('customer_bill', bill, sql`"bill_no" = 'X'`), 'has no number of any series'],
  [
    'an adjustment',
    () => sql`UPDATE "correction" SET "amount" = 9 WHERE "amount" > 0`,
    'is overdrawn by 6.9 EUR, but bills, transfers and corrections used 4'
  ],
  [
    'the tax of an adjustment',
    () => sql`UPDATE "correction" SET "tax_category" = 'GST' WHERE "amount" > 0`,
    'of 11.9 EUR with a tax of 1.9 is posted as 11.9'
  ],
  [
    'an adjustment of the books of others',
    () =>
      sql`UPDATE "ledger_entry" SET "detail" = 'usageCharge' WHERE "source_type" = 'adjustment' AND "detail" <> 'VAT'`,
    'is posted as 11.9'
  ],
  [
    'the payment of an adjustment',
    () => sql`UPDATE "payment" SET "amount" = 6 WHERE "method" = 'adjustment'`,
    'of -5 gives the payment'
  ],
  [
    'a payment that is called an adjustment',
    row('payment', payment, sql`"method" = 'adjustment'`),
    'adjustment none of nothing gives the payment'
  ],
  ['a charge that is gone', () => sql`DELETE FROM "correction" WHERE "amount" > 0`, 'comes from the adjustment'],
  ['a series', () => sql`UPDATE "number_series" SET "next" = 7`, 'goes on with 7, but its last number is 2']
])('%s is found', async (_, statement, difference) => {
  await tamper(server, statement())
  const [found] = await verifyLedger(server.database)
  await restore()
  expect(found?.difference).toContain(difference)
  expect(reportLedger([found as NonNullable<typeof found>])).toMatchObject({ isSound: false })
})

test('the database refuses a journal that does not sum to zero in every currency', async () => {
  const journal = { tenantId: TENANT, journalId: newId(), postedAt: '2026-04-01T00:00:00.000Z' }
  const source = { billingAccountId: ids.account, sourceType: 'payment', sourceId: ids.payment } as const
  const entries = [
    { book: 'cash', currency: 'EUR', amount: '1' },
    { book: 'balance', currency: 'USD', amount: '-1' }
  ] as const
  const posting = server.database.transaction((tx) => post(tx, { ...journal, ...source }, entries))
  await expect(posting).rejects.toThrow('a journal does not sum to zero')
})
