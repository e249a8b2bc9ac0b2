import { describe, expect, test } from 'vitest'
import { CSV, inChunks, JSON_ARRAY, NDJSON, readFile, readRows } from './reading.ts'

const HEAD = 'account_number,amount,name\n'
const A1 = { account_number: 'A1', amount: '5' }

describe('a file of CSV', () => {
  test.each<[string, string, readonly (readonly [number, unknown])[]]>([
    ['a header in any order', 'amount,account_number\n5,A1\n', [[1, A1]]],
    ['names in capitals, with blanks', ' Amount ,ACCOUNT_NUMBER\n5,A1\n', [[1, A1]]],
    ['semicolons', 'account_number;amount\nA1;5\n', [[1, A1]]],
    ['tabs', 'account_number\tamount\nA1\t5\n', [[1, A1]]],
    ['a mark of the byte order', '\uFEFFaccount_number,amount\nA1,5\n', [[1, A1]]],
    ['a line before the header that names the separator', 'sep=;\r\naccount_number;amount\r\nA1;5\r\n', [[1, A1]]],
    ['a quoted header', '"account_number";"amount"\n"A1";"5"\n', [[1, A1]]],
    ['no line end after the last row', 'account_number,amount\nA1,5', [[1, A1]]],
    ['line ends of Windows', 'account_number,amount\r\nA1,5\r\n', [[1, A1]]],
    ['line ends of old Macs', 'account_number,amount\rA1,5\r', [[1, A1]]],
    ['mixed line ends', 'account_number,amount\r\nA1,5\nA1,5\r\nA1,5\rA1,5', [1, 2, 3, 4].map((line) => [line, A1])],
    ['blank lines, which count', `\n\r\n${HEAD}\n,,\nA1,5,\r\n\r\n`, [[3, A1]]],
    ['blank cells, which are no values', `${HEAD}A1,5,\n`, [[1, A1]]],
    ['blanks in cells, which stay', `${HEAD}A1, 5,\n`, [[1, { ...A1, amount: ' 5' }]]],
    ['a separator in quotes', `${HEAD}A1,5,"a,b"\n`, [[1, { ...A1, name: 'a,b' }]]],
    ['quotes in quotes', `${HEAD}A1,5,"a ""b"""\n`, [[1, { ...A1, name: 'a "b"' }]]],
    [
      'line ends in quotes',
      `${HEAD}A1,5,"a\r\nb\nc"\nA1,5,\n`,
      [
        [1, { ...A1, name: 'a\r\nb\nc' }],
        [2, A1]
      ]
    ],
    ['characters of many bytes', `${HEAD}A1,5,Zoë 😀 €\n`, [[1, { ...A1, name: 'Zoë 😀 €' }]]],
    ['a NUL, which is a fault of its cell', `${HEAD}A1,5,a\0b\n`, [[1, { ...A1, name: 'a\0b' }]]],
    ['the column of errors, which is ignored', 'account_number,error,amount\nA1,bad,5\n', [[1, A1]]],
    [
      'too few cells',
      `${HEAD}A1,5\nA1,5,\n`,
      [
        [1, 'has 2 cells, and the header 3'],
        [2, A1]
      ]
    ],
    ['too many cells', `${HEAD}A1,5,a,b\n`, [[1, 'has 4 cells, and the header 3']]],
    ['no rows', HEAD, []]
  ])('may have %s', async (_, text, rows) => {
    expect(await readRows(text, CSV)).toEqual(rows)
    expect(await readRows(inChunks(Buffer.from(text), [1]), CSV)).toEqual(rows)
  })

  test('keeps its separator and its header, without the errors', async () => {
    const { layout } = await readFile('Account_Number;"amount ";error\nA1;5;\n', CSV)
    expect(layout).toEqual({ format: 'csv', delimiter: ';', header: ['Account_Number', 'amount '] })
  })

  test('keeps a row with too many cells as it was sent', async () => {
    const { rows } = await readFile(`${HEAD}A1,5,"a,b",c\n`, CSV)
    expect(rows).toMatchObject([{ line: 1, sent: 'A1,5,"a,b",c' }])
  })
})

const LONG = 'x'.repeat(10_000_000)

