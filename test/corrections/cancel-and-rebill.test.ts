import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { readUsage } from '../../src/ledger/usage.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { addAccount, addBill, credits, keep, paid, pay, tamper } from '../billing/ledger-world.ts'
import { TENANT } from '../support/database.ts'
import { type CorrectionWorld, EUR, startCorrections } from './world.ts'

const CANCEL = '/billing/v1/cancelAndRebill'
const RATE = 'appliedCustomerBillingRate'
const RATE_TABLE = 'applied_customer_billing_rate'

let world: CorrectionWorld
let server: CorrectionWorld['server']
let contract: CorrectionWorld['contract']
beforeAll(async () => {
  world = await startCorrections()
  ;({ server, contract } = world)
})
afterAll(() => world.close())

/** Adds a bill over 10 of calls and 20 of charges with 19 % tax: 35.70. */
async function oneBill() {
  const account = await addAccount(server, { tax: 0.19 })
  const id = await addBill(server, account, { rates: { usageCharge: '10', recurringCharge: '20' }, state: 'sent' })
  return { account, id, body: { bill: { id }, reason: 'wrongAmount' } }
}

const cancel = (body: object) => contract.call('POST', CANCEL, body)
const get = async (path: string) => (await contract.call('GET', path)).body

/** Returns the usage of an account up to today. */
async function usageOf(billingAccountId: string) {
  const key = { tenantId: TENANT, billingAccountId, currency: 'EUR' }
  const period = { ...key, first: '2026-01-01', last: '2099-12-31' }
  const { callCharges, totalCharges } = await readUsage(server.database, period)
  return { callCharges, totalCharges }
}

