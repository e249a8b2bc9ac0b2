import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CSV, inChunks, NDJSON, readFile, readRows } from './reading.ts'

const ROWS = 'account_number,amount\nA1,5\nA2,6\n'
const READ = [
  [1, { account_number: 'A1', amount: '5' }],
  [2, { account_number: 'A2', amount: '6' }]
]
const GZIP = { ...CSV, 'content-encoding': 'gzip' }
/** Rows that pack to nearly nothing. */
const MANY = `account_number,amount\n${`A1,${'5'.repeat(1_000)}\n`.repeat(2_000)}`

interface Part {
  readonly name?: string
  readonly fileName?: string
  readonly type?: string
  readonly text?: string
}

function formOf(...parts: readonly Part[]): Buffer {
  const written = parts.map(({ name = 'file', fileName, type, text = ROWS }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`
    const content = type === undefined ? '' : `Content-Type: ${type}\r\n`
    return `--X\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${content}\r\n${text}\r\n`
  })
  return Buffer.from(`${written.join('')}--X--\r\n`)
}

const FORM = { 'content-type': 'multipart/form-data; boundary=X' }
const FILE = { fileName: 'bills.csv' }

test('a packed file is the file', async () => {
  expect(await readRows(gzipSync(ROWS), GZIP)).toEqual(READ)
  expect(await readRows(inChunks(gzipSync(ROWS), [1]), { ...CSV, 'content-encoding': ' GZIP ' })).toEqual(READ)
  const members = Buffer.concat([gzipSync(ROWS), gzipSync('A3,7\n')])
  expect(await readRows(members, GZIP)).toHaveLength(3)
})

test('the file of a form is the file, and has its name', async () => {
  const { fileName, rows } = await readFile(inChunks(formOf({ fileName: 'März 2099.csv' }), [7]), FORM)
  expect([fileName, rows.length]).toEqual(['März 2099.csv', 2])
  expect(await readRows(gzipSync(formOf(FILE)), { ...FORM, 'content-encoding': 'gzip' })).toEqual(READ)
})

test('the name of a file is a line of text', async () => {
  const name = `a\0b\u200b\t c${'😀'.repeat(200)}.csv`
  const { fileName } = await readFile(formOf({ fileName: name, type: 'text/csv' }), FORM)
  expect(fileName).toBe(`a b c${'😀'.repeat(125)}\ufffd`)
})

test.each<[Part, string]>([
  [{ fileName: 'a', type: 'text/csv' }, 'csv'],
  [{ fileName: 'a.json', type: 'text/csv; charset=utf-8' }, 'csv'],
  [{ fileName: 'a.CSV', type: 'application/vnd.ms-excel' }, 'csv'],
  [{ fileName: 'a.tsv', type: 'text/plain' }, 'csv'],
  [{ fileName: 'a.jsonl', text: '{}\n' }, 'ndjson'],
  [{ fileName: 'a', type: 'application/x-ndjson', text: '{}\n' }, 'ndjson'],
  [{ fileName: 'a.json', text: '[{}]' }, 'json']
])('the part %j is of format %s', async (part, format) => {
  expect((await readFile(formOf(part), FORM)).layout.format).toBe(format)
})

describe('refuses', () => {
  test.each<[string, Buffer, Readonly<Record<string, string>>, string, string]>([
    ['a form without a file', formOf(), FORM, 'upload.oneFile', 'must have one part'],
    ['a form with a field only', formOf({}), FORM, 'upload.oneFile', 'must have one part'],
    ['a field before the file', formOf({}, FILE), FORM, 'upload.oneFile', 'options go into the query'],
    ['a field after the file', formOf(FILE, {}), FORM, 'upload.oneFile', 'options go into the query'],
    ['two files', formOf(FILE, FILE), FORM, 'upload.oneFile', 'must have one part'],
    ['two large files', formOf({ ...FILE, text: MANY }, { ...FILE, text: MANY }), FORM, 'upload.oneFile', 'one part'],
    ['a form cut in its file', formOf(FILE).subarray(0, -20), FORM, 'upload.notForm', 'must be a whole form'],
    ['a form cut behind its file', formOf(FILE).subarray(0, -4), FORM, 'upload.notForm', 'must be a whole form'],
    ['a form cut before its file', formOf(FILE).subarray(0, 20), FORM, 'upload.notForm', 'must be a whole form'],
    ['a form that is none', Buffer.from(ROWS), FORM, 'upload.notForm', 'must be a whole form'],
    [
      'a form without a boundary',
      formOf(FILE),
      { 'content-type': 'multipart/form-data' },
      'upload.notForm',
      'whole form'
    ],
    [
      'a picture in a form',
      formOf({ fileName: 'a.png', type: 'image/png' }),
      FORM,
      'upload.partType',
      '.csv, .tsv, .nd'
    ],
    ['a nameless type in a form', formOf({ fileName: 'a' }), FORM, 'upload.partType', 'text/csv, application/x-ndjson'],
    ['another type', Buffer.from(ROWS), { 'content-type': 'text/plain' }, 'upload.mediaType', 'text/csv, application'],
    ['no type', Buffer.from(ROWS), {}, 'upload.mediaType', 'multipart/form-data'],
    [
      'another charset',
      Buffer.from(ROWS),
      { 'content-type': 'text/csv; charset=latin1' },
      'body.charset',
      'not latin1'
    ],
    ['another packing', Buffer.from(ROWS), { ...CSV, 'content-encoding': 'br' }, 'upload.encoding', 'must be gzip'],
    ['gzip that is none', Buffer.from(ROWS), GZIP, 'upload.notGzip', 'must be gzip'],
    ['gzip cut short', gzipSync(ROWS).subarray(0, -9), GZIP, 'upload.gzipCut', 'cut short'],
    ['gzip cut in its head', gzipSync(ROWS).subarray(0, 5), GZIP, 'upload.gzipCut', 'cut short'],
    [
      'gzip with a wrong sum',
      Buffer.concat([gzipSync(ROWS).subarray(0, -8), Buffer.alloc(8)]),
      GZIP,
      'upload.notGzip',
      ''
    ],
    ['a bomb', gzipSync(MANY), GZIP, 'upload.bomb', 'more than 200 times its size'],
    ['a bomb in a line', gzipSync(Buffer.alloc(2_000_000)), { ...NDJSON, ...GZIP }, 'upload.rowTooLong', ''],
    [
      'a bomb of a form',
      gzipSync(formOf({ ...FILE, text: MANY })),
      { ...FORM, 'content-encoding': 'gzip' },
      'upload.bomb',
      ''
    ],
    ['nothing in gzip', Buffer.alloc(0), GZIP, 'upload.gzipCut', 'cut short']
  ])('%s', async (_, body, headers, code, message) => {
    const problem = { code, message: expect.stringContaining(message) }
    await expect(readRows(inChunks(body, [50_000]), headers)).rejects.toMatchObject(problem)
  })

  test('a second file that comes when the first has been read', async () => {
    async function* slowly() {
      yield formOf(FILE).subarray(0, -4)
      await new Promise(setImmediate)
      yield Buffer.concat([Buffer.from('\r\n'), formOf(FILE)])
    }
    await expect(readRows(slowly(), FORM)).rejects.toMatchObject({ code: 'upload.oneFile' })
  })

  test.each([
    ['a long file', Buffer.from(ROWS), CSV],
    ['a long file in gzip', gzipSync(ROWS), GZIP],
    ['a long file in a form', formOf(FILE), FORM]
  ])('%s', async (_, body, headers) => {
    expect(await readRows(body, headers, ROWS.length)).toEqual(READ)
    const problem = {
      code: 'upload.fileTooLarge',
      message: expect.stringContaining(`at most ${ROWS.length - 1} bytes`)
    }
    await expect(readRows(body, headers, ROWS.length - 1)).rejects.toMatchObject(problem)
  })
})
