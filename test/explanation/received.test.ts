import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { linesOf } from '../../src/explanation/lines.ts'
import { summaryStatement } from '../../src/explanation/summary.ts'
import { type ForeignWorld, startForeign } from '../billing/foreign-world.ts'
import { addAccount } from '../billing/ledger-world.ts'
import { addRates } from '../documents/large-bill.ts'
import { addLine } from '../support/accounts.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

const MARCH = '2026-03-01T00:00:00.000Z'
const APRIL = '2026-04-01T00:00:00.000Z'
/** More rates than an explanation lists, with more products than it names. */
const [MANY_RATES, MANY_PRODUCTS] = [10_001, 1_002]

let world: ForeignWorld
let server: TestServer
beforeAll(async () => {
  world = await startForeign()
  server = world.server
})
afterAll(() => world.close())

const eur = (value: number) => ({ unit: 'EUR', value })
const explained = async (id: string, query = '') =>
  (await server.call('GET', `customerBill/${id}/explanation${query}`)).body as unknown as Record<string, unknown>

describe('a bill of another system', () => {
  test('without rates: its amounts are the word of the sender, down to what nothing explains', async () => {
    const account = await addAccount(server)
    const taxItem = [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: eur(19) }]
    const amounts = { amountDue: eur(120), remainingAmount: eur(70), taxExcludedAmount: eur(100), taxItem }
    const { body } = await world.bill(account, { ...amounts, state: 'partiallyPaid' })
    expect(await explained(body.id)).toMatchObject({
      origin: { type: 'received', text: expect.stringContaining('the word of the sender') },
      taxGroups: [],
      chargesWithoutRates: eur(100),
      taxItem: [{ shares: [], exactAmount: eur(0), unexplainedAmount: eur(19), taxAmount: eur(19) }],
      unexplainedAmount: eur(1),
      settlements: [{ type: 'other', amount: eur(50) }],
      remainingAmount: eur(70)
    })
  })

  test('with rates: what they do not account for stands apart; rates in other currencies are in no sum', async () => {
    const account = await addAccount(server)
    const { body } = await world.bill(account, { amountDue: eur(12), taxExcludedAmount: eur(10), billDate: MARCH })
    await addLine(server.database, body.id, { amount: '9.995', kind: 'recurringCharge' })
    await addLine(server.database, body.id, { amount: '3', unit: 'USD' })
    expect(await explained(body.id)).toMatchObject({
      origin: { type: 'received', text: expect.stringContaining('Its rates are known') },
      taxGroups: expect.arrayContaining([expect.objectContaining({ taxExcludedAmount: eur(9.995) })]),
      chargesWithoutRates: eur(0.005),
      unexplainedAmount: eur(2)
    })
    const later = await world.bill(account, { amountDue: eur(13), billDate: APRIL, state: 'sent' })
    // The bill before is not issued: it may never be.
    expect(await explained(later.body.id, '?compareTo=previous')).toMatchObject({
      comparison: { text: expect.stringContaining('no earlier') }
    })
    await world.patch(body.id, 'sent')
    expect(await explained(later.body.id, '?compareTo=previous')).toMatchObject({
      comparison: { previousBill: { id: body.id }, amountDue: { difference: eur(1) } }
    })
  })
})

test('a bill of very many rates and products names the first of them and leads to the rates', async () => {
  const account = await addAccount(server)
  const { body } = await world.bill(account, { amountDue: eur(1), billDate: MARCH })
  await addRates(server.database, MANY_RATES, account, body.id, 0, MANY_PRODUCTS)
  const { taxGroups, rateCount } = await explained(body.id)
  const [group] = taxGroups as readonly { charges: readonly { products: readonly Record<string, unknown>[] }[] }[]
  const products = group?.charges[0]?.products ?? []
  expect([rateCount, products.length]).toEqual([MANY_RATES, 1_001])
  const href = `/appliedCustomerBillingRate?bill.id=${body.id}&type=usageCharge&product.id=P-1`
  expect(products[0]).toMatchObject({ rateCount: 10, ratesHref: expect.stringContaining(href) })
  const counted = products.reduce((sum, product) => sum + Number(product.rateCount), 0)
  expect([counted, products.at(-1)]).toEqual([MANY_RATES, expect.objectContaining({ furtherProducts: 2 })])
  const listed = await server.call('GET', String(products[0]?.ratesHref).replace(/^https?:\/\/[^/]+/, ''))
  expect([listed.status, listed.headers['x-total-count']]).toEqual([200, '10'])
})

test('a summary reads the rates of its bill once, by an index', async () => {
  const lines = await linesOf(server.database, TENANT, newId())
  const of = { tenantId: TENANT, lines, type: undefined, productId: undefined, day: undefined }
  const statement = summaryStatement({ ...of, by: ['type', 'product', 'day'] })
  const { rows } = await server.database.run(sql`EXPLAIN ${statement}`)
  const plan = rows.map(([line]) => String(line)).join('\n')
  expect(plan.match(/applied_customer_billing_rate_tenant_id_bill_id_id_idx/g)).toHaveLength(1)
  expect(plan).not.toMatch(/Seq Scan on applied/)
})
