import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Migrating, startMigrating } from './migrating.ts'

let migrating: Migrating
beforeEach(async () => {
  migrating = await startMigrating('document_snapshot')
})
afterEach(() => migrating.close())

test('bills that were issued before the migration keep what their documents showed at it', async () => {
  const { client } = migrating
  await migrating.before()
  await client.query(`
    INSERT INTO "tenant" ("id", "name", "branding") VALUES ('a', 'Nordlicht', '{"colour": "#0b6b5d"}'),
      ('b', 'Südlicht', NULL), ('c', 'Ostlicht', NULL);
    INSERT INTO "customer" ("tenant_id", "id", "internal_id", "last_update", "name", "address")
      VALUES ('a', 'C1', 'C1', now(), 'Ada', '{"city": "Hamburg", "phoneNumber": "1"}');
    INSERT INTO "billing_account" ("tenant_id", "id", "internal_id", "last_update", "customer_id", "name", "status",
        "billing_type", "invoice_currency", "net_term_days", "language")
      VALUES ('a', 'A1', 'A1', now(), 'C1', 'Account', 'ACTIVE', 'postpaid', 'EUR', 14, 'de');
    INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "bill_document", "state", "issued_as",
        "billing_account_id", "billing_account", "financial_account")
      VALUES ('a', '1', now(), '[]', 'sent', 'validated', 'A1', '{"name": "Account"}', NULL),
        ('a', '2', now(), '[]', 'new', NULL, 'A1', NULL, NULL),
        ('a', '3', now(), '[]', 'sent', 'sent', 'A2', '{"name": "Elsewhere"}', NULL),
        ('b', '4', now(), '[]', 'sent', 'sent', NULL, NULL, '{"name": "Payer"}'),
        ('c', '5', now(), '[]', 'new', NULL, 'A1', NULL, NULL)`)
  await migrating.after()
  const { rows } = await client.query({
    text: `SELECT b."id", l."content"->>'name', l."content"#>>'{branding,colour}', "recipient" FROM "customer_bill" b
      LEFT JOIN "letterhead" l ON l."tenant_id" = b."tenant_id" AND l."id" = b."letterhead_id" ORDER BY b."id"`,
    rowMode: 'array'
  })
  expect(rows).toEqual([
    ['1', 'Nordlicht', '#0b6b5d', { name: 'Ada', address: { city: 'Hamburg' }, language: 'de' }],
    ['2', null, null, null],
    ['3', 'Nordlicht', '#0b6b5d', { name: 'Elsewhere' }],
    ['4', 'Südlicht', null, { name: 'Payer' }],
    ['5', null, null, null]
  ])
  expect((await client.query('SELECT FROM "letterhead"')).rowCount).toBe(2)
})
