import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { identifier, sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import type { TestServer } from '../support/server.ts'
import { addAccount, addBill, credits, PAYMENT, paid, pay, startLedger } from './ledger-world.ts'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(async () => {
  expect(reportLedger(await verifyLedger(server.database))).toMatchObject({ isSound: true })
  await server.close()
})

/** Adds an account with bills over 10, 20 and 5, of which the second is due first. */
async function threeBills() {
  const account = await addAccount(server)
  const dates = ['2026-05-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z']
  const bills: string[] = []
  for (const [at, amount] of ['10', '20', '5'].entries()) {
    bills.push(await addBill(server, account, { rates: { usageCharge: amount }, date: String(dates[at]) }))
  }
  return { account, bills }
}

describe('a payment', () => {
  test.each([
    [0.01, [10, 19.99, 5], ['validated', 'partiallyPaid', 'validated'], 0],
    [20, [10, 0, 5], ['validated', 'settled', 'validated'], 0],
    [25, [5, 0, 5], ['partiallyPaid', 'settled', 'validated'], 0],
    [35, [0, 0, 0], ['settled', 'settled', 'settled'], 0],
    [100, [0, 0, 0], ['settled', 'settled', 'settled'], 65]
  ])('of %d pays what is due first, and the rest is credit', async (value, remaining, states, credit) => {
    const { account, bills } = await threeBills()
    const { status, body, headers } = await pay(server, account, value)
    expect(status).toBe(201)
    expect(headers.location).toBe(body.href)
    expect(body).toMatchObject({ amount: { unit: 'EUR', value }, credit: { unit: 'EUR', value: credit } })
    const shown = (await paid(server, ...bills)) as [number, string, [string, number][]][]
    expect(shown.map(([amount]) => amount)).toEqual(remaining)
    expect(shown.map(([, state]) => state)).toEqual(states)
    const applied = shown.flatMap(([, , list]) => list)
    expect(applied.map(([id]) => id)).toEqual(applied.map(() => body.id))
    expect(await credits(server, account)).toEqual({ EUR: credit })
    expect((await server.call('GET', `${PAYMENT}/${body.id}`)).body).toEqual(body)
  })

  test('pays the bills that it names, in their order, and no others', async () => {
    const { account, bills } = await threeBills()
    const [first, , third] = bills
    const named = [{ id: third }, { id: first }]
    const { body } = await pay(server, account, 12, { bills: named })
    expect(body.allocations).toMatchObject([
      { bill: { id: third }, amount: { value: 5 } },
      { bill: { id: first }, amount: { value: 7 } }
    ])
    const more = await pay(server, account, 12, { bills: [{ id: first }] })
    expect(more.body.credit.value).toBe(9)
    expect((await paid(server, ...bills)).map((bill) => (bill as unknown[])[0])).toEqual([0, 20, 0])
  })

  test('of another currency leaves bills alone', async () => {
    const { account, bills } = await threeBills()
    await pay(server, account, 30, { amount: { unit: 'JPY', value: 30 } })
    expect(await credits(server, account)).toEqual({ EUR: 0, JPY: 30 })
    expect((await paid(server, ...bills)).map((bill) => (bill as unknown[])[0])).toEqual([10, 20, 5])
  })

  test('with the same reference and content is one, at once or later, and with other content refused', async () => {
    const { account, bills } = await threeBills()
    const other = await addAccount(server)
    const same = { reference: newId(), bills: [{ id: bills[1] }] }
    const replies = await Promise.all(Array.from({ length: 6 }, () => pay(server, account, 20, same)))
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201])
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1)
    expect((await pay(server, account, 20, same)).status).toBe(200)
    const contents = [
      [account, 21, {}],
      [account, 20, { method: 'cash' }],
      [account, 20, { bills: [] }],
      [other, 20, {}]
    ]
    for (const [to, value, more] of contents as [string, number, object][]) {
      expect((await pay(server, to, value, { ...same, ...more })).status).toBe(409)
    }
    const one = { reference: newId() }
    const raced = await Promise.all([account, other].map((to) => pay(server, to, 1, one)))
    expect(raced.map(({ status }) => status).sort()).toEqual([201, 409])
  })

  test('to an archived account is refused, but repeated it is what it was', async () => {
    const account = await addAccount(server)
    const reference = { reference: newId() }
    expect((await pay(server, account, 5, reference)).status).toBe(201)
    await server.database.run(sql`UPDATE "billing_account" SET "status" = 'ARCHIVED' WHERE "id" = ${account}`)
    expect((await pay(server, account, 5, reference)).status).toBe(200)
    expect((await pay(server, account, 5)).status).toBe(409)
  })

  test('by an alias is one to the account', async () => {
    const account = await addAccount(server)
    const alias = newId()
    await server.database.run(sql`UPDATE "billing_account" SET "aliases" = ${JSON.stringify([{ alias }])}
      WHERE "id" = ${account}`)
    expect((await pay(server, alias, 5)).body.billingAccount).toMatchObject({ id: account, name: 'Account' })
    expect((await server.call('GET', `${PAYMENT}?billingAccount.id=${alias}`)).body).toHaveLength(1)
  })

  test.each<[string, object, number, string]>([
    ['without an account', { billingAccount: undefined }, 400, '$.billingAccount is required'],
    [
      'for an unknown account',
      { billingAccount: { id: 'nobody' } },
      400,
      '$.billingAccount.id names no billing account'
    ],
    ['of nothing', { amount: { unit: 'EUR', value: 0 } }, 400, '$.amount.value must be more than 0'],
    ['of less', { amount: { unit: 'EUR', value: -1 } }, 400, '$.amount.value must be more than 0'],
    ['in parts of a cent', { amount: { unit: 'EUR', value: 1.001 } }, 400, 'at most 2 decimal places'],
    ['in parts of a yen', { amount: { unit: 'JPY', value: 1.5 } }, 400, 'at most 0 decimal places'],
    ['without a currency', { amount: { value: 1 } }, 400, '$.amount.unit is required'],
    ['in no currency', { amount: { unit: 'euro', value: 1 } }, 400, '$.amount.unit must be a currency'],
    ['of the day after tomorrow', { valueDate: '2099-01-01' }, 400, 'which is tomorrow, at the latest'],
    ['as text', { amount: { unit: 'EUR', value: '1' } }, 400, '$.amount.value must be a number'],
    ['by barter', { method: 'barter' }, 400, '$.method must be one of cash'],
    ['with a blank reference', { reference: ' ' }, 400, '$.reference must be a text'],
    [
      'for the bill of nobody',
      { bills: [{ id: newId() }] },
      400,
      '$.bills[0].id names no bill of this billing account'
    ],
    [
      'for one bill twice',
      { bills: [{ id: 'x' }, { id: 'x' }] },
      400,
      '$.bills[1].id must not name a bill for the second time'
    ],
    ['with something else', { note: 'x' }, 400, '$.note is nothing that can be set here']
  ])('%s is refused', async (_, more, status, message) => {
    const reply = await pay(server, await addAccount(server), 1, more)
    expect([reply.status, reply.body.message]).toEqual([status, expect.stringContaining(message)])
  })

  test('for a bill that is another account’s, held, paid or in another currency is refused', async () => {
    const { account, bills } = await threeBills()
    const other = await addAccount(server)
    const refused = (to: string, more: object) => pay(server, to, 1, { bills: [{ id: bills[0] }], ...more })
    expect(await refused(other, {})).toMatchObject({ status: 400 })
    const yen = await refused(account, { amount: { unit: 'JPY', value: 1 } })
    expect([yen.status, yen.body.message]).toEqual([400, '$.bills[0].id names a bill in EUR; it must be in JPY'])
    await server.call('PATCH', `customerBill/${bills[0]}`, { state: 'onHold' })
    const held = await refused(account, {})
    expect([held.status, held.body.message]).toEqual([
      409,
      '$.bills[0].id names a bill that cannot be paid; it is onHold'
    ])
    await server.call('PATCH', `customerBill/${bills[0]}`, { state: 'sent' })
    expect((await pay(server, account, 10, { bills: [{ id: bills[0] }] })).status).toBe(201)
    expect((await refused(account, {})).body.message).toContain('it is settled')
  })
})

