import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccount, addBill, credits, PAYMENT, paid, pay } from '../billing/ledger-world.ts'
import { textsOf } from '../documents/pdf-text.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { type CorrectionWorld, EUR, startCorrections } from './world.ts'

const CREDIT_NOTE = '/billing/v1/creditNote'

let world: CorrectionWorld
let server: CorrectionWorld['server']
let contract: CorrectionWorld['contract']
beforeAll(async () => {
  world = await startCorrections()
  ;({ server, contract } = world)
})
afterAll(() => world.close())

/** Adds a bill over 10 of usage and 20 of charges with 19 % tax: 35.70. */
async function oneBill() {
  const account = await addAccount(server, { tax: 0.19 })
  const id = await addBill(server, account, { rates: { usageCharge: '10', recurringCharge: '20' }, state: 'sent' })
  return { account, id, body: { bill: { id }, reason: 'wrongAmount' } }
}

const credit = (body: object) => contract.call('POST', CREDIT_NOTE, body)
const billOf = async (id: string) => (await server.call('GET', `customerBill/${id}`)).body

/** Returns the id of the line of a type on a bill. */
async function lineOf(bill: string, type: string): Promise<string> {
  const { body } = await server.call('GET', `appliedCustomerBillingRate?bill.id=${bill}&type=${type}`)
  return body[0].id
}

/** Returns the books of a bill. */
async function booksOf(bill: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await server.database.run(sql`SELECT concat_ws(' ', "book", "detail"), sum("amount")
    FROM "ledger_entry" WHERE "source_id" = ${bill} GROUP BY 1`)
  return Object.fromEntries(rows.map(([book, amount]) => [String(book), Number(amount)]))
}

