import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { post } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

test('a request is inProgress at once, whether its account exists or not', async () => {
  const made = await post(server, 'customerBillOnDemand', { billingAccount: { id: 'A0815' } })
  expect(made).toMatchObject({ state: 'inProgress', billingAccount: { id: 'A0815' } })
  const party = { id: 'P', role: 'payer', '@referredType': 'Individual' }
  const byParty = await server.call('POST', 'customerBillOnDemand', { relatedParty: party })
  expect(byParty).toMatchObject({ status: 201, body: { relatedParty: party } })
  expect((await server.call('POST', 'customerBillOnDemand', { name: 'x' })).body.code).toBe('23')
})

test.each(['done', 'rejected', 'nonsense'])('a request cannot be posted as %s', async (state) => {
  const body = { billingAccount: { id: 'A' }, state }
  expect((await server.call('POST', 'customerBillOnDemand', body)).status).toBe(400)
})

test('a request has no bill at first, whatever is posted', async () => {
  const { id } = await post(server, 'customerBill')
  const made = await post(server, 'customerBillOnDemand', { customerBill: { id }, stateReason: 'So be it' })
  expect([made.state, made.customerBill, made.stateReason]).toEqual(['inProgress', undefined, undefined])
  expect((await server.call('DELETE', `customerBill/${id}`)).status).toBe(204)
})

test('a request takes no word of a client for what became of it: state, reason and bill are the server’s', async () => {
  const bill = await post(server, 'customerBill')
  const { id } = await post(server, 'customerBillOnDemand')
  const url = `customerBillOnDemand/${id}`
  const own = { state: 'done', stateReason: 'So be it', customerBill: { id: bill.id } }
  for (const [name, value] of Object.entries(own)) {
    const body = { code: '24', message: expect.stringMatching(`^\\$\\.${name} may not be patched; only name, desc`) }
    expect(await server.call('PATCH', url, { [name]: value })).toMatchObject({ status: 400, body })
    const operations = [{ op: 'add', path: `/${name}`, value }]
    const type = { 'content-type': 'application/json-patch+json' }
    expect(await server.call('PATCH', url, operations, type)).toMatchObject({ status: 400, body })
  }
  const { body: kept } = await server.call('PATCH', url, { name: 'Final bill' })
  expect(kept).toMatchObject({ state: 'inProgress', name: 'Final bill' })
  expect([kept.stateReason, kept.customerBill]).toEqual([undefined, undefined])
})

test('a request keeps its bill from being deleted', async () => {
  const bill = await post(server, 'customerBill')
  const { id } = await post(server, 'customerBillOnDemand')
  await server.database.run(sql`UPDATE "customer_bill_on_demand" SET "state" = 'done', "customer_bill_id" = ${bill.id}
    WHERE "id" = ${id}`)
  const { body: done } = await server.call('GET', `customerBillOnDemand/${id}`)
  expect(done).toMatchObject({ state: 'done', customerBill: { id: bill.id, href: bill.href } })
  expect((await server.call('DELETE', `customerBill/${bill.id}`)).status).toBe(409)
})
