import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { purgeUploads } from '../../src/upload/retention.ts'
import type { Answer } from '../support/answer.ts'
import { BILL_UPLOAD, type FileWorld, linesOf, startFileUpload } from './file-world.ts'
import { row } from './upload-world.ts'

let world: FileWorld
beforeAll(async () => {
  world = await startFileUpload()
})
afterAll(() => world.close())

const countOf = async (table: 'customer_bill' | 'uploaded_bill' | 'upload_key') => {
  const { rows } = await world.database.run(sql`SELECT (SELECT count(*) FROM "customer_bill"),
    (SELECT count(*) FROM "uploaded_bill"), (SELECT count(*) FROM "upload_key")`)
  return Number(rows[0]?.[['customer_bill', 'uploaded_bill', 'upload_key'].indexOf(table)])
}
const statusesOf = async (id: string, query = '') => {
  const { body } = await world.call('GET', `${BILL_UPLOAD}/${id}/rows${query}`)
  return body.map((result: Answer) => `${result.line} ${result.status}`)
}
const figuresOf = ({ created, duplicate, conflict, refused, amount }: Answer) => ({
  ...{ created, duplicate, conflict, refused },
  amount: amount.map(({ unit, value }: Answer) => `${value} ${unit}`)
})
/** Two parts; the second has rows of the first again. */
const twoParts = () => {
  const rows = Array.from({ length: 1_000 }, () => row())
  const [first, second] = rows
  return [...rows, first, { ...second, amount: 1 }, row({ amount: -1 }), row()]
}

describe('a file', () => {
  test('is received, and its rows become bills', async () => {
    const [one, other] = [row(), row({ amount: '80.50' })]
    const sent = [one, other, one, { ...one, amount: 1 }, row({ amount: -1 }), 4]
    const { status, headers, body } = await world.send(sent)
    expect([status, headers.location]).toEqual([202, `http://localhost:80${BILL_UPLOAD}/${body.id}`])
    expect(body).toMatchObject({ state: expect.stringMatching(/^(?:running|done)$/), rows: 6, dryRun: false })
    const upload = await world.ended(body.id)
    expect(upload).toMatchObject({
      ...{ kind: 'bill', state: 'done', billState: 'sent', onConflict: 'refuse', past: 'refuse', progress: 1 },
      ...{ rows: 6, created: 2, replaced: 0, duplicate: 1, conflict: 1, refused: 2, notStored: 0 },
      amount: [{ unit: 'EUR', value: 199.5 }]
    })
    const names = `${one.account_number},${other.account_number}`
    const bills = await world.call('GET', `customerBill?billingAccount.id=${names}`)
    expect(bills.body).toHaveLength(2)
    const { rows } = await world.database.run(sql`SELECT "action", "after"->>'count' FROM "audit"
      WHERE "resource_type" IN ('Upload', 'CustomerBill') ORDER BY "id" DESC LIMIT 2`)
    expect(rows).toEqual([
      ['createMany', '2'],
      ['create', null]
    ])
  })

  test('with past=accept has bills of the past, which are refused without', async () => {
    const sent = [row({ due_date: '30-01-2024', period: '01-2024' })]
    expect(await world.sendToEnd(sent)).toMatchObject({ created: 0, refused: 1 })
    expect(await world.sendToEnd(sent, '?past=accept')).toMatchObject({ past: 'accept', created: 1, refused: 0 })
    const { status, text } = await world.send(sent, '?past=yes')
    expect([status, text]).toEqual([400, expect.stringContaining('refuse, accept')])
  })

  test('of several parts has the rows of each, in their order, and what came before is known', async () => {
    const rows = twoParts()
    const upload = await world.sendToEnd(rows)
    expect(upload).toMatchObject({ state: 'done', rows: 1_004, created: 1_001, duplicate: 1, conflict: 1, refused: 1 })
    const all = await statusesOf(upload.id)
    expect(all).toHaveLength(1_004)
    expect(all.slice(-4)).toEqual(['1001 duplicate', '1002 conflict', '1003 refused', '1004 created'])
    expect(await statusesOf(upload.id, '?status=refused')).toEqual(['1003 refused'])
    expect(await world.sendToEnd(rows)).toMatchObject({ created: 0, duplicate: 1_002, conflict: 1, refused: 1 })
  })

  test('stores nothing on a dry run, whose results are those of a real one', async () => {
    const [rows, before] = [twoParts(), await countOf('customer_bill')]
    const dry = await world.sendToEnd(rows, '?dryRun=true')
    expect([dry.state, await countOf('customer_bill'), await countOf('upload_key')]).toEqual(['done', before, 0])
    const real = await world.sendToEnd(rows)
    expect(figuresOf(dry)).toEqual(figuresOf(real))
    expect(await statusesOf(dry.id)).toEqual(await statusesOf(real.id))
    const { body } = await world.call('GET', `${BILL_UPLOAD}/${dry.id}/rows?status=conflict`)
    expect(body[0]?.errors).toMatchObject([{ message: 'has other content than row 2, which has the same key' }])
  })

  test('names rows, and no bills that are not there, on a dry run', async () => {
    const one = row({ bill_no: 'DRY-1' })
    const { id } = await world.sendToEnd([one, one, { ...one, amount: 1 }], '?dryRun=true')
    const { body } = await world.call('GET', `${BILL_UPLOAD}/${id}/rows`)
    const message = 'has other content than row 1, which has the same key'
    expect(body).toEqual([
      { line: 1, status: 'created' },
      { line: 2, status: 'duplicate' },
      { line: 3, status: 'conflict', errors: [{ message, faultCode: 'field.otherContentOfRow' }] }
    ])
  })

  test('is stored as a whole, or not at all', async () => {
    const [rows, before] = [twoParts(), await countOf('customer_bill')]
    const refused = await world.sendToEnd(rows, '?atomic=true')
    expect(refused).toMatchObject({ state: 'done', created: 0, conflict: 1, refused: 1, notStored: 1_002, amount: [] })
    expect(await countOf('customer_bill')).toBe(before)
    const good = rows.slice(0, 1_001)
    const dry = await world.sendToEnd(good, '?atomic=true&dryRun=true')
    expect(dry).toMatchObject({ created: 1_000, duplicate: 1, notStored: 0 })
    expect(await countOf('customer_bill')).toBe(before)
    expect(await world.sendToEnd(good, '?atomic=true')).toMatchObject({ created: 1_000, duplicate: 1 })
    expect(await countOf('customer_bill')).toBe(before + 1_000)
  })
})