describe('a credit note', () => {
  test('of all is a bill below zero that pays its own, with a journal, a number and links both ways', async () => {
    const { account, id, body } = await oneBill()
    const made = await credit({ ...body, all: true, description: 'Billed twice' })
    expect([made.status, made.text]).toEqual([201, made.text])
    expect(made.headers.location).toBe(made.body.href)
    expect(made.body).toMatchObject({
      ...{ amount: EUR(35.7), taxExcludedAmount: EUR(30), credit: EUR(0), description: 'Billed twice' },
      bill: { id, href: expect.stringContaining(`/customerBill/${id}`) },
      lines: [
        { type: 'recurringCharge', taxExcludedAmount: EUR(20) },
        { type: 'usageCharge', taxExcludedAmount: EUR(10) }
      ]
    })
    const { customerBill } = made.body
    const note = await billOf(customerBill.id)
    expect(note).toMatchObject({
      ...{ category: 'creditNote', state: 'settled', billNo: expect.stringMatching(/^CRN-\d{4}-\d{6}$/) },
      ...{ amountDue: EUR(-35.7), remainingAmount: EUR(0), taxExcludedAmount: EUR(-30) },
      taxItem: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: EUR(-5.7) }],
      relatedBill: [{ id, relationshipType: 'corrects', href: expect.stringContaining(`/customerBill/${id}`) }]
    })
    const corrected = await billOf(id)
    expect(corrected).toMatchObject({
      ...{ state: 'settled', remainingAmount: EUR(0), amountDue: EUR(35.7) },
      relatedBill: [{ id: customerBill.id, billNo: note.billNo, relationshipType: 'correctedBy' }]
    })
    expect(await booksOf(customerBill.id)).toEqual({
      ...{ receivable: -35.7, 'revenue usageCharge': 10, 'revenue recurringCharge': 20, 'tax VAT': 5.7 }
    })
    expect(await credits(server, account)).toEqual({ EUR: 0 })
    expect((await contract.call('GET', `${CREDIT_NOTE}/${made.body.id}`)).body).toEqual(made.body)
    for (const query of [`bill.id=${id}`, `customerBill.id=${customerBill.id}`, `billingAccount.id=${account}`]) {
      expect((await contract.call('GET', `${CREDIT_NOTE}?${query}`)).body).toEqual([made.body])
    }
    expect((await contract.call('GET', `${CREDIT_NOTE}?limit=0`)).status).toBe(206)
    expect((await contract.call('GET', `${CREDIT_NOTE}?sort=id`)).status).toBe(400)
    const unchanged = { 'if-none-match': String(made.headers.etag) }
    expect((await contract.call('GET', `${CREDIT_NOTE}/${made.body.id}`, undefined, unchanged)).status).toBe(304)
    expect((await contract.call('GET', `${CREDIT_NOTE}/${newId()}`)).status).toBe(404)
    expect((await credit({ ...body, all: true })).body.messageCode).toBe('correction.nothingLeft')
    const { rows } = await server.database.run(sql`SELECT "action", "resource_type" FROM "audit"
      WHERE "resource_id" IN (${id}, ${customerBill.id}, ${made.body.id}) ORDER BY "resource_type", "action"`)
    expect(rows).toEqual([
      ['create', 'CreditNote'],
      ['create', 'CustomerBill'],
      ['credit', 'CustomerBill']
    ])
  })

  test('of a part lowers what remains, and a payment of the rest settles the bill', async () => {
    const { account, id, body } = await oneBill()
    const { body: first } = await credit({ ...body, amount: EUR(11.9) })
    expect(first).toMatchObject({ amount: EUR(11.9), taxExcludedAmount: EUR(10), credit: EUR(0) })
    expect((await paid(server, id))[0]).toEqual([23.8, 'sent', []])
    const { body: payment } = await pay(server, account, 23.8)
    expect((await paid(server, id))[0]).toEqual([0, 'settled', [[payment.id, 23.8]]])
    expect((await server.call('POST', `${PAYMENT}/${payment.id}/reverse`)).status).toBe(200)
    expect((await paid(server, id))[0]).toEqual([23.8, 'sent', []])
    const last = await credit({ ...body, all: true })
    expect(last.body).toMatchObject({ amount: EUR(23.8), taxExcludedAmount: EUR(20) })
    expect((await paid(server, id))[0]).toEqual([0, 'settled', []])
  })

  test('gives what was paid back as credit, from the last payment first, which pays the next bill', async () => {
    const { account, id, body } = await oneBill()
    const [{ body: first }, { body: second }] = [await pay(server, account, 30), await pay(server, account, 5.7)]
    const made = await credit({ ...body, amount: EUR(11.9) })
    expect(made.body).toMatchObject({ amount: EUR(11.9), credit: EUR(11.9) })
    expect((await paid(server, id))[0]).toEqual([0, 'settled', [[first.id, 23.8]]])
    expect(await credits(server, account)).toEqual({ EUR: 11.9 })
    expect((await server.call('GET', `${PAYMENT}/${second.id}`)).body.credit).toEqual(EUR(5.7))
    const next = await addBill(server, account, { rates: { usageCharge: '10' } })
    const pays = [first.id, second.id].map((payment, at) => [payment, [6.2, 5.7][at]])
    expect((await paid(server, next))[0]).toEqual([0, 'settled', pays])
    expect(await credits(server, account)).toEqual({ EUR: 0 })
    expect((await server.call('POST', `${PAYMENT}/${first.id}/reverse`)).status).toBe(200)
    expect((await paid(server, id))[0]).toEqual([23.8, 'sent', []])
  })

  test('of lines gives back these with their tax, up to what is left of each', async () => {
    const { id, body } = await oneBill()
    const [usage, recurring] = [await lineOf(id, 'usageCharge'), await lineOf(id, 'recurringCharge')]
    const part = await credit({ ...body, lines: [{ rate: { id: usage }, amount: EUR(4) }] })
    expect(part.body).toMatchObject({
      amount: EUR(4.76),
      lines: [{ rate: { id: usage }, type: 'usageCharge', taxExcludedAmount: EUR(4) }]
    })
    const more = await credit({ ...body, lines: [{ rate: { id: usage }, amount: EUR(6.01) }] })
    expect([more.status, more.body.message]).toEqual([409, expect.stringContaining('of the sign of 6')])
    const rest = await credit({ ...body, lines: [{ rate: { id: usage } }, { rate: { id: recurring } }] })
    expect(rest.body).toMatchObject({ amount: EUR(30.94), taxExcludedAmount: EUR(26) })
    expect((await billOf(id)).remainingAmount).toEqual(EUR(0))
  })

  test('of a held bill settles it, once nothing is left', async () => {
    const { id, body } = await oneBill()
    await server.call('PATCH', `customerBill/${id}`, { state: 'onHold', holdReason: 'Disputed' })
    await credit({ ...body, amount: EUR(5.7) })
    expect(await billOf(id)).toMatchObject({ state: 'onHold', holdReason: 'Disputed', remainingAmount: EUR(30) })
    await credit({ ...body, all: true })
    const { state, holdReason } = await billOf(id)
    expect([state, holdReason]).toEqual(['settled', undefined])
  })

  test('of one reference is one, and numbers have no gap, whatever is asked at once', async () => {
    const { id, body } = await oneBill()
    const same = { ...body, amount: EUR(0.7), reference: newId() }
    const once = await Promise.all([1, 2, 3].map(() => credit(same)))
    expect(once.map(({ status }) => status).sort()).toEqual([200, 200, 201])
    expect((await credit({ ...same, amount: EUR(0.8) })).body.messageCode).toBe('correction.referenceTaken')
    const raced = await Promise.all([1, 2, 3, 4].map(() => credit({ ...body, amount: EUR(10) })))
    expect(raced.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409])
    expect((await billOf(id)).remainingAmount).toEqual(EUR(5))
    const { rows } = await server.database.run(sql`SELECT count(*), max(right("bill_no", 6)::int) FROM "customer_bill"
      WHERE "category" = 'creditNote'`)
    expect(rows[0]?.[0]).toBe(rows[0]?.[1])
  })

  test.each<[string, (of: { id: string }) => object, number, string]>([
    ['without a way', () => ({}), 400, 'correction.oneWay'],
    ['by two ways', () => ({ all: true, amount: EUR(1) }), 400, 'correction.oneWay'],
    ['over more than is left', () => ({ amount: EUR(35.71) }), 409, 'correction.moreThanLeft'],
    ['in another currency', () => ({ amount: { unit: 'JPY', value: 1 } }), 400, 'correction.currency'],
    ['for a reason of nobody', () => ({ all: true, reason: 'mood' }), 400, 'correction.unknownReason'],
    ['of no bill', () => ({ all: true, bill: { id: newId() } }), 400, 'body.unknownReference'],
    ['of the line of nobody', () => ({ lines: [{ rate: { id: newId() } }] }), 400, 'correction.unknownLine'],
    ['of not all', () => ({ all: false }), 400, 'body.invalidFields'],
    ['with an invisible reference', () => ({ all: true, reference: 'a\u200b' }), 400, 'body.notPlain']
  ])('%s is refused', async (_, more, status, code) => {
    const { id, body } = await oneBill()
    const reply = await credit({ ...body, ...more({ id }) })
    expect([reply.status, reply.body.messageCode]).toEqual([status, code])
    expect((await billOf(id)).remainingAmount).toEqual(EUR(35.7))
  })

  test('is of no credit note, no bill of another system and none that was never issued', async () => {
    const { account, body } = await oneBill()
    const foreign = { billingAccount: { id: account }, amountDue: EUR(5), state: 'sent' }
    const { body: other } = await server.call('POST', 'customerBill', foreign)
    const { body: made } = await credit({ ...body, all: true })
    const codeOf = async (id: string) => (await credit({ ...body, bill: { id }, all: true })).body.messageCode
    expect(await codeOf(other.id)).toBe('correction.foreignBill')
    expect(await codeOf(made.customerBill.id)).toBe('correction.ofCreditNote')
    expect((await server.call('DELETE', `customerBill/${made.customerBill.id}`)).status).toBe(409)
    expect(await codeOf(await addBill(server, account, { rates: { usageCharge: '1' }, state: 'new' }))).toBe(
      'correction.notIssued'
    )
  })
})