test('credit pays the next bill, the oldest payment first, and each is named', async () => {
  const account = await addAccount(server)
  const payments: string[] = []
  for (const value of [3, 4, 5]) payments.push((await pay(server, account, value)).body.id)
  const bills: string[] = []
  for (const amount of ['6', '5.99', '10'])
    bills.push(await addBill(server, account, { rates: { usageCharge: amount } }))
  const [first, second, third] = payments
  expect(await paid(server, ...bills)).toEqual([
    [
      0,
      'settled',
      [
        [first, 3],
        [second, 3]
      ]
    ],
    [
      0,
      'settled',
      [
        [second, 1],
        [third, 4.99]
      ]
    ],
    [9.99, 'partiallyPaid', [[third, 0.01]]]
  ])
  expect(await credits(server, account)).toEqual({ EUR: 0 })
})

test('payments are listed in pages, by account and reference', async () => {
  const account = await addAccount(server)
  const ids: string[] = []
  for (const value of [1, 2, 3])
    ids.push((await pay(server, account, value, { reference: `${account}/${value}` })).body.id)
  const page = async (query: string) => {
    const { status, headers, body } = await server.call('GET', `${PAYMENT}?${query}`)
    return [status, headers['x-total-count'], body.map(({ id }) => id)]
  }
  const own = `billingAccount.id=${account}`
  expect(await page(own)).toEqual([200, '3', ids])
  expect(await page(`${own}&offset=1&limit=1`)).toEqual([206, '3', [ids[1]]])
  const { headers } = await server.call('GET', `${PAYMENT}?${own}&offset=1&limit=1`)
  expect(headers.link).toMatch(/rel="first", .*billingAccount\.id=[^&]+&offset=2&limit=1>; rel="next"/)
  expect(await page(`${own}&reference=${account}/3`)).toEqual([200, '1', [ids[2]]])
  expect(await page('billingAccount.id=nobody')).toEqual([200, '0', []])
  for (const query of ['state=x', `${own};reference=x`, 'billingAccount.id.ne=x', 'sort=id']) {
    expect((await server.call('GET', `${PAYMENT}?${query}`)).status).toBe(400)
  }
  const one = await server.call('GET', `${PAYMENT}/${ids[0]}`)
  const again = await server.call('GET', `${PAYMENT}/${ids[0]}`, undefined, {
    'if-none-match': String(one.headers.etag)
  })
  expect([again.status, again.text]).toEqual([304, ''])
})

