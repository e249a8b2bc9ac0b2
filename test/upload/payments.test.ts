import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { creditorReference } from '../../src/base/creditor-reference.ts'
import { newId } from '../../src/base/ulid.ts'
import { catalogue } from '../../src/billing/catalogue.ts'
import { sql } from '../../src/db/sql.ts'
import type { FileRow } from '../../src/upload/file/file.ts'
import { paymentKind } from '../../src/upload/payment-kind.ts'
import { placeOf } from '../../src/upload/place.ts'
import { AUTHOR, addAccount, addBill, credits, PAYMENT } from '../billing/ledger-world.ts'
import { parsed } from '../support/answer.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { type FileWorld, startFileUpload } from './file-world.ts'

const IMPORT = '/billing/v1/paymentImport'
const UNMATCHED = '/billing/v1/unmatchedPayment'
const STATEMENT = readFileSync(new URL('camt/statement.053.001.02.xml', import.meta.url), 'utf8')
const NOTIFICATION = readFileSync(new URL('camt/notification.054.001.08.xml', import.meta.url), 'utf8')

let world: FileWorld
beforeAll(async () => {
  world = await startFileUpload()
})
afterAll(() => world.close())

async function bring(body: string, type = 'text/csv') {
  const reply = await world.call('POST', IMPORT, body, { 'content-type': type })
  expect(reply.text).toContain('"state"')
  return world.ended(reply.body.id, IMPORT)
}

async function billed(amount = '10') {
  const account = await addAccount(world)
  const id = await addBill(world, account, { rates: { usageCharge: amount } })
  const { body } = await world.call('GET', `customerBill/${id}`)
  return { account, id, billNo: String(body.billNo), reference: creditorReference(String(body.billNo)) }
}

async function left(id: string) {
  const { body } = await world.call('GET', `customerBill/${id}`)
  return [body.state, body.remainingAmount.value]
}

function fileOf(
  lines: readonly string[],
  header = 'account_number;bill_no;creditor_reference;amount;date;reference;method'
) {
  return [header, ...lines].map((line) => `${line}\r\n`).join('')
}

