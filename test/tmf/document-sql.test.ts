import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { identifier, join, sql } from '../../src/db/sql.ts'
import { documentSql } from '../../src/tmf/document-sql.ts'
import { selectAll, writeDocument } from '../../src/tmf/representation.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { resources } from '../support/standard-resources.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
  await fillWithDemoData(store.database)
  // Missing in the demo: a sub-class with attributes, and an address of another system.
  await store.database.run(sql`UPDATE "customer_bill" SET "at_type" = 'EnergyBill',
    "extension" = '{"meter": {"n": 0.10}}',
    "billing_account" = jsonb_set("billing_account", '{href}', '"https://crm.example/accounts/1"')
    WHERE "issued_as" IS NULL`)
})
afterAll(() => store.drop())

test.each([...resources.values()])(
  'the document of a $type by SQL is what clients read, without addresses',
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
      const read = writeDocument(resource.path, selectAll(resource), row, '')
      expect(JSON.parse(String(row.at(-1)))).toEqual(withoutOwnAddresses(JSON.parse(read)))
    }
  }
)

/** Removes addresses below the API's root, which is empty here. */
function withoutOwnAddresses(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOwnAddresses)
  if (typeof value !== 'object' || value === null) return value
  const isOurs = ([name, member]: [string, unknown]) => /^(?:href|url)$/.test(name) && String(member).startsWith('/')
  const members = Object.entries(value).filter((each) => !isOurs(each))
  return Object.fromEntries(members.map(([name, member]) => [name, withoutOwnAddresses(member)]))
}
