import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { customerBill } from '../../src/resources/customer-bill.ts'
import { validate } from '../../src/tmf/declaration/schema.ts'
import { RECEIVABLE, REVENUE } from '../billing/foreign-world.ts'
import { addAccount, paid, pay } from '../billing/ledger-world.ts'
import { TENANT } from '../support/database.ts'
import { RESULTS, row, startUpload, type UploadWorld } from './upload-world.ts'

const STRICT = { prefer: 'return=representation, handling=strict' }
const ALL = {
  ...{ bill_no: ' U-17 ', currency: 'EUR', tax_excluded_amount: '100', tax_category: 'VAT', tax_rate: 0.19 },
  ...{ bill_date: '30-11-2099', name: 'Radhaus', description: 'Heating\nand water', external_id: 'R-17' },
  document_url: 'https://bills.example.com/17.pdf'
}

let world: UploadWorld
beforeAll(async () => {
  world = await startUpload()
})
afterAll(() => world.close())

const billOf = async (account: string) => {
  const { body } = await world.call('GET', `customerBill?billingAccount.id=${account}`)
  expect(body).toHaveLength(1)
  return body[0]
}
const countOf = async (table: 'customer_bill' | 'uploaded_bill' | 'event' | 'audit') => {
  const counts = sql`SELECT (SELECT count(*) FROM "customer_bill"), (SELECT count(*) FROM "uploaded_bill"),
    (SELECT count(*) FROM "event"), (SELECT count(*) FROM "audit" WHERE "tenant_id" = ${TENANT})`
  const { rows } = await world.database.run(counts)
  return Number(rows[0]?.[['customer_bill', 'uploaded_bill', 'event', 'audit'].indexOf(table)])
}

describe('rows of the documented columns', () => {
  test('become bills that are sent, and the answer is an empty object, also when they come again', async () => {
    const rows = [row(), row({ amount: '80.50' }), row({ amount: 0.01 })]
    for (const _ of [1, 2]) {
      const { status, text, headers } = await world.upload(rows)
      expect([status, text, headers['preference-applied']]).toEqual([200, '{}', undefined])
    }
    const bill = await billOf(String(rows[1]?.account_number))
    const { id, href, lastUpdate, billDocument, ...shown } = bill
    expect(shown).toEqual({
      state: 'sent',
      category: 'normal',
      billingAccount: { id: rows[1]?.account_number },
      amountDue: { unit: 'EUR', value: 80.5 },
      remainingAmount: { unit: 'EUR', value: 80.5 },
      paymentDueDate: '2099-12-31T00:00:00.000Z',
      billingPeriod: { startDateTime: '2099-12-01T00:00:00.000Z', endDateTime: '2100-01-01T00:00:00.000Z' }
    })
    expect(billDocument).toEqual([expect.objectContaining({ name: `bill-${id}`, attachmentType: 'customerBill' })])
    expect((await world.call('GET', new URL(billDocument[0].url).pathname)).status).toBe(200)
  })

  test('of an account of this service are in its ledger, and paid from its credit', async () => {
    const account = await addAccount(world)
    await pay(world, account, 100)
    await world.upload([row({ account_number: account })])
    const { id } = await billOf(account)
    expect(await paid(world, id)).toEqual([[19, 'partiallyPaid', [[expect.any(String), 100]]]])
    const { rows } = await world.database.run(sql`SELECT "book", trim_scale("amount"), "currency" FROM "ledger_entry"
      WHERE "journal_id" = ${id} ORDER BY "line"`)
    expect(rows.map(([book, amount, unit]) => [book, Number(amount), unit])).toEqual([RECEIVABLE(119), REVENUE(-119)])
    await pay(world, account, 19)
    expect((await world.call('GET', `customerBill/${id}`)).body.state).toBe('settled')
    expect((await world.call('DELETE', `customerBill/${id}`)).status).toBe(409)
  })

  test('are in the currency of their account, which says how many digits an amount has', async () => {
    const yen = await addAccount(world, { currency: 'JPY' })
    const refused = await world.upload([row({ account_number: yen, amount: 80.5 })])
    expect([refused.status, refused.body]).toEqual([
      400,
      { err: 'row 1: amount 80.5 must have at most 0 decimal places, as JPY has' }
    ])
    await world.upload([row({ account_number: yen, amount: 80 })])
    expect((await billOf(yen)).amountDue).toEqual({ unit: 'JPY', value: 80 })
  })

  test('leave one event each and one row of the audit together', async () => {
    const [events, audits] = [await countOf('event'), await countOf('audit')]
    await world.upload([row(), row(), row()])
    expect([(await countOf('event')) - events, (await countOf('audit')) - audits]).toEqual([3, 1])
    const { rows } = await world.database.run(sql`SELECT "action", "resource_type", "after"->>'count' FROM "audit"
      ORDER BY "id" DESC LIMIT 1`)
    expect(rows).toEqual([['createMany', 'CustomerBill', '3']])
  })
})