describe('a file of payments', () => {
  test('pays bills by account, number and reference, leaves the rest to a person, and does nothing twice', async () => {
    const [one, two, three] = [await billed(), await billed(), await billed('20')]
    const own = newId()
    const lines = [
      `${one.account};;;10;27-11-2026;${own} 1;bankTransfer`,
      `;${two.billNo};;4.5;27-11-2026;${own} 2;cash`,
      `;;${three.reference};20.00;27-11-2026;${own} 3;bankTransfer`,
      `;unknown;;5;27-11-2026;${own} 4;bankTransfer`,
      `;;RF19539007547034;5;27-11-2026;${own} 5;bankTransfer`,
      `${one.account};${one.billNo};;5;27-11-2026;${own} 6;bankTransfer`,
      `;;;5;27-11-2026;${own} 7;bankTransfer`,
      `${one.account};;;5;2026-11-27;${own} 8;barter`,
      `;${one.billNo};;1.234;27-11-2026;${own} 9;cash`,
      `;unknown;;1.2345;27-11-2026;${own} 10;cash`,
      `${one.account};;;5;27-11-2099;${own} 11;cash`
    ]
    const first = await bring(fileOf(lines))
    expect(first).toMatchObject({ state: 'done', rows: 11, created: 3, unmatched: 1, refused: 7, conflict: 0 })
    expect(first.amount).toEqual([{ unit: 'EUR', value: 34.5 }])
    expect(await Promise.all([one, two, three].map(({ id }) => left(id)))).toEqual([
      ['settled', 0],
      ['partiallyPaid', 5.5],
      ['settled', 0]
    ])
    expect(await bring(fileOf(lines.toReversed()))).toMatchObject({
      created: 0,
      unmatched: 0,
      duplicate: 4,
      refused: 7
    })
    const { text } = await world.call('GET', `${IMPORT}/${first.id}/rejected`)
    expect(text).toMatch(/at most 2 decimal places, as EUR has.*at most 3 decimal places/s)
    const changed = lines.slice(0, 4).map((line) => line.replace(/;(\d[\d.]*);27/, ';1$1;27'))
    expect(await bring(fileOf(changed))).toMatchObject({ created: 0, conflict: 4 })
    const { body } = await world.call('GET', `${PAYMENT}?reference=${encodeURIComponent(`${own} 2`)}`)
    expect(body).toMatchObject([{ valueDate: '2026-11-27', method: 'cash', billingAccount: { id: two.account } }])
  })

  test('is tried dry, and stored as a whole or not at all', async () => {
    const { database } = world
    const { account, id } = await billed()
    const cells = { account_number: account, amount: '10', date: '27-11-2026', method: 'cash' }
    const good = { line: 1, cells: { ...cells, reference: newId() } }
    const bad = { line: 2, cells: { ...cells, reference: newId(), amount: '0' } }
    const statuses = async (rows: readonly FileRow[], options: object) => {
      const { clock } = database
      const place = await placeOf(database, TENANT, clock())
      const prepared = await paymentKind.prepare(rows, place, { decimal: '.' })
      const context = {
        view: { tenantId: TENANT },
        author: AUTHOR,
        clock,
        newId,
        resources: catalogue,
        resolvers: new Map()
      }
      const all = {
        isStrict: false,
        isDry: false,
        state: 'sent',
        onConflict: 'refuse',
        past: 'refuse',
        ...options
      } as const
      const { results } = await database.transaction((tx) => prepared.store(tx, context, all))
      return results.map(({ status }) => status)
    }
    expect(await statuses([good, bad], { isDry: true })).toEqual(['created', 'refused'])
    expect(await statuses([good, bad], { isStrict: true })).toEqual(['notStored', 'refused'])
    expect(await left(id)).toEqual(['validated', 10])
    expect(await statuses([good], { isStrict: true })).toEqual(['created'])
    expect(await left(id)).toEqual(['settled', 0])
  })
})

