import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeEvent } from '../../src/events/envelope.ts'
import { eventsAfter, horizon } from '../../src/events/outbox.ts'
import { TENANT } from '../support/database.ts'
import { inDigits } from '../support/digits.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'

const HOST = 'bills.example'
const ADDRESSES = { api: `http://${HOST}${BASE}`, billing: `http://${HOST}/billing/v1` }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

test('an event is the envelope of the standard around the bill as the API returned it', async () => {
  const start = await horizon(server.database)
  const due = { unit: 'KWD', value: 12345678.901 }
  const headers = { host: HOST, 'x-request-id': 'request-1' }
  const made = await server.call('POST', 'customerBill', { billingAccount: { id: 'B/1' }, amountDue: due }, headers)
  const rows = await eventsAfter(server.database, { tenantId: TENANT }, start, await horizon(server.database), 10)
  const [told] = rows.map((row) => writeEvent(row, ADDRESSES))
  expect(inDigits(String(told))).toEqual({
    eventId: rows[0]?.id,
    eventTime: made.body.lastUpdate,
    eventType: 'CustomerBillCreateEvent',
    correlationId: 'request-1',
    domain: 'customerBillManagement',
    title: 'CustomerBill created',
    timeOcurred: made.body.lastUpdate,
    resourceVersion: 'number 1',
    event: { customerBill: inDigits(made.text) }
  })
})
