import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FileRow, Layout } from '../../../src/upload/file/file.ts'
import { type Rejected, rejectedFile } from '../../../src/upload/file/rejected.ts'
import { COLUMNS, CSV, inChunks, JSON_ARRAY, NDJSON, readFile } from './reading.ts'

const TYPES = { csv: CSV, ndjson: NDJSON, json: JSON_ARRAY }

async function* inGroupsOf(rows: readonly Rejected[], size: number): AsyncGenerator<readonly Rejected[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size)
}

async function write(layout: Layout, rows: readonly Rejected[]): Promise<string> {
  let text = ''
  for await (const piece of rejectedFile(layout, inGroupsOf(rows, 2))) text += piece
  return text
}

const CSV_LAYOUT: Layout = { format: 'csv', delimiter: ';', header: ['Account_Number', 'name'] }
const ROWS: readonly Rejected[] = [
  { row: { line: 2, cells: { account_number: 'A1', name: 'a;b' } }, error: 'amount is required' },
  { row: { line: 5, cells: { name: '=1+1' } }, error: 'bad "name"' },
  { row: { line: 7, sent: 'A2;"x;y";+z', faults: [] }, error: 'has 3 cells, and the header 2' },
  { row: { line: 8, sent: 'A3', faults: [] }, error: 'has 1 cells, and the header 2' }
]

test('rows of CSV go back under their header, with their errors', async () => {
  expect(await write(CSV_LAYOUT, ROWS)).toBe(
    [
      '\uFEFFAccount_Number;name;error',
      'A1;"a;b";amount is required',
      `;'=1+1;"bad ""name"""`,
      `A2;"x;y";'+z;"has 3 cells, and the header 2"`,
      'A3;;"has 1 cells, and the header 2"\r\n'
    ].join('\r\n')
  )
})

test('rows of JSON go back with their errors, and what is no object as a text', async () => {
  const rows = [
    ...ROWS.slice(0, 1),
    { row: { line: 8, sent: '{"amount": 1.00000000000000001, "error": "x"}', faults: [] }, error: 'cannot be' },
    { row: { line: 9, sent: '{"a"', faults: [] }, error: 'must be JSON' },
    { row: { line: 10, sent: '{"a":1,"a":2}', faults: [] }, error: 'once only' }
  ]
  const lines = [
    '{"account_number":"A1","name":"a;b","error":"amount is required"}',
    '{"amount":1.00000000000000001,"error":"cannot be"}',
    String.raw`{"sent":"{\"a\"","error":"must be JSON"}`,
    String.raw`{"sent":"{\"a\":1,\"a\":2}","error":"once only"}`
  ]
  expect(await write({ format: 'ndjson' }, rows)).toBe(`${lines.join('\n')}\n`)
  expect(await write({ format: 'json' }, rows)).toBe(`[\n${lines.join(',\n')}\n]\n`)
  expect(await write({ format: 'json' }, [])).toBe('[]\n')
})

/** Texts as people write them, and as they break files. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'",;\t\n\r\'=+-@ 1\0|€😀ß\uFEFF'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
      fc.constant("'=")
    ),
    { maxLength: 5 }
  )
  .map((parts) => parts.join(''))
const value = fc.oneof(text, fc.integer(), fc.constant(null), fc.constant({ a: [1] }))
const names = COLUMNS.map(({ name }) => name)
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })
const error = fc.oneof(text, fc.constant('amount is required'))

/** The cells that are kept: a file says nothing by blank cells. */
function kept(cells: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(cells).filter(([, cell]) => cell !== ''))
}

function hasText(cells: Readonly<Record<string, unknown>>): boolean {
  return Object.values(cells).some((cell) => String(cell).trim() !== '')
}

function cellsOf(sent: string): object {
  const { error: _, ...cells }: Record<string, unknown> = JSON.parse(sent)
  return cells
}

async function roundTrip(layout: Layout, rows: readonly FileRow[], errors: string, sizes: readonly number[]) {
  const bytes = Buffer.from(
    await write(
      layout,
      rows.map((row) => ({ row, error: errors }))
    )
  )
  return readFile(inChunks(bytes, sizes), TYPES[layout.format])
}

test('rows of CSV that go back and come again are the same, and so is what is no row', async () => {
  const cells = fc.record(Object.fromEntries(names.map((name) => [name, text]))).map(kept)
  const sent = fc.array(text, { minLength: names.length + 1, maxLength: 7 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(cells, sent), { maxLength: 6 }),
      fc.constantFrom(',', ';', '\t'),
      error,
      sizes,
      async (contents, delimiter, errors, sizes) => {
        const own = contents.map(
          (content): FileRow =>
            Array.isArray(content)
              ? { line: 0, sent: content.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter), faults: [] }
              : { line: 0, cells: content }
        )
        const layout = { format: 'csv', delimiter, header: names } as const
        const first = await roundTrip(layout, own, errors, sizes)
        expect(first.layout).toEqual(layout)
        // A row without any text is none, and one with an error is there.
        const expected = own.filter((row) => errors.trim() !== '' || 'sent' in row || hasText(row.cells))
        expect(first.rows.map((row) => ('cells' in row ? row.cells : 'sent'))).toEqual(
          expected.map((row) => ('cells' in row ? row.cells : 'sent'))
        )
        // A line that is no row is written in one way, and then stays.
        expect((await roundTrip(layout, first.rows, errors, sizes)).rows).toEqual(first.rows)
      }
    )
  )
})

test.each(['ndjson', 'json'] as const)('rows of %s that go back and come again are the same', async (format) => {
  const cells = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value)
  await fc.assert(
    fc.asyncProperty(fc.array(cells, { maxLength: 6 }), error, sizes, async (contents, errors, sizes) => {
      const own = contents.map(({ error: _, ...cells }, at): FileRow => ({ line: at + 1, cells: { ...cells } }))
      const { rows } = await roundTrip({ format }, own, errors, sizes)
      const asSent = rows.map((row) => ('cells' in row ? row : { line: row.line, cells: cellsOf(row.sent) }))
      expect(asSent).toEqual(own)
      expect((await roundTrip({ format }, rows, errors, sizes)).rows).toEqual(rows)
    }),
    { examples: [[[JSON.parse('{"__proto__":{"a":[1]}}')], '', [1]]] }
  )
})