describe('a bank statement', () => {
  /** The statement and the notification of a day, for bills of this test. */
  async function files() {
    const bills = [await billed('119'), await billed('30'), await billed('20')]
    const [first, second, third] = bills
    const day = newId()
    const fitted = (xml: string) =>
      xml
        .replaceAll('DE02120300000000202051', `DE${day}`)
        .replaceAll('RF14INV2026000180', String(first?.reference))
        .replaceAll('RF14 INV2 0260 0018 0', String(first?.reference))
        .replaceAll('INV-2026-000181', String(second?.billNo))
        .replaceAll('INV-2026-000182', String(third?.billNo))
        .replaceAll('BA-100031', String(second?.account))
        .replaceAll('BA-100032', String(third?.account))
    return { bills, statement: fitted(STATEMENT), notification: fitted(NOTIFICATION) }
  }

  test('pays the bills that it names, once, also if the notification of the day has them too', async () => {
    const { bills, statement, notification } = await files()
    const first = await bring(statement, 'application/xml')
    expect(first).toMatchObject({ state: 'done', rows: 5, created: 3, unmatched: 1, refused: 1 })
    expect(await Promise.all(bills.map(({ id }) => left(id)))).toEqual(bills.map(() => ['settled', 0]))
    expect(await bring(statement, 'text/xml')).toMatchObject({ created: 0, duplicate: 4, refused: 1 })
    // Of its four credits the statement had the first one.
    expect(await bring(notification, 'application/xml')).toMatchObject({
      rows: 4,
      duplicate: 1,
      created: 3,
      unmatched: 0
    })
    expect(await credits(world, String(bills[1]?.account))).toEqual({ EUR: 182.4 })
  })

  test('lists what came back for a person', async () => {
    const { statement } = await files()
    await bring(statement, 'application/xml')
    const { body } = await world.call('GET', `${UNMATCHED}?limit=100`)
    expect(body.at(-1)).toMatchObject({ type: 'return', reasonCode: 'unmatched.returned', amount: { value: 45 } })
  })

  test('may come in a form', async () => {
    const { statement } = await files()
    const part = 'Content-Disposition: form-data; name="file"; filename="statement.XML"\r\n\r\n'
    const form = `--edge\r\n${part}${statement}\r\n--edge--\r\n`
    expect(await bring(form, 'multipart/form-data; boundary=edge')).toMatchObject({
      created: 3,
      fileName: 'statement.XML'
    })
  })

  test('may come packed', async () => {
    const { statement } = await files()
    const packed = gzipSync(statement)
    const headers = { token: KEYS[TENANT], 'content-type': 'application/xml', 'content-encoding': 'gzip' }
    const send = (payload: Buffer) => world.app.inject({ method: 'POST', url: IMPORT, headers, payload })
    const cut = await send(packed.subarray(0, -20))
    expect([cut.statusCode, parsed(cut.body).messageCode]).toEqual([400, 'upload.gzipCut'])
    const { id } = parsed((await send(packed)).body)
    expect(await world.ended(id, IMPORT)).toMatchObject({ created: 3, unmatched: 1, refused: 1 })
  })

  test('gives the rows that were not stored back as CSV, which pays once it is mended', async () => {
    const { bills, statement } = await files()
    const { id } = await bring(statement, 'application/xml')
    const { text, headers } = await world.call('GET', `${IMPORT}/${id}/rejected`)
    expect(headers['content-type']).toBe('text/csv;charset=utf-8')
    expect(text.trim().split('\r\n')).toHaveLength(2)
    expect(await bring(text)).toMatchObject({ rows: 1, refused: 1 })
    const mended = text.replace('\r\nbatch,,', `\r\npayment,${bills[0]?.reference},`)
    expect(await bring(mended)).toMatchObject({ rows: 1, created: 1 })
    expect(await bring(statement, 'application/xml')).toMatchObject({ created: 0, duplicate: 4, refused: 1 })
  })

  test.each([
    [
      'a DOCTYPE',
      () => STATEMENT.replace('<Document', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document')
    ],
    ['an unknown entity', () => STATEMENT.replace('Radhaus', '&e;')],
    ['no end', () => STATEMENT.slice(0, -30)],
    ['another message', () => '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>']
  ])('with %s is refused as a whole', async (_, file) => {
    const { status, body } = await world.call('POST', IMPORT, file(), { 'content-type': 'application/xml' })
    expect([status, body.message]).toEqual([400, expect.stringMatching(/^The file must be/)])
  })

  test('is no file of bills', async () => {
    const path = '/billing/v1/billUpload'
    expect((await world.call('POST', path, STATEMENT, { 'content-type': 'application/xml' })).status).toBe(415)
  })
})

test('any order and repetition of rows leaves the same money in every account', async () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6, maxLength: 6 })
  const histories = fc.array(order, { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(histories, async (orders) => {
      const [one, two] = [await billed('10'), await billed('30')]
      const own = newId()
      const lines = [
        `${one.account};;;4;27-11-2026;${own} 0;cash`,
        `;${one.billNo};;8;27-11-2026;${own} 1;card`,
        `;;${two.reference};12;27-11-2026;${own} 2;cash`,
        `${two.account};;;12;27-11-2026;${own} 3;wallet`,
        `;${two.billNo};;12;27-11-2026;${own} 4;cash`,
        `;nobody;;5;27-11-2026;${own} 5;cash`
      ]
      for (const places of orders) await bring(fileOf(places.map((at) => String(lines[at]))))
      const { rows } = await world.database.run(sql`SELECT "billing_account_id", trim_scale(sum("amount"))::text,
          count(DISTINCT "source_id") FILTER (WHERE "source_type" = 'payment')
        FROM "ledger_entry" WHERE "book" IN ('balance', 'receivable')
          AND "billing_account_id" = ANY(${[one.account, two.account]}::text[]) GROUP BY 1 ORDER BY 1`)
      expect(rows).toEqual([
        [one.account, '-2', '2'],
        [two.account, '-6', '3']
      ])
    }),
    { numRuns: 4 }
  )
})
