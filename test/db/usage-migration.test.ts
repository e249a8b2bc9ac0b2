import { expect, test } from 'vitest'
import { startMigrating } from './migrating.ts'

test('rates and entries that are there count on the day when they came', async () => {
  const { client, before, after, close } = await startMigrating('usage_balances')
  try {
    await before()
    await client.query(`INSERT INTO "tenant" ("id", "name", "time_zone") VALUES ('a', 'A', 'Europe/Berlin')`)
    await client.query(`INSERT INTO "customer" ("tenant_id", "id", "internal_id", "last_update", "name")
      VALUES ('a', 'C', 'C', now(), 'Ada')`)
    await client.query(`INSERT INTO "billing_account" ("tenant_id", "id", "internal_id", "last_update", "customer_id",
        "name", "status", "billing_type", "invoice_currency", "net_term_days")
      VALUES ('a', 'A-1', 'A-1', now(), 'C', 'Ada', 'ACTIVE', 'postpaid', 'EUR', 14)`)
    await client.query(`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "created_at", "is_billed",
        "rate_type", "billing_account_id", "tax_excluded_amount_value", "tax_excluded_amount_unit")
      VALUES ('a', '1', '2026-03-01T22:59:59Z', false, 'usageCharge', 'A-1', 1.5, 'EUR'),
        ('a', '2', '2026-03-01T23:00:00Z', false, 'usageCharge', 'A-1', 2, 'EUR'),
        ('a', '3', '2026-03-01T23:00:00Z', false, NULL, 'A-1', 4, 'EUR'),
        ('a', '4', '2026-03-01T23:00:00Z', true, 'usageCharge', 'A-1', 8, 'EUR'),
        ('a', '5', '2026-03-01T23:00:00Z', false, 'usageCharge', 'A-1', NULL, NULL)`)
    await client.query(`INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book",
        "billing_account_id", "currency", "amount", "source_type", "source_id")
      VALUES ('a', 'P', 1, '2026-03-05T12:00:00Z', 'cash', 'A-1', 'EUR', 20, 'payment', 'P'),
        ('a', 'P', 2, '2026-03-05T12:00:00Z', 'balance', 'A-1', 'EUR', -20, 'payment', 'P')`)
    await after()
    const { rows } = await client.query(`SELECT "day"::text, "kind", trim_scale("amount")::text AS "amount"
      FROM "usage" ORDER BY 1, 2`)
    expect(rows).toEqual([
      { day: '2026-03-01', kind: 'call', amount: '1.5' },
      { day: '2026-03-02', kind: 'call', amount: '2' },
      { day: '2026-03-02', kind: 'other', amount: '4' },
      { day: '2026-03-05', kind: 'payment', amount: '20' }
    ])
  } finally {
    await close()
  }
})