test('all columns become attributes of a valid bill, whose tax is in the ledger', async () => {
  const account = await addAccount(world)
  const sent = row({ ...ALL, account_number: account })
  expect((await world.upload([sent])).text).toBe('{}')
  const { href, ...bill } = await billOf(account)
  expect(validate(customerBill, bill)).toEqual(bill)
  expect(bill).toMatchObject({
    billNo: 'U-17',
    billDate: '2099-11-30T00:00:00.000Z',
    taxExcludedAmount: { unit: 'EUR', value: 100 },
    taxIncludedAmount: { unit: 'EUR', value: 119 },
    taxItem: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: { unit: 'EUR', value: 19 } }],
    billDocument: [{ url: 'https://bills.example.com/17.pdf', description: 'Heating\nand water' }]
  })
  const { rows } = await world.database.run(sql`SELECT "detail", trim_scale("amount") FROM "ledger_entry"
    WHERE "journal_id" = ${bill.id} AND "book" = 'tax'`)
  expect(rows).toEqual([['VAT', '-19']])
  await world.upload([row({ account_number: 'X-NAMED', name: 'Radhaus' })])
  expect((await billOf('X-NAMED')).billingAccount).toEqual({ id: 'X-NAMED', name: 'Radhaus' })
})

describe('a row with a fault', () => {
  test('keeps all others from being stored, and is named with its reason', async () => {
    const before = await countOf('customer_bill')
    const { status, body } = await world.upload([row(), row(), row({ due_date: '2024-01-30' }), row({ amount: -1 })])
    expect([status, body]).toEqual([
      400,
      { err: 'row 3: due_date 2024-01-30 is not DD-MM-YYYY; row 4: amount -1 must be more than 0' }
    ])
    expect(await countOf('customer_bill')).toBe(before)
    const many = await world.upload(Array.from({ length: 25 }, () => ({})))
    expect(many.body.err).toMatch(/^row 1: account_number is required, amount .*; row 20: [^;]*; and 5 more rows$/)
  })

  test('does not affect others if the client wants the result of each', async () => {
    const [good, bad] = [row(), row({ period: '13-2099' })]
    const { status, body, headers } = await world.results([good, bad, good, { ...good, amount: 1 }, 4])
    const { id } = await billOf(good.account_number)
    const href = `http://localhost:80/customerBillManagement/v4/customerBill/${id}`
    const conflict = { message: `has other content than the bill ${id}, which was uploaded before` }
    expect([status, headers['preference-applied'], body]).toEqual([
      200,
      'return=representation',
      [
        { line: 1, status: 'created', id, href },
        {
          line: 2,
          status: 'refused',
          errors: [{ column: 'period', message: 'is not MM-YYYY', faultCode: 'field.monthForm' }]
        },
        { line: 3, status: 'duplicate', id, href },
        { line: 4, status: 'conflict', id, href, errors: [{ ...conflict, faultCode: 'field.otherContent' }] },
        { line: 5, status: 'refused', errors: [{ message: 'must be an object', faultCode: 'field.object' }] }
      ]
    ])
  })

  test.each<[string, object]>([
    ['with a fault', { amount: 'many' }],
    ['with other content than one before it', { account_number: 'STRICT', amount: 1 }]
  ])('%s keeps all from being stored if the client wants that, too', async (_, more) => {
    const before = await countOf('customer_bill')
    const rows = [row({ account_number: 'STRICT' }), row(more)]
    const { status, body, headers } = await world.upload(rows, STRICT)
    expect([status, headers['preference-applied']]).toEqual([422, STRICT.prefer])
    expect(body.map((result) => result.status)).toEqual(['notStored', expect.stringMatching(/^refused$|^conflict$/)])
    expect(await countOf('customer_bill')).toBe(before)
    expect((await world.upload([row()], STRICT)).status).toBe(200)
  })
})

