import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { later } from '../../src/base/instant.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccount, addBill, credits, PAYMENT, paid, pay } from '../billing/ledger-world.ts'
import { addAccounts } from '../support/accounts.ts'
import { TENANT } from '../support/database.ts'
import type { Reply } from '../support/server.ts'
import { type CorrectionWorld, EUR, startCorrections } from './world.ts'

const ADJUSTMENT = '/billing/v1/adjustment'

let world: CorrectionWorld
let server: CorrectionWorld['server']
let contract: CorrectionWorld['contract']
beforeAll(async () => {
  world = await startCorrections()
  ;({ server, contract } = world)
})
afterAll(() => world.close())

function adjust(account: string, value: number, more: object = {}): Promise<Reply> {
  const body = { billingAccount: { id: account }, amount: EUR(value), reason: 'goodwill', ...more }
  return contract.call('POST', ADJUSTMENT, body)
}

async function booksOf(account: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await server.database.run(sql`SELECT concat_ws(' ', "book", "detail"), sum("amount")
    FROM "ledger_entry" WHERE "billing_account_id" = ${account} GROUP BY 1 HAVING sum("amount") <> 0`)
  return Object.fromEntries(rows.map(([book, amount]) => [String(book), Number(amount)]))
}

async function statementOf(account: string) {
  return (await server.call('GET', `accounts/${account}/statement?from=2026-01-01&to=2099-12-31`)).body
}

/** Returns the balance that partners read. */
async function usageOf(account: string) {
  const days = 'initial_date=01-01-2026&final_date=31-12-2099'
  const { body } = await server.call('GET', `/partner/v1/customerBalance?account_number=${account}&${days}`)
  return body.data
}

describe('an adjustment at once', () => {
  test('charges an account: it takes credit, what is missing is owed, and the next payment fills that', async () => {
    const account = await addAccount(server)
    await pay(server, account, 3)
    const made = await adjust(account, 5, { description: 'A new card' })
    expect([made.status, made.text]).toEqual([201, made.text])
    expect(made.body).toMatchObject({ billingAccount: { id: account }, amount: EUR(5), onNextBill: false })
    expect(await booksOf(account)).toEqual({ balance: 2, 'cash bankTransfer': 3, 'revenue adjustment': -5 })
    expect(await credits(server, account)).toEqual({ EUR: -2 })
    const movement = { type: 'adjustment', amount: EUR(-5), source: { type: 'Adjustment', id: made.body.id } }
    expect(await statementOf(account)).toMatchObject({
      ...{ adjustments: EUR(5), payments: EUR(3), otherCharges: EUR(0), closingBalance: EUR(-2) },
      movements: [{ type: 'payment' }, movement]
    })
    expect(await usageOf(account)).toMatchObject({ adjustments: 5, payments: 3, other_charges: 0, closing_balance: -2 })
    await pay(server, account, 10)
    expect(await credits(server, account)).toEqual({ EUR: 8 })
    expect((await contract.call('GET', `${ADJUSTMENT}/${made.body.id}`)).body).toEqual(made.body)
  })

  test('gives credit, which pays what is due and then the next bills, and is not reversed', async () => {
    const account = await addAccount(server)
    const due = await addBill(server, account, { rates: { usageCharge: '2' }, state: 'sent' })
    const { body: made } = await adjust(account, -5)
    expect(made).toMatchObject({ amount: EUR(-5), payment: { id: expect.any(String) } })
    expect((await paid(server, due))[0]).toEqual([0, 'settled', [[made.payment.id, 2]]])
    expect(await credits(server, account)).toEqual({ EUR: 3 })
    const next = await addBill(server, account, { rates: { usageCharge: '10' } })
    expect((await paid(server, next))[0]).toEqual([7, 'partiallyPaid', [[made.payment.id, 3]]])
    expect(await statementOf(account)).toMatchObject({ adjustments: EUR(-5), closingBalance: EUR(-7) })
    const { body: payment } = await contract.call('GET', `${PAYMENT}/${made.payment.id}`)
    expect(payment).toMatchObject({ method: 'adjustment', amount: EUR(5), credit: EUR(0) })
    const reversed = await contract.call('POST', `${PAYMENT}/${made.payment.id}/reverse`)
    expect([reversed.status, reversed.body.messageCode]).toEqual([409, 'payment.adjustment'])
  })

  test('leaves what is written off alone, and the books of partners apart', async () => {
    const partnerId = newId()
    await server.database.run(sql`INSERT INTO "partner" ("tenant_id", "id", "account_number", "name", "last_update")
      VALUES (${TENANT}, ${partnerId}, ${partnerId}, 'P', now())`)
    const account = await addAccount(server, { partnerId })
    const bill = await addBill(server, account, { rates: { usageCharge: '2' }, state: 'sent' })
    await server.call('POST', '/billing/v1/writeOff', { bill: { id: bill }, reason: 'other' })
    await adjust(account, -5)
    expect(await booksOf(account)).toMatchObject({ badDebt: 2, balance: -5, 'partner adjustment': 5 })
  })

  test.each([
    [11.9, 10, 1.9],
    [-0.1, -0.08, -0.02],
    [-11.9, -10, -1.9]
  ])('of %d has the tax of a given category within', async (value, net, tax) => {
    const account = await addAccount(server, { tax: 0.19 })
    const { body } = await adjust(account, value, { taxCategory: 'VAT' })
    expect(body.taxItem).toEqual({ taxCategory: 'VAT', taxRate: 0.19, taxAmount: EUR(tax) })
    expect(await booksOf(account)).toEqual({ balance: value, 'revenue adjustment': -net, 'tax VAT': -tax })
    expect(await statementOf(account)).toMatchObject({ adjustments: EUR(net), otherCharges: EUR(tax) })
  })

  test('is made once by its reference, also at once, and is found by it', async () => {
    const account = await addAccount(server)
    const raced = await Promise.all([1, 2, 3].map(() => adjust(account, 1, { reference: 'once' })))
    expect(raced.map(({ status }) => status).sort()).toEqual([200, 200, 201])
    expect((await adjust(account, 2, { reference: 'once' })).body.messageCode).toBe('correction.referenceTaken')
    const { body } = await contract.call('GET', `${ADJUSTMENT}?reference=once&billingAccount.id=${account}`)
    expect(body).toEqual([raced[0]?.body])
    const at = body[0]?.createdAt
    const list = async (range: string) => (await contract.call('GET', `${ADJUSTMENT}?reference=once&${range}`)).body
    expect(await list(`createdAt=${at}`)).toEqual(body)
    expect(await list(`createdAt.gte=${at}&createdAt.lt=2099-01-01`)).toEqual(body)
    for (const range of [`createdAt.gt=${at}`, `createdAt.lt=${at}`, 'createdAt.lte=2026-01-01'])
      expect(await list(range), range).toEqual([])
    expect(await list('createdAt.gt=yesterday')).toMatchObject({ messageCode: 'query.wrongValue' })
    expect(await list('amount.gt=1')).toMatchObject({ messageCode: 'query.onlyThese' })
  })
})

