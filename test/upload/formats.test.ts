import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { startTestServer } from '../support/server.ts'
import { BILL_UPLOAD, type FileWorld, startFileUpload } from './file-world.ts'
import { CSV, cells, csv, form, HEAD, JSON_TYPE, lines, NDJSON, objects, type Sent, sendTo } from './files.ts'

let world: FileWorld
let root: string
beforeAll(async () => {
  world = await startFileUpload()
  root = await world.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => world.close())

const send = (sent: Sent) => sendTo(root, sent)

describe('the rows of a file become bills', () => {
  test.each<[string, () => Sent]>([
    ['CSV', () => ({ body: csv(), type: CSV })],
    ['CSV with a charset', () => ({ body: csv(), type: 'Text/CSV; charset=UTF-8; header=present' })],
    ['CSV of a spreadsheet', () => ({ body: `\uFEFF${csv('119,00', ';', '\r\n')}`, type: CSV, query: '?decimal=,' })],
    ['CSV with tabs', () => ({ body: csv('119', '\t'), type: CSV })],
    ['CSV with mixed line ends', () => ({ body: csv().replace('\n', '\r\n').replace(/\n$/, '\r'), type: CSV })],
    ['CSV, packed', () => ({ body: gzipSync(csv()), type: CSV, isPacked: true })],
    ['lines of JSON', () => ({ body: lines(), type: NDJSON })],
    ['lines of JSON, packed', () => ({ body: gzipSync(lines()), type: NDJSON, isPacked: true })],
    ['an array of JSON', () => ({ body: JSON.stringify(objects(), undefined, 2), type: JSON_TYPE })],
    [
      'an array of JSON, packed',
      () => ({ body: gzipSync(JSON.stringify(objects())), type: JSON_TYPE, isPacked: true })
    ],
    ['a form', () => ({ body: form([csv(), CSV, 'bills.csv']) })],
    ['a form, by name', () => ({ body: form([JSON.stringify(objects()), 'application/octet-stream', 'bills.JSON']) })]
  ])('as %s', async (_, make) => {
    const { status, body } = await send(make())
    expect([status, body]).toEqual([202, expect.objectContaining({ rows: 2 })])
    const upload = await world.ended(body.id)
    const sums = { state: 'done', created: 2, refused: 0, amount: [{ unit: 'EUR', value: 238 }] }
    expect(upload).toMatchObject(sums)
  })

  test('as a form with the name of its file', async () => {
    const { body } = await send({ body: form([csv(), CSV, 'März 2099.csv']) })
    expect(body.fileName).toBe('März 2099.csv')
    await world.ended(body.id)
  })

  test('where rows of the wrong form are refused alone', async () => {
    const row = () =>
      cells()
        .map((cell) => `"${String(cell).replaceAll('"', '""')}"`)
        .join()
    const [nul, comma] = [row().replace('Zoë', 'Zo\0'), row().replace('119.00', '1,5')]
    const text = `${HEAD}${row()}\nF-0,1\n${nul}\n${comma}\n\n${row()}\n`
    const { body } = await send({ body: text, type: CSV })
    expect(await world.ended(body.id)).toMatchObject({ rows: 5, created: 2, refused: 3 })
  })
})

describe('the rows that were not stored come back', () => {
  const bad = () => csv().replace('119.00', '-119.00').replace('"Zoë ""Z"", Köln"', '=1+1')
  const rejected = async (id: string) => {
    const { headers, text } = await world.call('GET', `${BILL_UPLOAD}/${id}/rejected`)
    return { type: headers['content-type'], name: headers['content-disposition'], text }
  }

  test('as CSV with their errors, and can be mended', async () => {
    const { body } = await send({ body: `${bad()}X,1\n`, type: CSV })
    expect(await world.ended(body.id)).toMatchObject({ created: 1, refused: 2 })
    const file = await rejected(body.id)
    expect(file).toMatchObject({
      type: 'text/csv;charset=utf-8',
      name: `attachment; filename="rejected-${body.id}.csv"`
    })
    const [head, wrong, short] = file.text.split('\r\n')
    expect(head).toBe(`\uFEFF${HEAD.trim()},error`)
    expect(wrong).toMatch(/^F-\d+,-119.00,14-12-2099,12-2099,'=1\+1,amount -119.00 must be more than 0$/)
    expect(short).toBe('X,1,,,,"has 2 cells, and the header 5"')
    const mended = await send({ body: `${head}\n${wrong?.replace('-119', '119')}\n`, type: CSV })
    expect(await world.ended(mended.body.id)).toMatchObject({ rows: 1, created: 1 })
    const [account = ''] = wrong?.split(',') ?? []
    const bills = await world.call('GET', `customerBill?billingAccount.id=${account}`)
    expect(bills.body[0]?.billingAccount).toMatchObject({ name: '=1+1' })
  })

  test('as lines and as an array of JSON, with what is no JSON', async () => {
    const [row] = objects()
    const wrong = { ...row, amount: -1 }
    const errors = { error: 'amount -1 must be more than 0' }
    const array = await send({ body: JSON.stringify([wrong, row]), type: JSON_TYPE })
    await world.ended(array.body.id)
    const { type, text } = await rejected(array.body.id)
    expect([type, JSON.parse(text)]).toEqual([`${JSON_TYPE};charset=utf-8`, [{ ...wrong, ...errors }]])
    const lines = await send({ body: `{"a":\n${JSON.stringify(wrong)}\n`, type: NDJSON })
    await world.ended(lines.body.id)
    const [first = '', second = ''] = (await rejected(lines.body.id)).text.split('\n')
    expect(JSON.parse(first)).toMatchObject({ sent: '{"a":', error: expect.stringContaining('must be JSON') })
    expect(JSON.parse(second)).toEqual({ ...wrong, ...errors })
  })

  test('and are none if all were stored', async () => {
    const { body } = await send({ body: lines(), type: NDJSON })
    await world.ended(body.id)
    expect((await rejected(body.id)).text).toBe('')
  })
})

const LONG = 'x'.repeat(10_000_000)
const BOMB = gzipSync(`${HEAD}${`F-1,${'5'.repeat(1_000)},,,\n`.repeat(20_000)}`)
const ROW = 'F-1,5,14-12-2099,12-2099,\n'

describe('a file is refused as a whole', () => {
  test.each<[string, number, string, string, Sent]>([
    ['empty', 400, 'upload.noHeader', 'must name columns: account_number, amount', { body: '', type: CSV }],
    ['empty lines', 400, 'upload.noRows', 'at least one row', { body: '\n\n', type: NDJSON }],
    ['an empty array', 400, 'upload.noRows', 'at least one row', { body: '[]', type: JSON_TYPE }],
    ['a header only', 400, 'upload.noRows', 'at least one row', { body: HEAD, type: CSV }],
    [
      'a column missing',
      400,
      'upload.missingColumns',
      'lacks amount, due_date',
      { body: 'account_number,period\n', type: CSV }
    ],
    [
      'a column twice',
      400,
      'upload.repeatedColumns',
      'has amount twice',
      { body: HEAD.replace('name', 'Amount'), type: CSV }
    ],
    [
      'an unknown column',
      400,
      'upload.unknownColumns',
      'colour is none',
      { body: HEAD.replace('name', 'colour'), type: CSV }
    ],
    ['a long cell', 413, 'upload.rowTooLong', 'At row 1: a row must have', { body: `${HEAD}F-1,${LONG}\n`, type: CSV }],
    ['a long cell of JSON', 413, 'upload.rowTooLong', 'At row 1', { body: `[{"name":"${LONG}"}]`, type: JSON_TYPE }],
    ['cut within quotes', 400, 'upload.openQuote', 'begin at row 2', { body: csv().slice(0, -6), type: CSV }],
    ['an array cut short', 400, 'body.cutShort', 'cut short', { body: '[{},{', type: JSON_TYPE }],
    [
      'Latin-1',
      400,
      'upload.notUtf8',
      'row 1 has the byte 0xEB, as Latin-1',
      { body: Buffer.from(csv(), 'latin1'), type: CSV }
    ],
    [
      'gzip cut short',
      400,
      'upload.gzipCut',
      'cut short',
      { body: gzipSync(csv()).subarray(0, -9), type: CSV, isPacked: true }
    ],
    ['a bomb', 413, 'upload.bomb', '200 times its size', { body: BOMB, type: CSV, isPacked: true }],
    ['two files', 400, 'upload.oneFile', 'one part', { body: form([csv(), CSV, 'a.csv'], [csv(), CSV, 'b.csv']) }],
    ['no file', 400, 'upload.oneFile', 'one part', { body: form() }],
    ['a picture in a form', 415, 'upload.partType', '.csv, .tsv', { body: form(['x', 'image/png', 'a.png']) }]
  ])('%s', async (_, status, code, message, sent) => {
    const answer = await send(sent)
    expect([answer.status, answer.body.messageCode, answer.body.message]).toEqual([
      status,
      code,
      expect.stringContaining(message)
    ])
  })

  test.each<[string, Sent, string]>([
    ['another type', { body: HEAD, type: 'application/xml' }, 'upload.mediaType'],
    ['no type', { body: Buffer.from(HEAD) }, 'upload.mediaType'],
    ['another charset', { body: HEAD, type: 'text/csv; charset=latin1' }, 'body.charset']
  ])('%s, with the types that are taken', async (_, sent, code) => {
    const { status, headers, body } = await send(sent)
    expect([status, body.messageCode]).toEqual([415, code])
    expect(headers.get('accept-post')).toBe('text/csv, application/x-ndjson, application/json, multipart/form-data')
  })

  test('no body', async () => {
    const { status, body } = await world.call('POST', BILL_UPLOAD)
    expect([status, body.messageCode]).toEqual([415, 'upload.mediaType'])
  })

  test('longer than the server allows', async () => {
    const small = await startTestServer({ UPLOAD_LIMIT_BYTES: '1024' }, world)
    const { status, body } = await small.call('POST', BILL_UPLOAD, csv().padEnd(1_025), { 'content-type': CSV })
    expect([status, body.messageCode]).toEqual([413, 'upload.fileTooLarge'])
    await small.close()
  })

  test('another packing, with the one that is taken', async () => {
    const headers = { 'content-type': CSV, 'content-encoding': 'br' }
    const { status, headers: answered } = await world.call('POST', BILL_UPLOAD, HEAD, headers)
    expect([status, answered['accept-encoding']]).toEqual([415, 'gzip'])
  })

  test('where it breaks off', async () => {
    const { port } = world.app.server.address() as AddressInfo
    const headers = { token: KEYS[TENANT], 'content-type': CSV, 'content-length': 10_000_000 }
    const client = request({ port, path: BILL_UPLOAD, method: 'POST', headers }).on('error', () => undefined)
    client.write(HEAD + ROW.repeat(5_000))
    await expect.poll(states).toContain('receiving')
    client.destroy()
    await expect.poll(states).not.toContain('receiving')
    const found = await world.call('GET', `${BILL_UPLOAD}?state=failed`)
    const { text } = await world.call('GET', `${BILL_UPLOAD}/${found.body[0]?.id}/rejected`)
    const [, first] = text.split('\r\n')
    expect(first).toBe(`${ROW.trim()},is not stored`)
  })

  test('and then no row of it is stored, and none is waited for', async () => {
    expect(new Set(await states())).toEqual(new Set(['done', 'failed']))
    const found = await world.database.run(sql`SELECT FROM "uploaded_bill" WHERE "account_number" = 'F-1'`)
    expect(found.rowCount).toBe(0)
  })
})

async function states(): Promise<readonly unknown[]> {
  const { rows } = await world.database.run(sql`SELECT "state" FROM "upload"`)
  return rows.map(([state]) => state)
}
