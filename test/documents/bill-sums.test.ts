import type Big from 'big.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { readBill } from '../../src/documents/content/bill-reading.ts'
import type { BillSource } from '../../src/documents/content/bill-source.ts'
import { beginTally, type Tally, tallyOf } from '../../src/documents/content/tally.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'

/** Three slices, the last one short. */
const LINES = 20_500
/** More than are named beyond the lines that are tallied one by one. */
const PRODUCTS = 12_000

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

async function lineByLine({ rates }: BillSource, currency: string | undefined): Promise<Tally> {
  const { add, tally } = beginTally(currency)
  for await (const slice of rates) add(slice)
  return tally
}

/** In their order, which documents keep. */
function listed({ types, taxGroups, count, currency, otherCurrency, exact, displayed }: Tally) {
  const text = (amount: Big) => amount.toFixed()
  return {
    ...{ count, currency, otherCurrency, exact: text(exact), displayed: text(displayed) },
    taxes: [...taxGroups].map(([key, group]) => [key, [...group.taxes], text(group.exact)]),
    products: [...types].map(([type, products]) => [
      type,
      [...products].map(([id, product]) => [id, product.name, product.count, text(product.displayed)])
    ])
  }
}

test.each(['EUR', 'JPY', undefined])('the sums of many lines in %s are those of each line', async (currency) => {
  const bill = `B-${currency}`
  await store.database.run(sql`INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "state", "bill_document")
    VALUES (${TENANT}, ${bill}, now(), 'new', '[]')`)
  await store.database.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "is_billed", "bill_id",
      "rate_type", "name", "product_id", "product", "tax_excluded_amount_value", "tax_excluded_amount_unit",
      "applied_tax")
    SELECT ${TENANT}, concat(${bill}::text, '-', lpad(n::text, 6, '0')), true, ${bill},
      (ARRAY['usageCharge', 'recurringCharge', NULL])[1 + n % 3], 'Call',
      CASE WHEN n % 5 > 0 THEN concat('P-', n % ${PRODUCTS}::int) END,
      CASE WHEN n % 2 > 0 THEN jsonb_build_object('name', concat('Product ', n)) END,
      CASE WHEN n > 3 THEN (n % 2001 - 1000) * 0.0005 END,
      CASE WHEN n > 3 AND n % 7 > 0 THEN ${currency ?? 'KWD'} WHEN n > 3 THEN 'EUR' END,
      (ARRAY[NULL, '[]',
        '[{"taxCategory": "VAT", "taxRate": 0.19, "taxAmount": {"unit": "EUR", "value": 0.01}}]',
        '[{"taxRate": 0.190, "taxCategory": "VAT", "taxAmount": {"unit": "EUR", "value": 0.02}}]',
        '[{"taxRate": 0.05, "taxAmount": {"unit": "EUR", "value": 0}}, {"taxAmount": {"unit": "EUR", "value": 0}}]'
      ])[1 + n % 11 % 5]::jsonb
    FROM generate_series(1, ${LINES}::int) n`)
  const source = await readBill(store.database, TENANT, bill)
  const sums = listed(await tallyOf(source, currency))
  expect(sums).toEqual(listed(await lineByLine(source, currency)))
  expect(sums.count).toBe(LINES)
  expect(sums.taxes).toHaveLength(3)
  expect(sums.otherCurrency).toBe(currency === 'EUR' ? undefined : 'EUR')
})