describe('a row that comes again', () => {
  test.each<[string, object, object]>([
    ['with other content', {}, { amount: 1 }],
    ['with another due date', {}, { due_date: '30-12-2099' }],
    ['with a name', {}, { name: 'Radhaus' }],
    ['by its number', { bill_no: 'N-1' }, { bill_no: 'N-1', amount: 1 }],
    ['by its own id', { external_id: 'E-1' }, { external_id: 'E-1', bill_no: 'N-2' }]
  ])('%s is a conflict, and changes nothing', async (_, first, second) => {
    const sent = row(first)
    await world.upload([sent])
    const before = await billOf(sent.account_number)
    const { status, body } = await world.upload([{ ...sent, ...second }])
    expect([status, body.err]).toEqual([
      409,
      `row 1: has other content than the bill ${before.id}, which was uploaded before`
    ])
    expect(await billOf(sent.account_number)).toEqual(before)
  })

  test.each<[string, object, object]>([
    ['with an amount that is written otherwise', { amount: 119 }, { amount: ' 119.000 ' }],
    ['with blanks', { bill_no: 'N-3' }, { bill_no: ' N-3 ' }],
    ['with an empty column', {}, { name: '', description: null }],
    ['with its columns in another order', {}, { account_number: undefined }]
  ])('%s is a duplicate', async (_, first, second) => {
    const sent = row(first)
    await world.upload([sent])
    const again = { ...second, ...sent, ...second, account_number: sent.account_number }
    expect((await world.results([again])).body).toMatchObject([{ status: 'duplicate' }])
  })

  test('is a duplicate whatever the currency of the tenant is by now', async () => {
    const sent = row()
    await world.upload([sent])
    await world.database.run(sql`UPDATE "tenant" SET "currency" = 'JPY' WHERE "id" = ${TENANT}`)
    expect((await world.upload([sent])).text).toBe('{}')
    await world.database.run(sql`UPDATE "tenant" SET "currency" = 'EUR' WHERE "id" = ${TENANT}`)
  })

  test('for another month, or with another number, makes another bill', async () => {
    const sent = row({ bill_no: 'N-4' })
    const rows = [sent, { ...sent, period: '11-2099' }, { ...sent, bill_no: 'N-5' }, { ...sent, external_id: 'N-4' }]
    const { body } = await world.results(rows)
    expect(new Set(body.map(({ status, id }) => status === 'created' && id)).size).toBe(4)
  })
})

describe('an upload', () => {
  test('has at most 10,000 rows', async () => {
    const { status, body } = await world.upload(Array.from({ length: 10_001 }, () => 1))
    expect([status, body.err, body.messageCode]).toEqual([
      413,
      'At most 10000 rows are taken at a time',
      'upload.tooManyRows'
    ])
  })

  test.each<[string, unknown, Record<string, string>, number]>([
    ['is no array', {}, {}, 400],
    ['has no row', [], {}, 400],
    ['is no JSON', '[{', {}, 400],
    ['is lines of JSON', '{}\n', { 'content-type': 'application/x-ndjson' }, 415],
    ['has an idempotency key', [row()], { 'idempotency-key': 'k' }, 400],
    ['has no good credential', [row()], { token: 'unknown' }, 401]
  ])('that %s is refused with the reason', async (_, rows, headers, status) => {
    const reply = await world.upload(rows, headers)
    expect([reply.status, reply.body.err, reply.body.messageCode]).toEqual([
      status,
      reply.body.message,
      expect.any(String)
    ])
  })

  test('of which a number is one of ours is refused', async () => {
    const rows = ['INV-2099-000001', 'inv 2099 000001'].map((number) => row({ bill_no: number }))
    const { body } = await world.upload(rows, RESULTS)
    const refused = { status: 'refused', errors: [{ column: 'bill_no', faultCode: 'field.ownNumber' }] }
    expect(body).toMatchObject([refused, refused])
  })
})
