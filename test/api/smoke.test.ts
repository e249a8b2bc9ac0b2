import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

test('a posted bill comes back', async () => {
  const created = await server.call('POST', 'customerBill', { billingAccount: { id: 'A1' } })
  expect(created.status).toBe(201)
  const found = await server.call('GET', `customerBill/${created.body.id}`)
  expect(found.text).toBe(created.text)
})
