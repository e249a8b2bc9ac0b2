import { describe, expect, test } from 'vitest'
import { inChunks, JSON_ARRAY, NDJSON, readFile, readRows } from './reading.ts'

const A1 = { account_number: 'A1', amount: 5 }
const ROW = JSON.stringify(A1)
const LONG = JSON.stringify({ ...A1, name: 'x'.repeat(10_000_000) })
const NOT_JSON = expect.stringMatching(/^The body must be JSON/)

describe.each([
  ['lines', NDJSON, (rows: readonly string[]) => rows.map((row) => `${row}\r\n`).join('')],
  ['an array', JSON_ARRAY, (rows: readonly string[]) => ` [\n${rows.join(' ,\n')} ]\n`]
])('rows as %s', (_, headers, write) => {
  const read = async (rows: readonly string[]) => {
    const bytes = Buffer.from(`\uFEFF${write(rows)}`)
    const all = await readRows(bytes, headers)
    expect(await readRows(inChunks(bytes, [1]), headers)).toEqual(all)
    return all
  }

  test('keep their values and their numbers', async () => {
    const other = { account_number: '[{"\\', amount: '5.00', nested: [{ a: ']' }] }
    expect(await read([ROW, JSON.stringify(other), ROW])).toEqual([
      [1, A1],
      [2, other],
      [3, A1]
    ])
  })

  test('are ignored in their column of errors', async () => {
    expect(await read([JSON.stringify({ error: 'bad', ...A1 })])).toEqual([[1, A1]])
  })

  test('that came back as texts are read once they are mended', async () => {
    expect(await read([JSON.stringify({ sent: ROW, error: 'The body must be JSON' })])).toEqual([[1, A1]])
  })

  test.each([
    ['{"a":', NOT_JSON],
    ['{"a":1]', NOT_JSON],
    ['17', 'must be an object'],
    ['[1, 2]', 'must be an object'],
    ['"a, b"', 'must be an object'],
    ['{"amount":0.1234567890123456789}', expect.stringMatching(/^amount cannot be 0.1234/)],
    ['{"amount":1,"name":"a:\\"b","amount":2}', 'amount may be given once only'],
    ['{"sent":"{\\"a\\"","error":"no JSON"}', expect.stringMatching(/^sent must be mended: .*; The body must be JSON/)],
    ['{"name":"\\u0000"}', 'name must not contain NUL or unpaired surrogates']
  ])('like %s have a fault of their own, unless it hides the next', async (row, fault) => {
    if (row === '{"a":' && headers === JSON_ARRAY) return
    expect(await read([ROW, row, ROW])).toEqual([
      [1, A1],
      [2, fault],
      [3, A1]
    ])
  })

  test('are refused if one is long', async () => {
    const problem = { code: 'upload.rowTooLong', message: expect.stringContaining('row 2') }
    await expect(read([ROW, LONG, ROW])).rejects.toMatchObject(problem)
  })

  test('are refused in Latin-1', async () => {
    const bytes = Buffer.from(write([ROW, '{"name":"Zoë"}', ROW]), 'latin1')
    const problem = { code: 'upload.notUtf8', message: expect.stringContaining('row 2 has the byte 0xEB') }
    await expect(readRows(bytes, headers)).rejects.toMatchObject(problem)
  })

  test('may be none', async () => {
    expect(await read([])).toEqual([])
  })
})

test('lines may be blank, and count', async () => {
  expect(await readRows(`\n${ROW}\n  \r\n${ROW}`, NDJSON)).toEqual([
    [2, A1],
    [4, A1]
  ])
})

test('what is no row is kept as it was sent', async () => {
  expect((await readFile('17\n', NDJSON)).rows).toMatchObject([{ sent: '17' }])
  expect((await readFile(`[17]`, JSON_ARRAY)).rows).toMatchObject([{ sent: '17' }])
})

test.each([
  ['', 'body.notArray', 'must be a JSON array'],
  [ROW, 'body.notArray', 'must be a JSON array'],
  ['"[]"', 'body.notArray', 'must be a JSON array'],
  [`[${ROW}`, 'body.cutShort', 'was cut short'],
  [`[${ROW},{"a":`, 'body.cutShort', 'was cut short'],
  [`[${ROW},{"a":"`, 'body.cutShort', 'was cut short'],
  [`[${ROW},]`, 'body.notJson', 'element 2 of the array is empty'],
  [`[${ROW},,${ROW}]`, 'body.notJson', 'element 2 of the array is empty'],
  ['[,]', 'body.notJson', 'element 1 of the array is empty'],
  [`[${ROW}] []`, 'body.notJson', 'something follows the array'],
  [`[${ROW}]]`, 'body.notJson', 'something follows the array']
])('%j is no array of rows', async (text, code, message) => {
  const problem = { code, message: expect.stringContaining(message) }
  await expect(readRows(text, JSON_ARRAY)).rejects.toMatchObject(problem)
  await expect(readRows(inChunks(Buffer.from(text), [1]), JSON_ARRAY)).rejects.toMatchObject(problem)
})
