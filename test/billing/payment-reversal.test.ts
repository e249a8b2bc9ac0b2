import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { later } from '../../src/base/instant.ts'
import { idsBy, newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { payIn, paymentOf } from '../support/payments.ts'
import type { Reply, TestServer } from '../support/server.ts'
import { AUTHOR, addAccount, addBill, credits, PAYMENT, paid, pay, startLedger } from './ledger-world.ts'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(async () => {
  expect(reportLedger(await verifyLedger(server.database))).toMatchObject({ isSound: true })
  await server.close()
})

const reverse = (payment: string, body?: object): Promise<Reply> =>
  server.call('POST', `${PAYMENT}/${payment}/reverse`, body)

/** Returns rows of bills without versions and times. */
async function rowsOf(...bills: readonly string[]): Promise<readonly unknown[]> {
  const { rows } = await server.database.run(sql`SELECT to_jsonb(b) - 'version' - 'last_update' FROM "customer_bill" b
    WHERE "id" = ANY(${bills}::text[]) ORDER BY "id"`)
  return rows.map(([row]) => JSON.parse(String(row)))
}

test('a reversal undoes a payment exactly, also where its credit paid later bills', async () => {
  const account = await addAccount(server, { tax: 0.19 })
  const first = await addBill(server, account, { rates: { usageCharge: '10' }, state: 'sent' })
  const second = await addBill(server, account, { rates: { usageCharge: '10' } })
  const before = await rowsOf(first, second)
  const { body } = await pay(server, account, 30)
  const third = await addBill(server, account, { rates: { usageCharge: '10' } })
  expect(await paid(server, first, second, third)).toEqual([
    [0, 'settled', [[body.id, 11.9]]],
    [0, 'settled', [[body.id, 11.9]]],
    [5.7, 'partiallyPaid', [[body.id, 6.2]]]
  ])
  const reversed = await reverse(body.id)
  expect([reversed.status, reversed.body]).toMatchObject([200, { id: body.id, allocations: [], credit: { value: 0 } }])
  expect(reversed.body.reversedAt).toMatch(/Z$/)
  expect(await rowsOf(first, second)).toEqual(before)
  expect(await paid(server, third)).toEqual([[11.9, 'validated', []]])
  expect(await credits(server, account)).toEqual({ EUR: 0 })
  const again = await reverse(body.id)
  expect([again.status, again.body.message]).toEqual([409, 'This payment is reversed already'])
})

test('what others paid of a bill stays paid, and a bill that was sent since stays sent', async () => {
  const account = await addAccount(server)
  const bill = await addBill(server, account, { rates: { usageCharge: '10' } })
  await server.call('PATCH', `customerBill/${bill}`, { state: 'sent' })
  const [one, other] = [(await pay(server, account, 4)).body.id, (await pay(server, account, 8)).body.id]
  await reverse(one)
  expect(await paid(server, bill)).toEqual([[4, 'partiallyPaid', [[other, 6]]]])
  expect(await credits(server, account)).toEqual({ EUR: 2 })
  await reverse(other)
  expect(await paid(server, bill)).toEqual([[10, 'sent', []]])
})

test('a bill that was sent between two payments goes back to where the last one found it', async () => {
  const account = await addAccount(server)
  const bill = await addBill(server, account, { rates: { usageCharge: '10' } })
  for (const state of ['validated', 'sent']) {
    await server.call('PATCH', `customerBill/${bill}`, { state })
    const { body } = await pay(server, account, 10)
    await reverse(body.id)
    expect(await paid(server, bill)).toEqual([[10, state, []]])
  }
})

test('a bill on hold stays so', async () => {
  const account = await addAccount(server)
  const bill = await addBill(server, account, { rates: { usageCharge: '10' } })
  const { body } = await pay(server, account, 4)
  await server.call('PATCH', `customerBill/${bill}`, { state: 'onHold' })
  await reverse(body.id)
  expect(await paid(server, bill)).toEqual([[10, 'onHold', []]])
})

test('a reversal is in the audit, and the new states are events', async () => {
  const account = await addAccount(server)
  const bill = await addBill(server, account, { rates: { usageCharge: '10' } })
  const { body } = await pay(server, account, 10)
  const since = newId()
  await reverse(body.id, {})
  const audited = await server.database.run(sql`SELECT "action", "resource_type", "resource_id" FROM "audit"
    WHERE "id" > ${since} ORDER BY "id"`)
  expect(audited.rows).toEqual([
    ['reverse', 'CustomerBill', bill],
    ['reverse', 'Payment', body.id]
  ])
  const events = await server.database.run(
    sql`SELECT "resource_id", "document"->>'state' FROM "event" WHERE "id" > ${since} ORDER BY "position"`
  )
  expect(events.rows).toEqual([
    [bill, 'validated'],
    [body.id, null]
  ])
})

test('payments to one bill at once never overpay it, and reversed at once each is reversed once', async () => {
  const account = await addAccount(server)
  const bill = await addBill(server, account, { rates: { usageCharge: '25' } })
  const named = { bills: [{ id: bill }] }
  const replies = await Promise.all(
    Array.from({ length: 8 }, (_, at) => pay(server, account, 10, at % 2 === 0 ? named : {}))
  )
  const taken = replies.filter(({ status }) => status === 201)
  expect(replies.filter(({ status }) => status !== 201).map(({ status }) => status)).toEqual(
    Array.from({ length: 8 - taken.length }, () => 409)
  )
  expect(taken.length).toBeGreaterThanOrEqual(4)
  expect(await paid(server, bill)).toMatchObject([[0, 'settled', [{}, {}, {}]]])
  expect(await credits(server, account)).toEqual({ EUR: taken.length * 10 - 25 })
  const ids = taken.map(({ body }) => body.id as string)
  const reversals = await Promise.all([...ids, ...ids].map((id) => reverse(id)))
  expect(reversals.map(({ status }) => status).sort()).toEqual([...ids.map(() => 200), ...ids.map(() => 409)])
  expect(await paid(server, bill)).toEqual([[25, 'validated', []]])
  expect(await credits(server, account)).toEqual({ EUR: 0 })
})

test('a partner sees, makes and reverses the payments of its own accounts alone', async () => {
  const partnerId = await addPartner(server.database, TENANT, 'P-1')
  await addApiKey(server.database, { tenantId: TENANT, key: 'partner', partnerId })
  const [own, other] = [await addAccount(server, { partnerId }), await addAccount(server)]
  const bodies = [(await pay(server, own, 5)).body, (await pay(server, other, 5)).body]
  const ask = (method: 'GET' | 'POST', path: string, body?: object) =>
    server.app.inject({ method, url: PAYMENT + path, headers: { token: 'partner' }, ...(body && { payload: body }) })
  expect((await ask('GET', '')).json()).toMatchObject([{ id: bodies[0]?.id }])
  expect((await ask('POST', '', paymentOf(own, 1))).statusCode).toBe(201)
  expect((await ask('POST', '', paymentOf(other, 1))).statusCode).toBe(400)
  expect((await ask('GET', `/${bodies[1]?.id}`)).statusCode).toBe(404)
  expect((await ask('POST', `/${bodies[1]?.id}/reverse`)).statusCode).toBe(404)
  expect((await ask('POST', `/${bodies[0]?.id}/reverse`)).statusCode).toBe(200)
})

test('a bill goes back to the state in which it was last, however far ahead another clock is', async () => {
  const account = await addAccount(server)
  const bill = await addBill(server, account, { rates: { usageCharge: '10' } })
  const ahead = { author: AUTHOR, clock: systemClock, newId: idsBy(() => Date.parse(later(systemClock(), 600))) }
  const id = await server.database.transaction((tx) => payIn(tx, ahead, account, 10))
  await reverse(id)
  await server.call('PATCH', `customerBill/${bill}`, { state: 'sent' })
  await reverse((await pay(server, account, 10)).body.id)
  expect(await paid(server, bill)).toEqual([[10, 'sent', []]])
})