test('what a payment changes is in the audit, and an event: of a new state, or else of the attributes', async () => {
  const { account, bills } = await threeBills()
  const since = newId()
  const ids: string[] = []
  for (const value of [20, 1, 1]) ids.push((await pay(server, account, value)).body.id)
  const rows = async (table: string, columns: string[]) => {
    const all = sql`SELECT * FROM ${identifier(table)} WHERE "id" > ${since} ORDER BY "id"`
    const named = await server.database.run(sql`SELECT to_jsonb(x) FROM (${all}) x`)
    const documents: Record<string, unknown>[] = named.rows.map(([row]) => JSON.parse(String(row)))
    return documents.map((document) => columns.map((column) => document[column]))
  }
  expect(await rows('event', ['event_type', 'resource_id'])).toEqual([
    ['CustomerBillStateChangeEvent', bills[1]],
    ['PaymentCreateEvent', ids[0]],
    ['CustomerBillStateChangeEvent', bills[0]],
    ['PaymentCreateEvent', ids[1]],
    ['CustomerBillAttributeValueChangeEvent', bills[0]],
    ['PaymentCreateEvent', ids[2]]
  ])
  const audited = await rows('audit', ['action', 'resource_type', 'resource_id'])
  expect(audited.slice(0, 2)).toEqual([
    ['create', 'Payment', ids[0]],
    ['pay', 'CustomerBill', bills[1]]
  ])
  expect(audited).toHaveLength(6)
})
