import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { creditorReference } from '../../src/base/creditor-reference.ts'
import type { IncomingRow } from '../../src/billing/incoming/incoming.ts'
import { sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { paymentOf } from '../support/payments.ts'
import type { TestServer } from '../support/server.ts'
import {
  addAccount,
  addBill,
  bring as bringTo,
  bringUnmatched,
  credits,
  incomingRow,
  PAYMENT,
  startLedger
} from './ledger-world.ts'

const UNMATCHED = '/billing/v1/unmatchedPayment'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(async () => {
  expect(reportLedger(await verifyLedger(server.database))).toMatchObject({ isSound: true })
  await server.close()
})

const rowOf = incomingRow
const bring = (...rows: readonly IncomingRow[]) => bringTo(server, ...rows)

async function billed(amount = '10', currency = 'EUR') {
  const account = await addAccount(server, { currency })
  const id = await addBill(server, account, { rates: { usageCharge: amount } })
  const { body } = await server.call('GET', `customerBill/${id}`)
  const billNo = String(body.billNo)
  return { account, id, billNo, reference: creditorReference(billNo) }
}

type Billed = Awaited<ReturnType<typeof billed>>

/** Returns what a row made: the bill or account that it pays, or the code of why it has none. */
async function made(row: Partial<IncomingRow>) {
  const [result] = await bring(rowOf(row))
  if (result?.status !== 'created') {
    const { body } = await server.call('GET', `${UNMATCHED}/${result?.id}`)
    return [result?.status, body.reasonCode]
  }
  const { body } = await server.call('GET', `${PAYMENT}/${result.id}`)
  return [result.status, body.billingAccount.id, body.allocations.map(({ bill }: { bill: { id: string } }) => bill.id)]
}

describe('a row', () => {
  test.each<[string, (one: Billed) => Partial<IncomingRow>]>([
    ['its creditor reference', ({ reference }) => ({ creditorReference: reference })],
    ['its number', ({ billNo }) => ({ billNo })],
    ['its account', ({ account }) => ({ accountNumber: account })],
    ['a reference in the text', ({ reference }) => ({ text: `RF ${reference.replace(/.{4}/g, '$& ')} danke` })],
    ['its number in the text', ({ billNo }) => ({ text: `Rechnung ${billNo}, vielen Dank` })],
    ['its number in other words', ({ billNo }) => ({ text: `Re. ${billNo.replaceAll('-', ' ')} (Nov.)` })],
    ['the account in the text', ({ account }) => ({ text: `Kunde ${account}.` })],
    ['an unknown reference and its number', ({ billNo }) => ({ creditorReference: 'RF18539007547034', text: billNo })]
  ])('with %s pays the bill', async (_, rowWith) => {
    const one = await billed()
    expect(await made(rowWith(one))).toEqual(['created', one.account, [one.id]])
    // Paid once more, it is credit of the account.
    expect(await made(rowWith(one))).toEqual(['created', one.account, []])
  })

  test('may pay several bills of an account', async () => {
    const one = await billed()
    const other = await addBill(server, one.account, { rates: { usageCharge: '5' } })
    const { body } = await server.call('GET', `customerBill/${other}`)
    const row = { text: `${body.billNo} und ${one.billNo}`, amount: '12' }
    expect((await made(row))[2]).toHaveLength(2)
  })

  test.each<[string, (one: Billed, other: Billed) => Partial<IncomingRow>]>([
    ['nothingNamed', () => ({ text: 'Danke' })],
    ['unknown', () => ({ billNo: 'X-1' })],
    ['unknown', (one) => ({ accountNumber: 'X-1', text: one.billNo })],
    ['severalBills', (one, other) => ({ text: `${one.billNo} ${other.billNo}` })],
    ['severalAccounts', (one, other) => ({ text: `${one.account} ${other.account}` })],
    ['otherCurrency', (one) => ({ billNo: one.billNo, currency: 'USD' })],
    ['nothingNamed', (one) => ({ text: `${one.billNo}7` })],
    ['returned', (one) => ({ type: 'return', billNo: one.billNo })]
  ])('without an account is for a person: %s', async (code, rowWith) => {
    const row = rowWith(await billed(), await billed())
    expect(await made(row)).toEqual(['unmatched', `unmatched.${code}`])
  })

  test('in parts of a minor unit of what it is for is refused, and leaves its reference free', async () => {
    const [one, yen] = [await billed(), await billed('10', 'JPY')]
    const [cents, yens] = [rowOf({ billNo: one.billNo, amount: '1.234' }), rowOf({ billNo: yen.billNo, amount: '1.5' })]
    const mended = { ...cents, amount: '1.23' }
    expect(await bring(cents, yens, mended, cents)).toMatchObject([
      { status: 'refused', tooFineFor: 'EUR' },
      { status: 'refused', tooFineFor: 'JPY' },
      { status: 'created' },
      { status: 'refused', tooFineFor: 'EUR' }
    ])
  })

  test('is done once, and other content under its reference is a conflict', async () => {
    const one = await billed()
    const [paid, lost] = [rowOf({ billNo: one.billNo }), rowOf({ text: 'Danke' })]
    const [first, second, third] = await bring(paid, lost, paid)
    expect([first?.status, second?.status, third?.status]).toEqual(['created', 'unmatched', 'duplicate'])
    const again = await bring(lost, paid, { ...paid, amount: '11' }, { ...lost, text: one.billNo })
    expect(again).toEqual([
      { status: 'duplicate', id: second?.id },
      { status: 'duplicate', id: first?.id },
      { status: 'conflict', id: first?.id },
      { status: 'conflict', id: second?.id }
    ])
    expect(await credits(server, one.account)).toEqual({ EUR: 0 })
  })

  test('of a bank counts by its reference and its amount', async () => {
    const one = await billed()
    const row = rowOf({ creditorReference: one.reference, bankAccount: 'DE02120300000000202051' })
    const [first, second] = await bring(row, { ...row, valueDate: '2026-11-30', text: 'x', debtorName: 'Jo' })
    expect([first?.status, second]).toEqual(['created', { status: 'duplicate', id: first?.id }])
  })
})

describe('an unmatched payment', () => {
  const unmatched = async (row: Partial<IncomingRow> = {}) => `${UNMATCHED}/${await bringUnmatched(server, row)}`

  test('is assigned to a bill once, which makes the payment', async () => {
    const one = await billed()
    const row = rowOf({ text: 'Danke' })
    const [lost] = await bring(row)
    const path = `${UNMATCHED}/${lost?.id}`
    const { status, body } = await server.call('PATCH', path, { bill: { id: one.id } })
    expect([status, body.state]).toEqual([200, 'assigned'])
    const { body: payment } = await server.call('GET', `${PAYMENT}/${body.payment.id}`)
    expect(payment).toMatchObject({
      reference: row.reference,
      valueDate: '2026-11-27',
      allocations: [{ bill: { id: one.id } }]
    })
    expect(await bring(row)).toEqual([{ status: 'duplicate', id: payment.id }])
    expect((await server.call('PATCH', path, { bill: { id: one.id } })).body.messageCode).toBe('payment.notOpen')
  })

  test('is dismissed with a reason, opened again, and assigned to an account', async () => {
    const { account } = await billed()
    const path = await unmatched()
    const send = async (body: object) => (await server.call('PATCH', path, body)).body
    expect((await send({ state: 'dismissed' })).messageCode).toBe('payment.noReason')
    expect(await send({ state: 'dismissed', reason: 'a test' })).toMatchObject({
      state: 'dismissed',
      dismissalReason: 'a test'
    })
    expect((await send({ billingAccount: { id: account } })).messageCode).toBe('payment.notOpen')
    expect(await send({ state: 'open' })).toMatchObject({ state: 'open' })
    expect(await send({ billingAccount: { id: account } })).toMatchObject({ state: 'assigned' })
  })

  test.each([
    [{}, 400, 'payment.assignedOnce'],
    [{ bill: { id: 'x' }, billingAccount: { id: 'x' } }, 400, 'payment.assignedOnce'],
    [{ bill: { id: 'x' } }, 400, 'body.unknownReference'],
    [{ billingAccount: { id: 'x' } }, 400, 'body.unknownReference'],
    [{ state: 'assigned' }, 400, 'body.invalidFields'],
    [{ amount: 5 }, 400, 'body.invalidFields']
  ])('is not changed by %j', async (body, status, code) => {
    const reply = await server.call('PATCH', await unmatched(), body)
    expect([reply.status, reply.body.messageCode]).toEqual([status, code])
  })

  test('that went back is only dismissed', async () => {
    const one = await billed()
    const path = await unmatched({ type: 'return' })
    expect((await server.call('PATCH', path, { bill: { id: one.id } })).body.messageCode).toBe('payment.notAssignable')
    expect((await server.call('PATCH', path, { state: 'dismissed', reason: 'reversed' })).status).toBe(200)
  })

  test('has guesses by amount, name and nearly right numbers, each with its reasons', async () => {
    const one = await billed('137.45')
    await server.database.run(sql`UPDATE "billing_account" SET "name" = 'Erika Öztürk' WHERE "id" = ${one.account}`)
    const digits = one.billNo.replace('-0', '-9')
    const path = await unmatched({ amount: '137.45', debtorName: 'Öztürk, erika', text: 'x' })
    const { body } = await server.call('GET', path)
    expect(body.guesses).toMatchObject([{ billingAccount: { id: one.account }, bill: { id: one.id } }])
    expect(body.guesses[0].reasons.map(({ reasonCode }: { reasonCode: string }) => reasonCode)).toEqual([
      'guess.debtorName',
      'guess.amount'
    ])
    const near = await server.call('GET', await unmatched({ billNo: digits.replaceAll('-', '') }))
    const found = near.body.guesses.find(({ bill }: { bill?: { id: string } }) => bill?.id === one.id)
    expect(found?.reasons).toMatchObject([{ reasonCode: 'guess.nearReference' }])
  })

  test('that says no currency is in that of what it is assigned to', async () => {
    const [yen, bill] = [await addAccount(server, { currency: 'JPY' }), await billed('137.5', 'USD')]
    const [first, second] = [await unmatched({ amount: '40544' }), await unmatched({ amount: '137.5' })]
    expect((await server.call('GET', first)).body.amount).toEqual({ value: 40_544 })
    expect((await server.call('GET', second)).body.guesses).toMatchObject([{ bill: { id: bill.id } }])
    await server.call('PATCH', first, { billingAccount: { id: yen } })
    await server.call('PATCH', second, { bill: { id: bill.id } })
    expect(await credits(server, yen)).toEqual({ JPY: 40_544 })
    expect((await server.call('GET', `customerBill/${bill.id}`)).body.state).toBe('settled')
  })

  test.each([
    ['an account', async (currency: string) => ({ billingAccount: { id: await addAccount(server, { currency }) } })],
    ['a bill', async (currency: string) => ({ bill: { id: (await billed('10', currency)).id } })]
  ])('is not assigned to %s in parts of its minor unit', async (_, target) => {
    const path = await unmatched({ amount: '1.5' })
    const reply = await server.call('PATCH', path, await target('JPY'))
    expect([reply.status, reply.body.messageCode]).toEqual([409, 'payment.tooManyDecimals'])
    expect((await server.call('PATCH', path, await target('EUR'))).status).toBe(200)
  })

  test('keeps its reference from other payments until it is dismissed', async () => {
    const { account } = await billed()
    const row = rowOf({ text: 'Danke' })
    const [lost] = await bring(row)
    const send = (reference: string) =>
      server.call('POST', PAYMENT, paymentOf(account, 10, { reference, method: row.method }))
    const refused = await send(` ${row.reference}`)
    expect([refused.status, refused.body.messageCode]).toEqual([409, 'payment.referenceHeld'])
    await server.call('PATCH', `${UNMATCHED}/${lost?.id}`, { state: 'dismissed', reason: 'posted by hand' })
    expect((await send(row.reference)).status).toBe(201)
  })

  test('is listed by its state', async () => {
    const path = await unmatched()
    await server.call('PATCH', path, { state: 'dismissed', reason: 'no' })
    const id = path.split('/').at(-1)
    const idsOf = async (query: string) =>
      (await server.call('GET', `${UNMATCHED}?limit=100${query}`)).body.map((one: { id: string }) => one.id)
    expect(await idsOf('')).not.toContain(id)
    expect(await idsOf('&state=dismissed,assigned')).toContain(id)
  })
})
