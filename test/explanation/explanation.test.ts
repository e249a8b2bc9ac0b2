import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addAccount, addBill, pay, startLedger } from '../billing/ledger-world.ts'
import { plain, readable } from '../documents/rendered.ts'
import { TENANT } from '../support/database.ts'
import { expectExplained } from '../support/explained.ts'
import type { TestServer } from '../support/server.ts'

const MARCH = '2026-03-01T00:00:00.000Z'
const APRIL = '2026-04-01T00:00:00.000Z'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(() => server.close())

const eur = (value: number) => ({ unit: 'EUR', value })
const explained = async (id: string, query = '') =>
  (await server.call('GET', `customerBill/${id}/explanation${query}`)).body as unknown as Record<string, unknown>

async function addRate(account: string, amount: number, more: object): Promise<void> {
  const taxExcludedAmount = eur(amount)
  const rate = { billingAccount: { id: account }, date: '2026-02-10T23:30:00Z', type: 'usageCharge', taxExcludedAmount }
  expect((await server.call('POST', 'appliedCustomerBillingRate', { ...rate, ...more })).status).toBe(201)
}

async function rateOf(externalId: string): Promise<string> {
  return (await server.call('GET', `appliedCustomerBillingRate?externalId=${externalId}`)).body[0].id
}

const FIBRE = { product: { id: 'P-1', name: 'Fibre 500' }, type: 'recurringCharge' }
const CALLS = { product: { id: 'P-2', name: 'Calls' } }