describe('an upload', () => {
  test('is read again only when it has changed, and not too soon', async () => {
    const { body, headers } = await world.send([row()])
    const unchanged = body.state === 'running' && (await world.call('GET', `${BILL_UPLOAD}/${body.id}`))
    if (unchanged) expect(headers['retry-after']).toBe('1')
    await world.ended(body.id)
    const { headers: last } = await world.call('GET', `${BILL_UPLOAD}/${body.id}`)
    expect(last['retry-after']).toBeUndefined()
    const tag = { 'if-none-match': String(last.etag) }
    expect((await world.call('GET', `${BILL_UPLOAD}/${body.id}`, undefined, tag)).status).toBe(304)
  })

  test('that has ended cannot be cancelled, but removed: its bills stay', async () => {
    const { account_number } = row()
    const { id } = await world.sendToEnd([row({ account_number })])
    expect((await world.call('POST', `${BILL_UPLOAD}/${id}/cancel`)).body.message).toBe(
      'An upload that is done cannot be cancelled; it must be receiving or running'
    )
    expect((await world.call('DELETE', `${BILL_UPLOAD}/${id}`)).status).toBe(204)
    expect((await world.call('GET', `${BILL_UPLOAD}/${id}`)).status).toBe(404)
    expect((await world.call('GET', `customerBill?billingAccount.id=${account_number}`)).body).toHaveLength(1)
  })

  test.each([
    ['without a row', '', '', 400, 'upload.noRows'],
    ['of blank lines', '\n\n', '', 400, 'upload.noRows'],
    ['with an unknown option', '{}', '?dry=true', 400, 'query.invalid'],
    ['with a wrong option', '{}', '?dryRun=yes', 400, 'query.invalid']
  ])('%s is refused', async (_, lines, query, status, code) => {
    const type = { 'content-type': 'application/x-ndjson' }
    const reply = await world.call('POST', `${BILL_UPLOAD}${query}`, lines, type)
    expect([reply.status, reply.body.messageCode]).toEqual([status, code])
  })

  test('is found in the list by its state', async () => {
    const { id } = await world.sendToEnd([row()])
    const { body } = await world.call('GET', `${BILL_UPLOAD}?state=done&limit=1`)
    expect(body).toMatchObject([{ id, state: 'done' }])
    expect((await world.call('GET', `${BILL_UPLOAD}?state=failed`)).body).toEqual([])
    expect((await world.call('GET', `${BILL_UPLOAD}?state=lost`)).status).toBe(400)
  })

  test('goes with its results when it is old, and its bills stay', async () => {
    const [{ id }, { id: young }] = [await world.sendToEnd([row()]), await world.sendToEnd([row()])]
    const bills = await countOf('customer_bill')
    await world.database.run(sql`ALTER TABLE "upload" DISABLE TRIGGER "upload_kept"`)
    await world.database.run(sql`UPDATE "upload" SET "finished_at" = now() - interval '91 days' WHERE "id" = ${id}`)
    await world.database.run(sql`ALTER TABLE "upload" ENABLE TRIGGER "upload_kept"`)
    await purgeUploads(world.database, 90)
    expect((await world.call('GET', `${BILL_UPLOAD}/${id}`)).status).toBe(404)
    expect((await world.call('GET', `${BILL_UPLOAD}/${young}`)).status).toBe(200)
    expect(await countOf('customer_bill')).toBe(bills)
  })

  test('that is atomic has at most 100,000 rows', async () => {
    const lines = linesOf(Array.from({ length: 100_001 }, () => 1))
    const type = { 'content-type': 'application/x-ndjson' }
    const { status, body } = await world.call('POST', `${BILL_UPLOAD}?atomic=true`, lines, type)
    expect([status, body.messageCode]).toEqual([413, 'upload.atomicTooLong'])
    const [failed] = (await world.call('GET', `${BILL_UPLOAD}?state=failed`)).body
    expect(failed).toMatchObject({ rows: 100_000, failure: expect.stringContaining('at most 100000 rows') })
  })
})
