import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import type { Answer } from '../support/answer.ts'
import { TENANT } from '../support/database.ts'
import { paymentOf } from '../support/payments.ts'
import { type BillingWorld, runToEnd, startBilling, untilEnded } from './world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

const CHARGES = [{ amount: '10.005' }, { amount: '0.333', kind: 'usageCharge' }]
const RUNS = '/billing/v1/billRun'

const release = (runId: string, body: object) => world.server.call('POST', `${RUNS}/${runId}/release`, body)

async function bills(query = ''): Promise<Answer> {
  return (await world.server.call('GET', `customerBill?sort=id&limit=1000${query}`)).body
}

const patch = (id: string, state: string) =>
  world.server.call('PATCH', `customerBill/${id}`, JSON.stringify({ state }), {
    'content-type': 'application/merge-patch+json'
  })

const topUp = (account: string, value: number) =>
  world.server.call('POST', '/billing/v1/payment', paymentOf(account, value))

/** Returns the ledger's first difference and its number of bills. */
async function verified() {
  const verifications = await verifyLedger(world.server.database)
  return verifications
    .filter(({ tenantId }) => tenantId === TENANT)
    .map(({ bills: count, difference }) => [count, difference])
}

async function journal(billId: string) {
  const { rows } = await world.server.database.run(sql`SELECT "book", "detail", trim_scale("amount") FROM "ledger_entry"
    WHERE "journal_id" = ${billId} ORDER BY "book", "detail"`)
  return rows
}

/** Returns the numbers of all bills by id. */
async function numbers() {
  const { rows } = await world.server.database.run(sql`SELECT "bill_no" FROM "customer_bill" ORDER BY "id"`)
  return rows.map(([number]) => number)
}

const INV = (number: number) => `INV-2026-${String(number).padStart(6, '0')}`

describe('A patch of a new bill', () => {
  test.each(['validated', 'sent'])('to %s issues it: number, journal, credit, event and audit', async (state) => {
    const [id = ''] = await world.addAccounts(1, CHARGES)
    await topUp(id, 2.3)
    await runToEnd(world)
    const [bill] = await bills()
    expect(bill.billNo).toBeUndefined()
    expect(await journal(bill.id)).toEqual([])
    const { status, body } = await patch(bill.id, state)
    expect({ status, billNo: body.billNo, state: body.state }).toEqual({
      status: 200,
      billNo: INV(1),
      state: 'partiallyPaid'
    })
    expect(body).toMatchObject({
      remainingAmount: { unit: 'EUR', value: 10 },
      billDocument: [{ name: `bill-${INV(1)}` }],
      appliedPayment: [{ appliedAmount: { unit: 'EUR', value: 2.3 } }]
    })
    expect(await journal(bill.id)).toEqual([
      ['receivable', null, '12.3'],
      ['revenue', 'recurringCharge', '-10.01'],
      ['revenue', 'usageCharge', '-0.33'],
      ['tax', 'VAT', '-1.96']
    ])
    const events = await world.server.database.run(sql`SELECT "document"->>'state', "document"->>'billNo' FROM "event"
      WHERE "resource_id" = ${bill.id} AND "event_type" = 'CustomerBillStateChangeEvent' ORDER BY "id"`)
    expect(events.rows).toEqual([
      [state, INV(1)],
      ['partiallyPaid', INV(1)]
    ])
    const audit = await world.server.database.run(sql`SELECT "action", "actor_type", "before", "after" FROM "audit"
      WHERE "resource_id" = ${bill.id} ORDER BY "id" LIMIT 1`)
    expect(audit.rows.map((row) => row.slice(0, 2))).toEqual([['issue', 'apiKey']])
    expect(audit.rows[0]?.slice(2).map((json) => JSON.parse(String(json)))).toEqual([
      { state: 'new' },
      { state, billNo: INV(1) }
    ])
    expect(await verified()).toEqual([[1, undefined]])
  })

  test('without credit shows the state, and the rounding is posted', async () => {
    await world.addAccounts(1, [{ amount: '0.004' }, { amount: '0.004' }, { amount: '1' }])
    await runToEnd(world)
    const [bill] = await bills()
    expect((await patch(bill.id, 'onHold')).body.billNo).toBeUndefined()
    expect((await patch(bill.id, 'validated')).body).toMatchObject({ state: 'validated', billNo: INV(1) })
    expect(await journal(bill.id)).toContainEqual(['rounding', null, '-0.01'])
    expect((await patch(bill.id, 'sent')).body).toMatchObject({ state: 'sent', billNo: INV(1) })
    expect((await journal(bill.id)).length).toBe(4)
    expect(await verified()).toEqual([[1, undefined]])
  })

  test('of another system leaves its number alone, and is posted only where the account is ours', async () => {
    const [own] = await world.addAccounts(1, [])
    const entries = [
      ['receivable', null, '5'],
      ['revenue', null, '-5']
    ]
    for (const [id, posted] of [
      ['elsewhere', []],
      [own, entries]
    ]) {
      const bill = { billingAccount: { id }, billNo: 'X-7', amountDue: { unit: 'EUR', value: 5 } }
      const { body } = await world.server.call('POST', 'customerBill', bill)
      expect((await patch(body.id, 'validated')).body).toMatchObject({ state: 'validated', billNo: 'X-7' })
      expect(await journal(body.id)).toEqual(posted)
    }
    expect(await verified()).toEqual([[1, undefined]])
  })

  test('issues it once, however many ask at the same time', async () => {
    await world.addAccounts(1, CHARGES)
    await runToEnd(world)
    const [bill] = await bills()
    const answers = await Promise.all(Array.from({ length: 5 }, () => patch(bill.id, 'validated')))
    expect(answers.map(({ status, body }) => [status, body.billNo])).toEqual(Array(5).fill([200, INV(1)]))
    expect(await verified()).toEqual([[1, undefined]])
  })
})