describe('a bill that this service computed', () => {
  let account: string
  let [march, april]: string[] = []
  beforeAll(async () => {
    account = await addAccount(server, { tax: 0.19 })
    await addRate(account, 30, { ...FIBRE, name: 'March' })
    await addRate(account, 0.005, CALLS)
    await addRate(account, 9, { product: { id: 'P-9' } })
    march = await addBill(server, account, { rates: {}, date: MARCH })
    await addRate(account, 39.9, { ...FIBRE, name: 'April', externalId: 'CRM-1' })
    await addRate(account, 0.005, CALLS)
    await addRate(account, 0.005, CALLS)
    await addRate(account, 1, { type: 'fee', appliedTax: [{ taxCategory: 'Levy', taxAmount: eur(0.004) }] })
    april = await addBill(server, account, { rates: {}, date: APRIL })
  })

  test('is explained down to its rates, with exact sums and each rounding', async () => {
    const found = await explained(String(april))
    expect(found).toMatchObject({
      customerBill: { id: april, href: expect.stringContaining(`/customerBill/${april}`), state: 'validated' },
      origin: { type: 'computed', text: expect.stringContaining('issued') },
      amountDue: eur(48.49),
      taxExcludedAmount: eur(40.91),
      rateCount: 4,
      taxGroups: [
        {
          ...{ taxes: [{ taxCategory: 'VAT', taxRate: 0.19 }], taxedBy: 'taxProfile', rateCount: 3 },
          ...{ exactAmount: eur(39.91), roundingAmount: eur(0), taxExcludedAmount: eur(39.91) },
          charges: [
            {
              ...{ type: 'recurringCharge', exactAmount: eur(39.9), shownAmount: eur(39.9) },
              products: [{ product: { id: 'P-1', name: 'Fibre 500' }, rates: [{ name: 'April', externalId: 'CRM-1' }] }]
            },
            {
              ...{ type: 'usageCharge', rateCount: 2, exactAmount: eur(0.01), shownAmount: eur(0.02) },
              products: [{ product: { id: 'P-2', name: 'Calls' }, rates: [{}, { exactAmount: eur(0.005) }] }]
            }
          ]
        },
        { taxes: [{ taxCategory: 'Levy' }], taxedBy: 'rate', charges: [{ type: 'fee', products: [{ rateCount: 1 }] }] }
      ],
      taxItem: [
        {
          ...{ taxCategory: 'Levy', exactAmount: eur(0.004), roundingAmount: eur(-0.004), taxAmount: eur(0) },
          shares: [{ taxGroup: 1, exactAmount: eur(0.004), basis: 'given' }]
        },
        {
          ...{ taxCategory: 'VAT', exactAmount: eur(7.5829), roundingAmount: eur(-0.0029), taxAmount: eur(7.58) },
          shares: [{ taxGroup: 0, exactAmount: eur(7.5829), basis: 'computed' }]
        }
      ],
      roundingRule: expect.stringContaining('halves away from zero'),
      shownRounding: eur(-0.01),
      settlements: [],
      remainingAmount: eur(48.49)
    })
    expect(Object.keys(found)).not.toContain('comparison')
  })

  test('is compared with the one before: what is new, gone, more, or of another price', async () => {
    const { comparison } = await explained(String(april), '?compareTo=previous')
    expect(comparison).toMatchObject({
      previousBill: { id: march, billDate: MARCH },
      amountDue: { currentAmount: eur(48.49) }
    })
    const { charges } = comparison as { charges: readonly Record<string, { id?: string; value?: number }>[] }
    const changes = charges.map(({ product, difference, changes }) => [
      product?.id,
      difference?.value,
      (changes as unknown as readonly { code: string; text: string }[])
        .map(({ code, text }) => `${code}: ${text}`)
        .join()
    ])
    expect(changes).toEqual([
      ['P-1', 9.9, 'otherPrice: Each is 39.9 EUR, before 30 EUR.'],
      ['P-9', -9, 'gone: It is on the previous bill only.'],
      [undefined, 1, 'new: It is not on the previous bill.'],
      ['P-2', 0.005, 'moreUnits: There are 2 rates, before 1.']
    ])
    const { comparison: none } = await explained(String(march), '?compareTo=previous')
    expect(none).toEqual({ text: 'The account has no earlier issued bill in EUR.' })
  })

  test('tells of what came after it: payments, what they took back, and what remains', async () => {
    const more = { bills: [{ id: april }], reference: 'R-1', valueDate: '2026-04-02' }
    const { body: payment } = await pay(server, account, 10, more)
    await pay(server, account, 5, { bills: [{ id: april }] })
    await server.call('POST', `/billing/v1/payment/${payment.id}/reverse`)
    const { settlements, remainingAmount } = await explained(String(april))
    const source = {
      type: 'Payment',
      id: payment.id,
      href: expect.stringContaining(`/billing/v1/payment/${payment.id}`)
    }
    expect([settlements, remainingAmount]).toEqual([
      [
        expect.objectContaining({
          type: 'payment',
          amount: eur(10),
          source,
          reference: 'R-1',
          valueDate: '2026-04-02'
        }),
        expect.objectContaining({ type: 'payment', amount: eur(5) }),
        expect.objectContaining({ type: 'reversal', amount: eur(-10), source })
      ],
      eur(43.49)
    ])
  })

  test('tells of its credit notes, which are explained as parts of it', async () => {
    const lines = [{ rate: { id: await rateOf('CRM-1') } }]
    const asked = { bill: { id: april }, reason: 'goodwill', lines }
    const { body } = await server.call('POST', '/billing/v1/creditNote', asked)
    const note = body.customerBill.id
    const { settlements, remainingAmount } = await explained(String(april))
    const source = { type: 'CustomerBill', id: note, href: expect.stringContaining(`/customerBill/${note}`) }
    expect(settlements).toContainEqual({
      ...{ type: 'creditNote', amount: eur(47.48), source, date: expect.any(String) }
    })
    expect(remainingAmount).toEqual(eur(0))
    expect(await explained(note, '?compareTo=previous')).toMatchObject({
      origin: { type: 'computed', text: expect.stringContaining('credit note') },
      taxGroups: [{ exactAmount: eur(-39.9), charges: [{ products: [{ rates: [{ externalId: 'CRM-1' }] }] }] }],
      settlements: [{ type: 'correctedBill', amount: eur(-47.48), source: { id: april } }],
      comparison: { text: 'A credit note is compared with no bill.' }
    })
  })

  test('is added up by type, product and day of the tenant', async () => {
    await server.database.run(sql`UPDATE "tenant" SET "time_zone" = 'Europe/Berlin' WHERE "id" = ${TENANT}`)
    const summary = async (query: string) => {
      const { body } = await server.call('GET', `customerBill/${april}/summary?by=${query}`)
      return (body as unknown as { rows: readonly object[] }).rows
    }
    const recurring = { rateCount: 1, exactAmount: eur(39.9), shownAmount: eur(39.9) }
    expect(await summary('type')).toEqual([
      { type: 'fee', rateCount: 1, exactAmount: eur(1), shownAmount: eur(1) },
      { type: 'recurringCharge', ...recurring },
      { type: 'usageCharge', rateCount: 2, exactAmount: eur(0.01), shownAmount: eur(0.02) }
    ])
    const fibre = { product: { id: 'P-1', name: 'Fibre 500' }, ...recurring }
    expect(await summary('product,day&type=recurringCharge')).toEqual([{ day: '2026-02-11', ...fibre }])
    expect(await summary('day&product=P-1&day=2026-02-10')).toEqual([])
    expect(await summary('product&day=2026-02-11')).toHaveLength(3)
    await server.database.run(sql`UPDATE "tenant" SET "time_zone" = 'UTC' WHERE "id" = ${TENANT}`)
  })

  test('is explained on its HTML document, folded', async () => {
    const { billDocument } = (await server.call('GET', `customerBill/${april}`)).body
    const path = `customerBill/${april}/document/${billDocument[0].id}`
    const { text } = await server.call('GET', path, undefined, { accept: 'text/html' })
    const [, details = ''] = /<details>\n<summary>([\s\S]*)<\/details>/.exec(text) ?? []
    expect(plain(readable(details))).toBe(
      'How this amount comes about Charges with the same tax are added up exactly, then rounded once. ' +
        'So is each tax. ' +
        'How this amount comes about Description Amount in EUR VAT 19% Recurring charges 39.90 Fibre 500 39.90 ' +
        'Usage 0.01 Calls 0.01 Exact sum 39.91 Net amount 39.91 With their own taxes: Levy fee 1.00 ' +
        '1 items 1.00 Exact sum 1.00 Net amount 1.00 Levy 0.00 Exact sum 0.004 Rounding -0.004 ' +
        'VAT 19% 7.58 Exact sum 7.5829 Rounding -0.0029 Total including tax 48.49 '
    )
  })

  test.each([
    ['explanation?compareTo=next', 'compareTo must be one of previous'],
    ['explanation?compare=previous', 'there are compareTo'],
    ['summary?by=', 'by must be one or more of type, product, day'],
    ['summary?by=type,type', 'by must be one or more of type, product, day'],
    ['summary?by=type,name', 'by must be one or more of type, product, day'],
    ['summary?by=type&day=today', 'day must be a day such as 2026-01-31']
  ])('%s is refused: %s', async (path, message) => {
    const answer = await server.call('GET', `customerBill/${april}/${path}`)
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(message) })
  })
})

test('every bill of this world adds up', async () => {
  expect(await expectExplained(server)).toEqual({ explained: 3, compared: 1 })
})
