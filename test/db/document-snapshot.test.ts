import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, SCHEMA_FILES } from '../../src/db/migrations.ts'
import { withDatabase } from '../support/database.ts'

const NAME = 'test_document_snapshot'
const MIGRATIONS = readdirSync(SCHEMA_FILES.migrations).sort()
const OURS = MIGRATIONS.findIndex((name) => name.endsWith('_document_snapshot'))

let directory: string
let admin: pg.Client
let client: pg.Client
let url: string
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'tmf678-test-'))
  const server = String(process.env.TEST_DATABASE_URL)
  admin = new pg.Client(server)
  await admin.connect()
  await admin.query(`CREATE DATABASE ${NAME}`)
  url = withDatabase(server, NAME)
  client = new pg.Client(url)
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await admin.query(`DROP DATABASE ${NAME} WITH (FORCE)`)
  await admin.end()
  rmSync(directory, { recursive: true, force: true })
})

/** Applies further migrations. */
async function apply(names: readonly string[]): Promise<void> {
  for (const name of names) {
    mkdirSync(path.join(directory, name))
    cpSync(path.join(SCHEMA_FILES.migrations, name), path.join(directory, name), { recursive: true })
  }
  expect(await migrate(url, undefined, directory)).toEqual(names)
}

test('bills that were issued before the migration keep what their documents showed at it', async () => {
  await apply(MIGRATIONS.slice(0, OURS))
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
  await apply(MIGRATIONS.slice(OURS))
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
