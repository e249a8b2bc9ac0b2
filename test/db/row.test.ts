import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TABLES_FILE, tablesSource } from '../../prisma/tables.ts'
import type { Database } from '../../src/db/database.ts'
import {
  boolean,
  computed,
  computedRow,
  count,
  decimal,
  instant,
  integer,
  json,
  oneOf,
  optional,
  printedCells,
  rowOf,
  scalar,
  scalars,
  text
} from '../../src/db/row.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

test('src/db/tables.ts is what schema.prisma says; npm run db:types writes it', async () => {
  expect(readFileSync(TABLES_FILE, 'utf8')).toBe(await tablesSource())
})

test('every column of the database has the kind and nullability that tables.ts says', async () => {
  const { rows } = await store.database.run(sql`SELECT c.table_name, c.column_name, c.data_type, c.is_nullable
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name <> '_prisma_migrations'`)
  const inDatabase = rows.map(([table, column, type, nullable]) => {
    const kind = KINDS[String(type)] ?? type
    return `${table}.${column}: ${kind}${nullable === 'YES' ? '?' : ''}`
  })
  expect(declaredColumns()).toEqual(inDatabase.sort())
})

const KINDS: Readonly<Record<string, string>> = {
  text: 'text',
  integer: 'integer',
  bigint: 'bigint',
  numeric: 'decimal',
  boolean: 'boolean',
  'timestamp with time zone': 'instant',
  date: 'date',
  jsonb: 'json',
  json: 'json'
}

function declaredColumns(): readonly string[] {
  const tables = readFileSync(TABLES_FILE, 'utf8').matchAll(/^ {2}readonly (\w+): \{\n([^}]*)\}/gm)
  return [...tables]
    .flatMap(([, table, body = '']) =>
      [...body.matchAll(/readonly (\w+): '([^']+)'/g)].map(([, column, kind]) => `${table}.${column}: ${kind}`)
    )
    .sort()
}

describe('A row', () => {
  test('is read by name, whatever the order, with NULL as undefined', async () => {
    const tenant = rowOf('tenant', {
      branding: optional(json(z.object({ name: z.string() }))),
      id: text,
      isOperator: boolean,
      language: oneOf(['en', 'de', 'fr']),
      callChargeTypes: json(z.array(z.string())),
      accounts: computed(count, sql`(SELECT count(*) FROM "billing_account")`)
    })
    const { rows } = await store.database.run(sql`SELECT ${tenant.columns} FROM "tenant" WHERE "id" = ${TENANT}`)
    expect(rows.map(tenant.read)).toEqual([
      {
        branding: undefined,
        id: TENANT,
        isOperator: false,
        language: 'en',
        callChargeTypes: ['usageCharge'],
        accounts: 0
      }
    ])
  })

  test('is read from a table under another name', async () => {
    const tenant = rowOf('tenant', { id: text }, 't')
    const { rows } = await store.database.run(sql`SELECT ${tenant.columns} FROM "tenant" t ORDER BY t."id" LIMIT 1`)
    expect(rows.map(tenant.read)).toEqual([{ id: TENANT }])
  })

  test('is read from values that a statement computes', async () => {
    const sums = computedRow({
      amount: computed(decimal, sql`sum(x)`),
      last: computed(instant, sql`max('2026-01-01T01:00:00+01:00'::timestamptz)`)
    })
    const { rows } = await store.database.run(sql`SELECT ${sums.columns} FROM unnest(ARRAY[1.50, 2.50]) x`)
    expect(rows.map(sums.read)).toEqual([{ amount: '4', last: '2026-01-01T00:00:00.000Z' }])
  })

  test('is read from columns that a statement names, as its only row', async () => {
    const numbered = computedRow({ netAmount: decimal, times: integer })
    const select = (limit: number) =>
      store.database.run(
        sql`SELECT ${numbered.columns} FROM (VALUES (1.50, 2)) v("net_amount", "times") LIMIT ${limit}`
      )
    expect(numbered.one(await select(1))).toEqual({ netAmount: '1.5', times: 2 })
    const none = await select(0)
    expect(() => numbered.one(none)).toThrow('the row that the statement always returns is missing')
  })

  test('is not taken apart by position, which the compiler refuses', async () => {
    const { database }: { readonly database: Database } = store
    const { rows } = await database.run(sql`SELECT 1`)
    for (const row of rows) {
      // @ts-expect-error: a row has no positions
      expect(row[0]).toBe('1')
      // @ts-expect-error: nor is it a list
      const [printed] = row
      expect(printed).toBe('1')
      expect(printedCells(row)).toEqual(['1'])
    }
  })

  test('of one value is that value, and no row is NULL', async () => {
    const { database } = store
    expect(scalar(await database.run(sql`SELECT count(*) FROM "billing_account"`), count)).toBe(0)
    const none = await database.run(sql`SELECT "id" FROM "billing_account"`)
    expect(scalar(none, optional(text))).toBeUndefined()
    expect(() => scalar(none, text)).toThrow('NULL where a value of type text must be')
    expect(scalars(none, text)).toEqual([])
    const some = await database.run(sql`VALUES (1), (NULL)`)
    expect(scalars(some, optional(integer))).toEqual([1, undefined])
    expect(() => scalars(some, integer)).toThrow('NULL where a value of type integer must be')
  })

  test.each([
    ['NULL where a value must be', text, null, 'NULL where a value of type text must be'],
    ['a text that is none of a list', oneOf(['new', 'sent']), 'lost', 'lost, which is none of new, sent'],
    ['JSON of another shape', json(z.array(z.string())), '{}', 'expected array']
  ])('with %s is refused', (_, { decode }, printed, message) => {
    expect(() => decode(printed)).toThrow(message)
  })

  test('is refused by the compiler when it does not fit its table', async () => {
    // @ts-expect-error: the column may be null
    rowOf('oauth_client', { secretHash: text })
    // @ts-expect-error: there is no such column
    rowOf('oauth_client', { secret: text })
    // @ts-expect-error: the column is text
    rowOf('oauth_client', { clientId: integer })
    // @ts-expect-error: there is no such table
    rowOf('oauth_clients', { clientId: text })
    const none = await store.database.run(sql`SELECT NULL`)
    expect(rowOf('oauth_client', { secretHash: optional(text) }).one(none)).toEqual({ secretHash: undefined })
  })
})
