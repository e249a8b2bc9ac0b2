import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { creditorReference } from '../../src/base/creditor-reference.ts'
import { newId } from '../../src/base/ulid.ts'
import type { TestServer } from '../support/server.ts'
import { addAccount, addBill, PAYMENT, startLedger } from './ledger-world.ts'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(() => server.close())

async function billed() {
  const account = await addAccount(server)
  const bills = [
    await addBill(server, account, { rates: { usageCharge: '10' } }),
    await addBill(server, account, { rates: { usageCharge: '20' }, date: '2026-05-01T00:00:00.000Z' })
  ]
  const { body } = await server.call('GET', `customerBill/${bills[1]}`)
  return { account, bills, billNo: String(body.billNo) }
}

function take(target: object, value = 15, reference: string = newId()) {
  const body = { amount: { unit: 'EUR', value }, method: 'bankTransfer', reference, ...target }
  return server.call('POST', PAYMENT, body)
}

describe('a payment of a bill', () => {
  test.each([
    ['its number', (billNo: string) => ({ billNo })],
    ['its creditor reference', (billNo: string) => ({ creditorReference: creditorReference(billNo) })]
  ])('by %s pays that bill of its account, once', async (_, targetOf) => {
    const { account, bills, billNo } = await billed()
    const reference = newId()
    const { status, body } = await take({ ...targetOf(billNo), valueDate: '2026-11-27' }, 25, reference)
    expect(status).toBe(201)
    expect(body).toMatchObject({
      billingAccount: { id: account },
      allocations: [{ bill: { id: bills[1] }, amount: { value: 20 } }],
      credit: { value: 5 },
      valueDate: '2026-11-27'
    })
    const again = await take({ ...targetOf(billNo), valueDate: '2026-11-27' }, 25, reference)
    expect([again.status, again.body]).toEqual([200, body])
    expect((await take({ ...targetOf(billNo), valueDate: '2026-11-28' }, 25, reference)).status).toBe(409)
    expect((await take(targetOf(billNo))).body).toMatchObject({ message: expect.stringContaining('it is settled') })
  })

  test('by a number that differs from another in punctuation alone needs the number', async () => {
    const { account } = await billed()
    const suffix = newId()
    const posted = await Promise.all(
      [`X-${suffix}`.slice(0, 20), `x/${suffix}`.slice(0, 20)].map((billNo) =>
        server.call('POST', 'customerBill', {
          billingAccount: { id: account },
          amountDue: { unit: 'EUR', value: 5 },
          billNo,
          state: 'sent'
        })
      )
    )
    const [first, second] = posted.map(({ body }) => String(body.billNo))
    expect(creditorReference(String(first))).toBe(creditorReference(String(second)))
    const several = await take({ creditorReference: creditorReference(String(first)) })
    expect([several.status, several.body.messageCode]).toEqual([400, 'payment.severalBills'])
    const { status, body } = await take({ billNo: second }, 5)
    expect([status, body.allocations[0].bill.id]).toEqual([201, posted[1]?.body.id])
  })

  test.each([
    [{}, '$.billingAccount is required, unless billNo, creditorReference stands'],
    [{ billNo: 'X-1', creditorReference: 'RF18539007547034' }, '$.creditorReference must not stand beside billNo'],
    [{ billNo: 'X-1', billingAccount: { id: 'A' } }, '$.billNo must not stand beside billingAccount'],
    [{ billNo: 'X-1', bills: [{ id: 'B' }] }, '$.bills must not stand beside billNo'],
    [{ creditorReference: 'RF19539007547034' }, '$.creditorReference must be a creditor reference'],
    [{ creditorReference: 'RF18539007547034' }, '$.creditorReference names no bill of this service'],
    [{ billNo: 'X-1' }, '$.billNo names no bill of this service'],
    [{ billNo: 'X-1', valueDate: '2026-02-30' }, '$.valueDate must be a day']
  ])('as %j is refused: %s', async (target, message) => {
    const { status, body } = await take(target)
    expect([status, body.message]).toEqual([400, expect.stringContaining(message)])
  })

  test('of no account of this service is refused', async () => {
    const billNo = `F-${newId()}`.slice(0, 20)
    await server.call('POST', 'customerBill', {
      billingAccount: { id: 'elsewhere' },
      amountDue: { unit: 'EUR', value: 5 },
      billNo,
      state: 'sent'
    })
    expect((await take({ billNo })).body.messageCode).toBe('payment.foreignBill')
  })
})