describe('a bill that is cancelled and billed anew', () => {
  test('has a credit note over all of it, and a new bill of today that is linked both ways', async () => {
    const { account, id, body } = await oneBill()
    const old = await get(`customerBill/${id}`)
    const made = await cancel({ ...body, description: 'Wrong address' })
    expect([made.status, made.text]).toEqual([201, made.text])
    const [newBill] = made.body.newBill
    expect(made.body).toMatchObject({ bill: { id }, when: 'now', amount: EUR(35.7), newBill: [{ id: newBill.id }] })
    const renewed = await get(`customerBill/${newBill.id}`)
    expect(renewed).toMatchObject({
      ...{ state: 'sent', amountDue: EUR(35.7), remainingAmount: EUR(35.7), billNo: newBill.billNo },
      ...{ billingPeriod: old.billingPeriod, runType: 'offCycle', category: 'normal' },
      relatedBill: [{ id, billNo: old.billNo, relationshipType: 'replaces' }]
    })
    expect(renewed.billDate > old.billDate).toBe(true)
    const document = new URL(renewed.billDocument[0].url).pathname
    const read = async (accept: string) => (await server.call('GET', document, undefined, { accept })).text
    expect(await read('text/html')).toMatch(new RegExp(`Replaces invoice.*${old.billNo}`, 's'))
    expect((await read('text/csv')).trim()).toMatch(new RegExp(`Replaces invoice,${old.billNo},.*,replaces$`))
    expect(await get(`customerBill/${id}`)).toMatchObject({
      ...{ state: 'settled', remainingAmount: EUR(0), amountDue: EUR(35.7) },
      relatedBill: [{ relationshipType: 'correctedBy' }, { id: newBill.id, relationshipType: 'replacedBy' }]
    })
    expect(await get(`/billing/v1/creditNote/${made.body.creditNote.id}`)).toMatchObject({ amount: EUR(35.7) })
    expect(await credits(server, account)).toEqual({ EUR: 0 })
    expect(await get(`${CANCEL}/${made.body.id}`)).toEqual(made.body)
    const byAll = [`bill.id=${id}`, `newBill.id=${newBill.id}`, `billingAccount.id=${account}&reason=wrongAmount`]
    for (const query of byAll) expect(await get(`${CANCEL}?${query}`)).toEqual([made.body])
    expect(await get(`${CANCEL}?newBill.id=${id}`)).toEqual([])
    expect((await cancel(body)).body.messageCode).toBe('correction.nothingLeft')
  })

  test('waits for the next bill, with rates that can be corrected before and name their origin', async () => {
    const { account, id, body } = await oneBill()
    const [line] = await get(`${RATE}?bill.id=${id}&type=usageCharge`)
    const { body: made } = await cancel({ ...body, when: 'nextRun' })
    expect(made).toMatchObject({ when: 'nextRun', newBill: [] })
    expect([made.rebilledAt, (await get(`customerBill/${id}`)).relatedBill.length]).toEqual([undefined, 1])
    const [copy] = await get(`${RATE}?correctsRate.id=${line.id}`)
    expect(copy).toMatchObject({
      ...{ isBilled: false, taxExcludedAmount: EUR(10), date: line.date, billingAccount: { id: account } },
      correctsRate: { id: line.id, href: line.href }
    })
    const amount = { taxExcludedAmount: EUR(6) }
    expect((await server.call('PATCH', `${RATE}/${copy.id}`, amount)).body.correctsRate.id).toBe(line.id)
    const newId = await addBill(server, account, { rates: { recurringCharge: '1' } })
    expect(await get(`customerBill/${newId}`)).toMatchObject({
      ...{ taxExcludedAmount: EUR(27), amountDue: EUR(32.13) },
      relatedBill: [{ id, relationshipType: 'replaces' }]
    })
    const now = await contract.call('GET', `${CANCEL}/${made.id}`)
    expect(now.body).toMatchObject({ newBill: [{ id: newId }], rebilledAt: expect.any(String) })
    expect(now.headers.etag).toBe('"2"')
    expect((await get(`customerBill/${id}`)).relatedBill[1]).toMatchObject({
      id: newId,
      relationshipType: 'replacedBy'
    })
  })

  test('counts once in the balance of usage, in each kind of charge', async () => {
    const { account, body } = await oneBill()
    const before = await usageOf(account)
    expect(before).toEqual({ callCharges: '10', totalCharges: '35.7' })
    await cancel({ ...body, when: 'nextRun' })
    expect((await usageOf(account)).totalCharges).toBe('30')
    await addBill(server, account, { rates: {} })
    expect(await usageOf(account)).toEqual(before)
  })

  test('uses what was paid for the new bill, which is cancelled in its turn', async () => {
    const { account, id, body } = await oneBill()
    const { body: payment } = await pay(server, account, 40)
    const { body: first } = await cancel(body)
    const [second] = first.newBill
    expect((await paid(server, id))[0]).toEqual([0, 'settled', []])
    expect((await paid(server, second.id))[0]).toEqual([0, 'settled', [[payment.id, 35.7]]])
    expect(await credits(server, account)).toEqual({ EUR: 4.3 })
    const { body: again } = await cancel({ ...body, bill: { id: second.id } })
    const [third] = again.newBill
    const chain = (await get(`customerBill/${second.id}`)).relatedBill
    expect(
      chain.map(({ relationshipType: type, ...bill }: { relationshipType: string; id: string }) => [type, bill.id])
    ).toEqual([
      ['replaces', id],
      ['correctedBy', expect.any(String)],
      ['replacedBy', third.id]
    ])
    expect(await credits(server, account)).toEqual({ EUR: 4.3 })
  })

  test('is new once, whoever asks at once, and however often', async () => {
    const { account, body } = await oneBill()
    const reference = newId()
    const same = await Promise.all([1, 2].map(() => cancel({ ...body, reference })))
    expect(same.map(({ status }) => status).sort()).toEqual([200, 201])
    expect((await cancel({ ...body, reference, when: 'nextRun' })).body.messageCode).toBe('correction.referenceTaken')
    const other = await oneBill()
    const raced = await Promise.all([1, 2, 3].map(() => cancel(other.body)))
    expect(raced.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    for (const of of [account, other.account]) {
      const bills = await get(`customerBill?billingAccount.id=${of}&category=normal`)
      expect(bills).toHaveLength(2)
    }
  })

  test('takes the taxes of the account as they are now for the day of the cancelled bill', async () => {
    const { account, body } = await oneBill()
    const until = { validFor: { endDateTime: '2026-05-01T00:00:00Z' } }
    const profile = JSON.stringify({ rates: [{ taxCategory: 'VAT', taxRate: 0.07, ...until }] })
    await server.database.run(sql`UPDATE "billing_account" SET "tax_profile" = ${profile} WHERE "id" = ${account}`)
    const [{ id }] = (await cancel(body)).body.newBill
    expect((await get(`customerBill/${id}`)).amountDue).toEqual(EUR(32.1))
  })

  test('is none that is credited in part, and none whose account nobody bills', async () => {
    const { id, body, account } = await oneBill()
    await server.call('POST', '/billing/v1/creditNote', { ...body, amount: EUR(1) })
    expect((await cancel(body)).body.messageCode).toBe('correction.partlyCredited')
    expect((await get(`customerBill/${id}`)).remainingAmount).toEqual(EUR(34.7))
    const other = await oneBill()
    await server.database.run(sql`UPDATE "billing_account" SET "status" = 'ARCHIVED' WHERE "id" = ${other.account}`)
    expect((await cancel({ ...other.body, when: 'nextRun' })).body.messageCode).toBe('correction.neverRebilled')
    expect((await cancel(other.body)).status).toBe(201)
    const foreign = { billingAccount: { id: account }, amountDue: EUR(5), state: 'sent' }
    const { body: posted } = await server.call('POST', 'customerBill', foreign)
    expect((await cancel({ ...body, bill: { id: posted.id } })).body.messageCode).toBe('correction.foreignBill')
    expect((await cancel({ ...body, when: 'later' })).status).toBe(400)
    expect((await cancel({ ...body, reason: 'mood' })).status).toBe(400)
  })

  test('is named by no bill of another account to which a line was moved', async () => {
    const { id, body } = await oneBill()
    const { body: made } = await cancel({ ...body, when: 'nextRun' })
    const [line] = await get(`${RATE}?bill.id=${id}&type=usageCharge`)
    const [copy] = await get(`${RATE}?correctsRate.id=${line.id}`)
    const other = await addAccount(server)
    const moved = await server.call('PATCH', `${RATE}/${copy.id}`, { billingAccount: { id: other } })
    expect([moved.status, moved.body.correctsRate.id]).toEqual([200, line.id])
    const bill = await addBill(server, other, { rates: {} })
    expect((await get(`customerBill/${bill}`)).relatedBill).toBeUndefined()
    expect((await get(`${CANCEL}/${made.id}`)).newBill).toEqual([])
  })

  test('is explained with the lines that it bills anew, and their ids of the sender', async () => {
    const { account, id, body } = await oneBill()
    const named = sql`"external_id" = concat("rate_type", ${id}::text)`
    await tamper(server, sql`UPDATE "applied_customer_billing_rate" SET ${named} WHERE "bill_id" = ${id}`)
    const [second] = (await cancel(body)).body.newBill
    const [third] = (await cancel({ ...body, bill: { id: second.id } })).body.newBill
    const [line] = await get(`${RATE}?bill.id=${second.id}&type=usageCharge`)
    const { text } = await contract.call('GET', `customerBill/${third.id}/explanation`)
    expect(text).toContain(`It bills lines of ${second.billNo} anew.`)
    expect(text).toContain(`"correctsRate":{"id":"${line.id}"`)
    expect(text).toContain(`"externalId":"usageCharge${id}"`)
    expect(await credits(server, account)).toEqual({ EUR: 0 })
  })
})

describe('a chain that is broken is found', () => {
  let restore: () => Promise<void>
  beforeAll(async () => {
    await cancel((await oneBill()).body)
    restore = await keep(server, 'customer_bill', RATE_TABLE)
  })

  test.each<[string, Sql, string]>([
    ['a bill forgets its successor', sql`UPDATE "customer_bill" SET "related_bill" = '[]'`, 'billed anew: 20'],
    [
      'a bill forgets what it replaces',
      sql`UPDATE "customer_bill" SET "related_bill" = NULL
        WHERE "related_bill" @> '[{"relationshipType": "replaces"}]'`,
      '1 by its lines, 1 in its own words, 0 in those of the other'
    ],
    [
      'a line is no copy any more',
      sql`UPDATE "applied_customer_billing_rate" SET "corrects_rate_id" = NULL`,
      '0 by its lines, 1 in its own words, 1 in those of the other'
    ]
  ])('where %s', async (_, statement, difference) => {
    await tamper(server, statement)
    const [found] = await verifyLedger(server.database)
    await restore()
    expect(found?.difference).toContain(difference)
  })
})
