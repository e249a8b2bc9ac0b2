import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { balancesOf } from '../../src/portal/accounts.ts'
import { addAccount, addBill, credits, PAYMENT, paid, pay } from '../billing/ledger-world.ts'
import { addAccounts } from '../support/accounts.ts'
import { TENANT } from '../support/database.ts'
import { expectExplained } from '../support/explained.ts'
import { BASE } from '../support/server.ts'
import { type CorrectionWorld, EUR, startCorrections } from './world.ts'

const [WRITE_OFF, REFUND] = ['/billing/v1/writeOff', '/billing/v1/refund']

let world: CorrectionWorld
let server: CorrectionWorld['server']
let contract: CorrectionWorld['contract']
beforeAll(async () => {
  world = await startCorrections()
  ;({ server, contract } = world)
})
afterAll(() => world.close())

async function oneBill() {
  const account = await addAccount(server)
  const id = await addBill(server, account, { rates: { usageCharge: '30' }, state: 'sent' })
  const { body } = await server.call('GET', `customerBill/${id}`)
  return { account, id, billNo: body.billNo, body: { bill: { id }, reason: 'other' } }
}

/** Returns the books of an account. */
async function booksOf(account: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await server.database.run(sql`SELECT "book", sum("amount") FROM "ledger_entry"
    WHERE "billing_account_id" = ${account} GROUP BY 1 HAVING sum("amount") <> 0`)
  return Object.fromEntries(rows.map(([book, amount]) => [String(book), Number(amount)]))
}

async function statementOf(account: string) {
  const days = 'from=2026-01-01&to=2099-12-31'
  return (await server.call('GET', `accounts/${account}/statement?${days}`)).body
}

describe('a write-off', () => {
  test('takes the rest of a bill to bad debt, once, and is told by statement and audit', async () => {
    const { account, id, body } = await oneBill()
    await pay(server, account, 10)
    const made = await contract.call('POST', WRITE_OFF, { ...body, description: 'Insolvent' })
    expect([made.status, made.text]).toEqual([201, made.text])
    expect(made.body).toMatchObject({ bill: { id }, amount: EUR(20), description: 'Insolvent' })
    expect((await paid(server, id))[0]).toMatchObject([0, 'settled', [[expect.any(String), 10]]])
    expect(await booksOf(account)).toEqual({ badDebt: 20, cash: 10, revenue: -30 })
    expect(await statementOf(account)).toMatchObject({
      ...{ payments: EUR(10), adjustments: EUR(-20), otherCharges: EUR(0), closingBalance: EUR(0) },
      movements: [{ type: 'bill' }, { type: 'payment' }, { type: 'writeOff', amount: EUR(20) }]
    })
    const again = await contract.call('POST', WRITE_OFF, body)
    expect([again.status, again.body.messageCode]).toEqual([409, 'correction.notOwed'])
    expect((await contract.call('GET', `${WRITE_OFF}/${made.body.id}`)).body).toEqual(made.body)
    expect((await contract.call('GET', `${WRITE_OFF}?bill.id=${id}`)).body).toEqual([made.body])
  })

  test.each([
    ['of its bill, by number', (billNo: string) => ({ billingAccount: undefined, billNo })],
    ['of its account', () => ({})]
  ])('is undone by a payment %s', async (_, more) => {
    const { account, id, billNo, body } = await oneBill()
    const { body: made } = await contract.call('POST', WRITE_OFF, body)
    const { body: payment } = await pay(server, account, 12, more(billNo))
    expect((await paid(server, id))[0]).toEqual([18, 'partiallyPaid', [[payment.id, 12]]])
    const reopened = await contract.call('GET', `${WRITE_OFF}/${made.id}`)
    expect(reopened.body).toMatchObject({ reopenedAt: expect.any(String) })
    expect(reopened.headers.etag).toBe('"2"')
    expect(await booksOf(account)).toEqual({ receivable: 18, cash: 12, revenue: -30 })
    expect((await contract.call('POST', WRITE_OFF, body)).status).toBe(201)
    expect((await paid(server, id))[0]).toEqual([0, 'settled', [[payment.id, 12]]])
    await expectExplained(server, sql`b."id" = ${id}`)
    const { body: explained } = await contract.call('GET', `${BASE}/customerBill/${id}/explanation`)
    const source = { type: 'WriteOff', id: made.id, href: expect.stringContaining(`${WRITE_OFF}/${made.id}`) }
    expect(explained.settlements).toMatchObject([
      { type: 'writeOff', amount: EUR(30), source },
      { type: 'writeOff', amount: EUR(-30), source },
      { type: 'payment', amount: EUR(12), source: { id: payment.id } },
      { type: 'writeOff', amount: EUR(18), source: { type: 'WriteOff' } }
    ])
    expect((await server.call('POST', `${PAYMENT}/${payment.id}/reverse`)).status).toBe(200)
    expect((await paid(server, id))[0]).toEqual([12, 'sent', []])
    const whole = await contract.call('POST', WRITE_OFF, body)
    expect([whole.status, whole.body.amount]).toEqual([201, EUR(30)])
    expect((await paid(server, id))[0]).toEqual([0, 'settled', []])
    await pay(server, account, 30)
    expect((await paid(server, id))[0]).toEqual([0, 'settled', [[expect.any(String), 30]]])
  })

  test('is undone by a credit note, which then gives back what was owed', async () => {
    const { account, id, body } = await oneBill()
    await contract.call('POST', WRITE_OFF, body)
    const { status } = await server.call('POST', '/billing/v1/creditNote', { ...body, amount: EUR(12) })
    expect([status, (await paid(server, id))[0]]).toEqual([201, [18, 'sent', []]])
    expect(await booksOf(account)).toEqual({ receivable: 18, revenue: -18 })
  })

  test('leaves payments that name other bills alone, and held bills', async () => {
    const { account, id, body } = await oneBill()
    const other = await addBill(server, account, { rates: { usageCharge: '5' }, state: 'sent' })
    await contract.call('POST', WRITE_OFF, body)
    await pay(server, account, 9, { bills: [{ id: other }] })
    expect((await paid(server, id, other)).map((bill) => (bill as unknown[])[0])).toEqual([0, 0])
    const { id: held } = await oneBill()
    await server.call('PATCH', `customerBill/${held}`, { state: 'onHold' })
    expect((await contract.call('POST', WRITE_OFF, { ...body, bill: { id: held } })).status).toBe(409)
  })
})

