import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { eur, type ForeignWorld, startForeign, tax } from '../billing/foreign-world.ts'
import { addAccount, keep, pay, tamper } from '../billing/ledger-world.ts'
import { TENANT } from '../support/database.ts'

const TABLES = ['ledger_entry', 'payment_allocation', 'account_balance', 'billing_account', 'customer_bill']

let world: ForeignWorld
let restore: () => Promise<void>
let ids: { readonly account: string; readonly bill: string; readonly draft: string; readonly elsewhere: string }
beforeAll(async () => {
  world = await startForeign()
  const account = await addAccount(world.server)
  const post = async (id: string, body: object) => (await world.bill(id, body)).body.id
  const taxItem = [tax('VAT', 19), tax('GST', 3, 'USD')]
  const bill = await post(account, { amountDue: eur(119), remainingAmount: eur(99), taxItem, state: 'sent' })
  const draft = await post(account, { amountDue: eur(50), remainingAmount: eur(50) })
  const elsewhere = await post('elsewhere', { amountDue: eur(50), remainingAmount: eur(10), state: 'sent' })
  await pay(world.server, account, 30)
  ids = { account, bill, draft, elsewhere }
  restore = await keep(world.server, ...TABLES)
})
afterAll(() => world.close())

test('a ledger with the bills of other systems is sound, and tells how many of them it has', async () => {
  const report = reportLedger(await verifyLedger(world.server.database))
  const text = 'demo: sound, 3 journals, 1 bills, 1 payments\nother: sound, 0 journals, 0 bills, 0 payments'
  expect(report).toEqual({ text, isSound: true })
})

const entry = (book: string, change: Sql) => () =>
  sql`UPDATE "ledger_entry" SET ${change} WHERE "journal_id" = ${ids.bill} AND "book" = ${book}`
const row = (id: () => string, change: Sql) => () => sql`UPDATE "customer_bill" SET ${change} WHERE "id" = ${id()}`
/** Moves an amount between two entries: the journal still sums to zero. */
const shift = (from: Sql, to: Sql) => () =>
  sql`UPDATE "ledger_entry" SET "amount" = "amount" + CASE WHEN ${from} THEN 1 ELSE -1 END
    WHERE "journal_id" = ${ids.bill} AND (${from} OR ${to})`
const posting = (journalId: () => string, billId: () => string) => () =>
  sql`INSERT INTO "ledger_entry" SELECT "tenant_id", ${journalId()}, "line", "posted_at", "book", "detail",
      "billing_account_id", "currency", "amount", 'bill', ${billId()}
    FROM "ledger_entry" WHERE "journal_id" = ${ids.bill}`
const bill = () => ids.bill
const draft = () => ids.draft
const elsewhere = () => ids.elsewhere
const DUE = sql`"book" = 'receivable' AND "line" = 1`
const REVENUE = sql`"book" = 'revenue'`

test.each<[string, () => Sql, string]>([
  ['a journal that is gone', () => sql`DELETE FROM "ledger_entry" WHERE "journal_id" = ${ids.bill}`, 'as nothing'],
  ['one that was posted twice', posting(newId, bill), 'of 119 EUR is partiallyPaid, but posted as 238, not in its own'],
  ['one of a bill that is not issued', posting(draft, draft), 'of 50 EUR is new, but posted as 119'],
  ['one of a bill of another system’s account', posting(elsewhere, elsewhere), 'of 50 EUR is sent, but posted as 119'],
  ['a charge with another amount', shift(DUE, REVENUE), 'of 119 EUR is partiallyPaid, but posted as 120'],
  ['what is due', row(bill, sql`"amount_due_value" = 100`), 'of 100 EUR is partiallyPaid, but posted as 119'],
  [
    'a bill whose account came without its journals',
    () => sql`INSERT INTO "billing_account" SELECT (jsonb_populate_record(a, '{"id": "elsewhere"}')).*
      FROM "billing_account" a WHERE "id" = ${ids.account}`,
    'of 50 EUR is sent, but posted as nothing'
  ],
  ['a tax', row(bill, sql`"tax_item" = jsonb_set("tax_item", '{0,taxAmount,value}', '7')`), 'tax VAT of 7, but 19'],
  ['a tax in the ledger', shift(sql`"book" = 'tax'`, REVENUE), 'tax VAT of 19, but 18 in the ledger'],
  [
    'the currency of a tax',
    row(bill, sql`"tax_item" = jsonb_set("tax_item", '{1,taxAmount,unit}', '"EUR"')`),
    'tax GST'
  ],
  ['the book of the revenue', entry('revenue', sql`"book" = 'partner'`), 'posted as 119, not in its own books'],
  ['the detail of the revenue', entry('revenue', sql`"detail" = 'usageCharge'`), 'not in its own books'],
  ['a method of payment', entry('cash', sql`"detail" = 'card'`), 'not in its own books'],
  ['a rounding', entry('revenue', sql`"book" = 'rounding'`), 'not in its own books'],
  ['the account of a journal', entry('cash', sql`"billing_account_id" = 'A'`), 'not in its own books'],
  ['the owner of a bill', row(bill, sql`"partner_id" = 'P'`), 'of 119 EUR is partiallyPaid, but posted as 119'],
  [
    'what was paid elsewhere',
    shift(sql`"book" = 'receivable' AND "line" > 1`, sql`"book" = 'cash'`),
    'has 69 remaining, but 100 was posted, and 30 of it paid'
  ],
  ['what remains', row(bill, sql`"remaining_amount_value" = 70`), 'has 70 remaining, but 99 was posted'],
  ['a bill that does not say what remains', row(bill, sql`"remaining_amount_value" = NULL`), 'has nothing remaining'],
  ['what was applied', row(bill, sql`"applied_payment" = NULL`), '30 of it paid, of which it names 0'],
  [
    'a payment to a bill that is not in the ledger',
    () => sql`WITH "moved" AS (UPDATE "payment_allocation" SET "bill_id" = ${ids.draft})
      UPDATE "customer_bill" SET "remaining_amount_value" = 99, "applied_payment" = NULL WHERE "id" = ${ids.bill}`,
    'has 50 remaining, but 0 was posted, and 30 of it paid'
  ]
])('%s is found', async (_, statement, difference) => {
  await tamper(world.server, statement())
  const found = (await verifyLedger(world.server.database)).find(({ tenantId }) => tenantId === TENANT)
  await restore()
  expect(found?.difference).toContain(difference)
})
