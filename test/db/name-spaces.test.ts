import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const PAGE = readFileSync(path.resolve(import.meta.dirname, '../../docs/names.md'), 'utf8')
/** The judgements on indexes; see the page. */
const JUDGEMENTS = [
  'own',
  'made by the server',
  'within its parent',
  'operator',
  'provider',
  'chosen within the tenant'
]

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

/** Reads the page's table: index -> columns and judgement. */
function judged(): ReadonlyMap<string, readonly string[]> {
  const rows = PAGE.split('| unique index |')[1]?.split('\n\n')[0]?.split('\n') ?? []
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()))
  return new Map(cells.flatMap(([, name = '', ...rest]) => (name.startsWith('`') ? [[name.slice(1, -1), rest]] : [])))
}

test('every unique index of the database is judged, with its columns, and nothing else is', async () => {
  const { rows } = await store.database.run(sql`SELECT c.relname,
      regexp_replace(pg_get_indexdef(i.indexrelid),
        '^.* USING btree \\((.*?)\\)( NULLS NOT DISTINCT)?( WHERE .*)?$', '\\1\\2')
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE i.indisunique AND n.nspname = 'public' ORDER BY c.relname COLLATE "C"`)
  const page = judged()
  expect([...page.keys()]).toEqual(rows.map(([name]) => name))
  for (const [name, columns] of rows) {
    const [shown, judgement = ''] = page.get(String(name)) ?? []
    expect([name, shown]).toEqual([name, `\`${columns}\``])
    expect(
      JUDGEMENTS.some((word) => judgement.startsWith(word)),
      `${name}: ${judgement}`
    ).toBe(true)
  }
})

test('an index over more than one tenant holds nothing that a client chose', async () => {
  const page = judged()
  for (const [name, [columns = '', judgement = '']] of page) {
    if (columns.startsWith('`tenant_id')) continue
    expect(
      ['made by the server', 'operator'].some((word) => judgement.startsWith(word)),
      name
    ).toBe(true)
  }
})