test('the aging report has what a credit note leaves of its bill, and no open credit note', async () => {
  const read = async () => {
    const { totals } = (await server.call('GET', '/billing/v1/agingReport')).body
    return [Number(totals[0]?.billCount), Math.round(Number(totals[0]?.total.value) * 100)] as const
  }
  const { body } = await oneBill()
  const [count, before] = await read()
  await credit({ ...body, amount: EUR(11.9) })
  expect(await read()).toEqual([count, before - 1_190])
  await server.call('POST', '/billing/v1/writeOff', body)
  expect(await read()).toEqual([count - 1, before - 3_570])
  await credit({ ...body, all: true })
  expect(await read()).toEqual([count - 1, before - 3_570])
})

describe('the document of a credit note', () => {
  test('says which bill it corrects, and gives its lines and taxes back, in every format', async () => {
    const { id, body } = await oneBill()
    const { billNo } = await billOf(id)
    await credit({ ...body, lines: [{ rate: { id: await lineOf(id, 'usageCharge') } }] })
    const { body: made } = await credit({ ...body, amount: EUR(11.9) })
    const [{ url }] = (await billOf(made.customerBill.id)).billDocument
    const read = async (accept: string) => (await server.call('GET', new URL(url).pathname, undefined, { accept })).text
    const page = await read('text/html')
    for (const words of [
      'Credit note',
      made.customerBill.billNo,
      'Corrects invoice',
      billNo,
      '11.90',
      '-10.00',
      '-1.90'
    ]) {
      expect(page).toContain(words)
    }
    const csv = (await read('text/csv')).trim().split('\r\n')
    expect(csv.at(1)).toContain(`recurringCharge,,,${billNo},`)
    expect(csv.at(-1)).toMatch(new RegExp(`Corrects invoice,${billNo},.*,corrects$`))
    const headers = { accept: 'application/pdf', token: KEYS[TENANT] }
    const pdf = await server.app.inject({ url: new URL(url).pathname, headers })
    expect((await textsOf(pdf.rawPayload)).flat().join(' ')).toMatch(new RegExp(`Corrects invoice ${billNo} · `))
  })
})
