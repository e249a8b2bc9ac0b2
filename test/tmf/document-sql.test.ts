import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { identifier, join, sql } from '../../src/db/sql.ts'
import { documentSql } from '../../src/tmf/document-sql.ts'
import { writeKept } from '../../src/tmf/kept-document.ts'
import { selectAll, writeDocument } from '../../src/tmf/representation.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { inDigits } from '../support/digits.ts'
import { resources } from '../support/standard-resources.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  await fillWithDemoData(store.database)
  // Missing in the demo: a sub-class with attributes, an address of another system, and texts that JSON escapes.
  await store.database.run(sql`UPDATE "customer_bill" SET "at_type" = 'EnergyBill',
    "extension" = '{"meter": {"n": 0.10}}', "category" = ${'a "quote", a } and a \\ \u0001\n'},
    "billing_account" = jsonb_set("billing_account", '{href}', '"https://crm.example/accounts/1"')
    WHERE "issued_as" IS NULL`)
})
afterAll(() => store.drop())

const ROOT = 'https://bills.example/v4'

test.each([...resources.values()])(
  'the document of a $type by SQL, with the addresses of its reader, is what clients read, digit for digit',
  async (resource) => {
    const columns = join(
      resource.columns.map((name) => sql`o.${identifier(name)}`),
      sql`, `
    )
    const { rows } = await store.database.run(
      sql`SELECT ${columns}, ${documentSql(resource)} FROM ${identifier(resource.table)} o`
    )
    expect(rows.length).toBeGreaterThan(3)
    for (const row of rows) {
      const document = String(row.at(-1))
      expect(document).not.toContain('://bills.example')
      expect(inDigits(writeKept(resource, document, ROOT))).toEqual(
        inDigits(writeDocument(resource.path, selectAll(resource), row, ROOT))
      )
    }
  }
)