describe('a refund', () => {
  const refund = (more: object) => contract.call('POST', REFUND, { method: 'bankTransfer', reason: 'other', ...more })

  test('pays credit out, never more than there is, also at once', async () => {
    const account = await addAccount(server)
    const { body: payment } = await pay(server, account, 10)
    const of = { billingAccount: { id: account } }
    const first = await refund({ ...of, amount: EUR(4), reference: 'R-1' })
    expect(first.body).toMatchObject({ billingAccount: { id: account }, amount: EUR(4), method: 'bankTransfer' })
    expect((await refund({ ...of, amount: EUR(4), reference: 'R-1' })).status).toBe(200)
    const raced = await Promise.all([1, 2, 3].map(() => refund({ ...of, amount: EUR(3) })))
    expect(raced.map(({ status }) => status).sort()).toEqual([201, 201, 409])
    expect(await credits(server, account)).toEqual({ EUR: 0 })
    expect((await server.call('GET', `${PAYMENT}/${payment.id}`)).body.credit).toEqual(EUR(0))
    expect(await statementOf(account)).toMatchObject({ payments: EUR(0), closingBalance: EUR(0) })
    expect((await contract.call('GET', `${REFUND}?billingAccount.id=${account}`)).body).toHaveLength(3)
    const next = await addBill(server, account, { rates: { usageCharge: '5' } })
    expect((await paid(server, next))[0]).toEqual([5, 'validated', []])
  })

  test('of a payment pays back its unused part', async () => {
    const { account } = await oneBill()
    const { body: payment } = await pay(server, account, 40)
    await pay(server, account, 5)
    const of = { payment: { id: payment.id } }
    expect((await refund({ ...of, amount: EUR(10.01) })).body.messageCode).toBe('correction.moreThanCredit')
    expect((await refund({ ...of, amount: EUR(10) })).body).toMatchObject({ payment: { id: payment.id } })
    expect(await credits(server, account)).toEqual({ EUR: 5 })
    expect((await contract.call('GET', `${REFUND}?payment.id=${payment.id}`)).body).toHaveLength(1)
  })

  test('of a payment that is reversed later is owed, and the next payment fills it', async () => {
    const account = await addAccount(server)
    const { body: payment } = await pay(server, account, 10)
    await refund({ payment: { id: payment.id }, amount: EUR(10) })
    expect((await server.call('POST', `${PAYMENT}/${payment.id}/reverse`)).status).toBe(200)
    expect(await credits(server, account)).toEqual({ EUR: -10 })
    await pay(server, account, 12)
    expect(await credits(server, account)).toEqual({ EUR: 2 })
  })

  test('of a reversed payment is owed once, on the next bill, in the portal and in the books', async () => {
    const account = await addAccount(server)
    const { body: payment } = await pay(server, account, 10)
    await refund({ payment: { id: payment.id }, amount: EUR(10) })
    await server.call('POST', `${PAYMENT}/${payment.id}/reverse`)
    const bill = await addBill(server, account, { rates: { usageCharge: '5' }, state: 'sent' })
    const { rows } = await server.database.run(sql`SELECT b."recipient"#>>'{balance,before}',
      b."recipient"#>>'{balance,after}' FROM "customer_bill" b WHERE b."id" = ${bill}`)
    expect(rows).toEqual([['10', '15']])
    const [shown] = await balancesOf(server.database, { tenantId: TENANT, partnerId: undefined, accountIds: [account] })
    expect([shown?.owed, (await statementOf(account)).closingBalance]).toEqual(['15', EUR(-15)])
  })

  test('of a prepaid account leaves what was used and is not billed yet', async () => {
    const account = newId()
    await addAccounts(server.database, [account], { billingType: 'prepaid' })
    await pay(server, account, 10)
    await server.call('POST', 'appliedCustomerBillingRate', {
      ...{ billingAccount: { id: account }, type: 'usageCharge', taxExcludedAmount: EUR(7) }
    })
    const of = { billingAccount: { id: account } }
    expect((await refund({ ...of, amount: EUR(3.01) })).body.messageCode).toBe('correction.moreThanCredit')
    expect((await refund({ ...of, amount: EUR(3) })).status).toBe(201)
  })

  test.each<[string, object, number, string]>([
    ['without a source', {}, 400, 'correction.oneSource'],
    ['of nobody', { billingAccount: { id: 'nobody' } }, 400, 'body.unknownReference'],
    ['of no payment', { payment: { id: newId() } }, 400, 'body.unknownReference']
  ])('%s is refused', async (_, more, status, code) => {
    const reply = await refund({ amount: EUR(1), ...more })
    expect([reply.status, reply.body.messageCode]).toEqual([status, code])
  })
})