describe('as a whole is refused', () => {
  test.each<[string, string | Buffer, string, string]>([
    ['an empty file', '', 'noHeader', 'its first line must name columns: account_number, amount, name, bill_no'],
    ['one of blank lines', '\n\r\n\r', 'noHeader', 'its first line must name columns: account_number, amount'],
    [
      'a header without a required column',
      'name\nx\n',
      'missingColumns',
      'lacks account_number, amount; there are acc'
    ],
    ['a column twice', 'account_number,amount,Amount\n', 'repeatedColumns', 'each column once; it has amount twice'],
    [
      'an unknown column',
      'account_number,amount,colour\n',
      'unknownColumns',
      'colour is none; there are account_number,'
    ],
    ['a column without a name', 'account_number;amount;\n', 'unknownColumns', '(a blank) is none; there are account_'],
    ['no header', 'A1,5,a\nA2,5,b\n', 'unknownColumns', 'A1, 5, a is none'],
    ['other separators', 'account_number|amount\n', 'unknownColumns', 'account_number|amount is none'],
    ['many unknown columns', `${'abcdefg'.split('')}\n`, 'unknownColumns', 'a, b, c, d, e, 2 more is none'],
    ['a broken header', '"account_number,amount\nA1,5\n', 'headerQuote', 'its quotes do not fit'],
    ['a header without an end', LONG, 'rowTooLong', 'At the header: a row must have at most 100000 bytes'],
    [
      'a file cut within quotes',
      `${HEAD}A1,5,\nA1,5,"a\nA1,5,\n`,
      'openQuote',
      'which begin at row 2; it may be cut short'
    ],
    ['a quote within a cell', `${HEAD}A1,5,\nA1,5,5" pipe\n`, 'strayQuote', 'At row 2: a cell with a quote must be in'],
    ['text behind quotes', `${HEAD}A1,5,"a"b\n`, 'strayQuote', 'At row 1: a cell with a quote must be in quotes'],
    [
      'a long cell',
      `${HEAD}A1,5,\nA1,5,${LONG}\nA1,5,\n`,
      'rowTooLong',
      'At row 2: a row must have at most 100000 bytes'
    ],
    ['a long cell in quotes', `${HEAD}A1,5,"${LONG}"`, 'rowTooLong', 'At row 1: a row must have at most 100000 bytes'],
    [
      'a row of separators',
      `${HEAD}${','.repeat(10_000_000)}`,
      'rowTooLong',
      'At row 1: a row must have at most 10000'
    ],
    ['Latin-1', Buffer.from(`${HEAD}A1,5,a\nA1,5,Zoë\n`, 'latin1'), 'notUtf8', 'row 2 has the byte 0xEB, as Latin-1'],
    ['Latin-1 at a beginning', Buffer.from(`${HEAD}A1,5,a\nëA1,5,\n`, 'latin1'), 'notUtf8', 'row 2 has the byte 0xEB'],
    [
      'Latin-1 in a header',
      Buffer.from('account_number,amount,größe\n', 'latin1'),
      'notUtf8',
      'the header has the byte'
    ],
    ['UTF-16', Buffer.from(`\uFEFF${HEAD}`, 'utf16le'), 'notUtf8', 'the header has the byte 0xFF, as Latin-1'],
    ['UTF-16 without a mark', Buffer.from(HEAD, 'utf16le'), 'notUtf8', 'the header has the byte 0x00, as Latin-1'],
    ['UTF-16 in the other order', Buffer.from(HEAD, 'utf16le').swap16(), 'notUtf8', 'the header has the byte 0x00'],
    ['half a character', Buffer.from(`${HEAD}A1,5,€`).subarray(0, -1), 'notUtf8', 'row 1 has the byte 0xE2']
  ])('%s', async (_, body, code, message) => {
    const problem = { code: `upload.${code}`, message: expect.stringContaining(message) }
    await expect(readRows(inChunks(Buffer.from(body), [65_536]), CSV)).rejects.toMatchObject(problem)
    await expect(readRows(inChunks(Buffer.from(body), [1, 65_536]), CSV)).rejects.toMatchObject(problem)
  })
})

test.each([
  ['a cell of CSV', CSV, `${HEAD}A1,5,`, 'x'],
  ['a quoted cell', CSV, `${HEAD}A1,5,"`, 'x\n'],
  ['cells', CSV, HEAD, ','],
  ['a header', CSV, '', 'x'],
  ['a line', NDJSON, '', 'x'],
  ['a text of JSON', JSON_ARRAY, '[{"name":"', 'x'],
  ['a list of JSON', JSON_ARRAY, '[', '[']
])('%s without an end is not read on', async (_, headers, start, rest) => {
  let read = 0
  async function* body() {
    yield Buffer.from(start)
    for (; read < 100; read++) yield Buffer.from(rest.repeat(65_536 / rest.length))
  }
  await expect(readRows(body(), headers)).rejects.toMatchObject({ code: 'upload.rowTooLong' })
  expect(read).toBeLessThan(10)
})