describe('A bill with nothing to pay', () => {
  const NOTHING = [{ amount: '5' }, { amount: '-5', kind: 'appliedBillingCredit' }]

  test.each(['validated', 'sent'])('is settled when a run issues it as %s', async (billState) => {
    await world.addAccounts(1, NOTHING)
    await runToEnd(world, { billState })
    expect(await bills()).toMatchObject([{ state: 'settled', amountDue: { value: 0 }, billNo: INV(1) }])
    expect(await verified()).toEqual([[1, undefined]])
  })

  test.each(['validated', 'sent'])('is settled when it is released or patched to %s', async (state) => {
    await world.addAccounts(2, NOTHING)
    const run = await runToEnd(world)
    const [one, other] = await bills()
    expect((await patch(one.id, state)).body).toMatchObject({ state: 'settled', billNo: INV(1) })
    expect((await release(run.id, { state })).body).toMatchObject({
      released: 1,
      skipped: [{ reason: 'paid', count: 1 }]
    })
    expect((await world.server.call('GET', `customerBill/${other.id}`)).body).toMatchObject({ state: 'settled' })
    expect(await verified()).toEqual([[2, undefined]])
    expect(await bills('&state=sent,validated,partiallyPaid')).toEqual([])
  })
})

describe('A release', () => {
  test('issues the bills that its filter means, in order, and the others later', async () => {
    await world.addAccounts(4, [{ amount: '200' }])
    const small = await world.addAccounts(3, CHARGES)
    await world.addAccounts(3, [{ amount: '300' }])
    const run = await runToEnd(world)
    const { status, body } = await release(run.id, { state: 'validated', filter: 'amountDue.value.lt=100' })
    expect({ status, body }).toEqual({ status: 200, body: { released: 3, skipped: [] } })
    const validated = await bills('&state=validated')
    expect(validated.map((bill: { billingAccount: { id: string } }) => bill.billingAccount.id)).toEqual(small)
    expect((await release(run.id, { state: 'sent' })).body).toEqual({ released: 10, skipped: [] })
    expect((await bills('&state=sent')).length).toBe(10)
    expect((await release(run.id, { state: 'sent' })).body).toEqual({
      released: 0,
      skipped: [{ reason: 'released', count: 10 }]
    })
    const given = await numbers()
    expect(given).toEqual([4, 5, 6, 7, 1, 2, 3, 8, 9, 10].map(INV))
    expect(await verified()).toEqual([[10, undefined]])
  })

  test('skips what is held, and pays from credit', async () => {
    const [first = '', second = ''] = await world.addAccounts(3, CHARGES)
    await topUp(first, 100)
    const run = await runToEnd(world)
    const [, held] = await bills()
    expect(held.billingAccount.id).toBe(second)
    await patch(held.id, 'onHold')
    expect((await release(run.id, { state: 'sent' })).body).toEqual({
      released: 2,
      skipped: [{ reason: 'onHold', count: 1 }]
    })
    expect((await bills()).map(({ state }: { state: string }) => state)).toEqual(['settled', 'onHold', 'sent'])
    const again = [{ onHold: 1 }, { released: 1 }, { paid: 1 }].flatMap((each) => Object.entries(each))
    expect((await release(run.id, { state: 'sent' })).body).toEqual({
      released: 0,
      skipped: again.map(([reason, count]) => ({ reason, count }))
    })
    expect(await verified()).toEqual([[3, undefined]])
  })

  test('of more bills than one transaction takes, twice at the same time, issues each once', async () => {
    await world.addAccounts(1_100, [{ amount: '1' }])
    const run = await runToEnd(world)
    const answers = await Promise.all([1, 2].map(() => release(run.id, { state: 'validated' })))
    expect(answers.reduce((sum, { body }) => sum + body.released, 0)).toBe(1_100)
    expect([...(await numbers())].sort()).toEqual(Array.from({ length: 1_100 }, (_, at) => INV(at + 1)))
    expect(await verified()).toEqual([[1_100, undefined]])
  })

  test('of a dry run, an unknown one, one of another tenant and by a wrong filter is refused', async () => {
    await world.addAccounts(1, CHARGES)
    const dry = await runToEnd(world, { dryRun: true })
    expect((await release(dry.id, { state: 'sent' })).status).toBe(409)
    const run = await untilEnded(world.server, (await runToEnd(world)).id)
    expect((await release('01M7000000000000000000000X', { state: 'sent' })).status).toBe(404)
    const others = await world.server.call(
      'POST',
      `${RUNS}/${run.id}/release`,
      { state: 'sent' },
      { token: 'other-key' }
    )
    expect(others.status).toBe(404)
    for (const body of [
      {},
      { state: 'new' },
      { state: 'sent', filter: 'nothing=1' },
      { state: 'sent', filter: 'limit=1' }
    ]) {
      expect((await release(run.id, body)).status, JSON.stringify(body)).toBe(400)
    }
    expect((await bills()).map(({ state }: { state: string }) => state)).toEqual(['new'])
  })
})
