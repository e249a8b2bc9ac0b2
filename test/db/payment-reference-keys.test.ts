import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Migrating, startMigrating } from './migrating.ts'

let migrating: Migrating
beforeEach(async () => {
  migrating = await startMigrating('payment_reference_keys')
})
afterEach(() => migrating.close())

test('payments that look the same are numbered, and parts in the place of the credit limit marked', async () => {
  const { client } = migrating
  await migrating.before()
  await client.query(`
    INSERT INTO "tenant" ("id", "name") VALUES ('a', 'Nordlicht');
    INSERT INTO "customer" ("tenant_id", "id", "internal_id", "last_update", "name")
      VALUES ('a', 'C1', 'C1', now(), 'Ada');
    INSERT INTO "billing_account" ("tenant_id", "id", "internal_id", "last_update", "customer_id", "name", "status",
        "billing_type", "invoice_currency", "net_term_days")
      VALUES ('a', 'A1', 'A1', now(), 'C1', 'Account', 'ACTIVE', 'postpaid', 'EUR', 14)`)
  const references = [
    ['1', '', 'zoë 1 '],
    ['2', '', 'zoë 1'],
    ['3', '', 'zoe\u0308\u00a01'],
    ['4', 'P', 'zoë 1\u200b'],
    ['5', null, 'zoë 1 '],
    ['6', '', ' x'],
    ['7', '', 'x ']
  ]
  for (const payment of references) {
    await client.query(
      `INSERT INTO "payment" ("tenant_id", "id", "created_at", "billing_account_id", "amount", "currency", "method",
        "reference", "name_space", "content_hash")
      VALUES ('a', $1::text, timestamptz '2026-01-01Z' + $1::text::int * interval '1 day', 'A1', 1, 'EUR', 'cash',
        $3, $2, '')`,
      payment
    )
  }
  await client.query(`
    INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "state", "bill_document")
      VALUES ('a', 'B1', now(), 'new', '[]'), ('a', 'B2', now(), 'new', '[]');
    INSERT INTO "payment_allocation" ("tenant_id", "id", "payment_id", "bill_id", "amount", "bill_state")
      VALUES ('a', 'limit', NULL, 'B1', 3, 'sent'), ('a', 'limit, back', NULL, 'B1', -2, 'settled'),
        ('a', 'limit, then paid', '1', 'B1', 2, 'settled'), ('a', 'more', '2', 'B1', 1, 'settled'),
        ('a', 'other bill', '2', 'B2', 2, 'sent'), ('a', 'other bill, back', '2', 'B2', -2, 'settled'),
        ('a', 'a second', '4', 'B2', 1, 'sent'), ('a', 'the first', '3', 'B2', 1, 'sent');
    INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book", "billing_account_id",
        "currency", "amount", "source_type", "source_id")
      SELECT 'a', j."id", l."line", j."at", l."book", 'A1', 'EUR', l."amount", 'allocation', j."id"
      FROM (VALUES ('the first', timestamptz '2026-01-01Z'), ('a second', '2026-01-02Z')) j ("id", "at"),
        (VALUES (1, 'balance', 1), (2, 'receivable', -1)) l ("line", "book", "amount")`)
  await migrating.after()
  const replacing = await client.query('SELECT "id" FROM "payment_allocation" WHERE "replaces_credit_limit"')
  expect(replacing.rows).toEqual([{ id: 'limit, then paid' }])
  const order = await client.query('SELECT "id" FROM "payment_allocation" ORDER BY "position" LIMIT 2')
  expect(order.rows).toEqual([{ id: 'the first' }, { id: 'a second' }])
  const marked = client.query(`UPDATE "payment_allocation" SET "replaces_credit_limit" = true WHERE "id" = 'limit'`)
  await expect(marked).rejects.toMatchObject({ constraint: 'payment_allocation_replaces_by_payment' })
  const { rows } = await client.query({
    text: 'SELECT "id", "reference", "reference_key", "reference_twin" FROM "payment" ORDER BY "id"',
    rowMode: 'array'
  })
  expect(rows).toEqual([
    ['1', 'zoë 1 ', 'zoë 1', 1],
    ['2', 'zoë 1', 'zoë 1', 0],
    ['3', 'zoe\u0308\u00a01', 'zoë 1', 2],
    ['4', 'zoë 1\u200b', 'zoë 1', 0],
    ['5', 'zoë 1 ', 'zoë 1', 0],
    ['6', ' x', 'x', 0],
    ['7', 'x ', 'x', 1]
  ])
})