describe('an adjustment on the next bill', () => {
  test('is a line there, with the taxes of the account or the given one', async () => {
    const account = newId()
    const taxes = [
      { taxCategory: 'VAT', taxRate: 0.19 },
      { taxCategory: 'city', taxRate: 0.01 }
    ]
    await addAccounts(server.database, [account], { taxes })
    const { body: made } = await adjust(account, 10, { onNextBill: true, description: 'A new card' })
    expect(made).toMatchObject({ amount: EUR(10), onNextBill: true, rate: { id: expect.any(String) } })
    const given = await adjust(account, -2, { onNextBill: true, taxCategory: 'VAT' })
    expect(given.body.taxItem).toEqual({ taxCategory: 'VAT', taxRate: 0.19 })
    expect(await booksOf(account)).toEqual({})
    expect(await usageOf(account)).toMatchObject({ adjustments: 8, closing_balance: -8 })
    const removed = await server.call('DELETE', `appliedCustomerBillingRate/${made.rate.id}`)
    expect([removed.status, removed.text]).toEqual([409, removed.text])
    const patched = (body: object) => server.call('PATCH', `appliedCustomerBillingRate/${made.rate.id}`, body)
    expect((await patched({ taxExcludedAmount: EUR(11) })).body.messageCode).toBe('rate.ofAdjustment')
    expect((await patched({ name: 'Card' })).status).toBe(200)
    // A line is due before the instant of its bill.
    const date = later(given.body.createdAt, 60)
    const bill = await addBill(server, account, { date, rates: {} })
    const { body } = await server.call('GET', `customerBill/${bill}`)
    expect(body).toMatchObject({ taxExcludedAmount: EUR(8), amountDue: EUR(9.62) })
    expect(body.taxItem).toMatchObject([{ taxAmount: EUR(1.52) }, { taxAmount: EUR(0.1) }])
    expect((await server.call('GET', `appliedCustomerBillingRate/${made.rate.id}`)).body).toMatchObject({
      ...{ type: 'adjustment', description: 'A new card', isBilled: true, bill: { id: bill } }
    })
  })
})

test.each<[string, object, number, string]>([
  ['of nobody', { billingAccount: { id: 'nobody' } }, 400, 'body.unknownReference'],
  ['of nothing', { amount: EUR(0) }, 400, 'body.invalidFields'],
  ['of parts of a cent', { amount: EUR(-1.001) }, 400, 'body.invalidFields'],
  ['for no reason of the tenant', { reason: 'x' }, 400, 'correction.unknownReason'],
  ['with a tax that the account has not', { taxCategory: 'GST' }, 400, 'correction.unknownTaxCategory'],
  [
    'of another currency on the next bill',
    { amount: { unit: 'USD', value: 1 }, onNextBill: true },
    400,
    'correction.accountCurrency'
  ]
])('an adjustment %s is refused', async (_, more, status, code) => {
  const reply = await adjust(await addAccount(server, { tax: 0.19 }), 1, more)
  expect([reply.status, reply.body.messageCode]).toEqual([status, code])
})

test('an adjustment of an account without taxes names none', async () => {
  const account = await addAccount(server)
  expect((await adjust(account, 1, { taxCategory: 'VAT' })).body.messageCode).toBe('correction.noTaxes')
  await server.database.run(sql`UPDATE "billing_account" SET "status" = 'ARCHIVED' WHERE "id" = ${account}`)
  for (const value of [1, -1])
    expect((await adjust(account, value)).body.messageCode).toBe('correction.accountArchived')
})
