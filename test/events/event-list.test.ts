import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addApiKey, addPartner, OTHER_TENANT, TENANT } from '../support/database.ts'
import { inDigits } from '../support/digits.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'

const READER = { token: 'reader' }
const PARTNER = { token: 'partner' }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const partnerId = await addPartner(server.database, TENANT, 'P-1')
  await addApiKey(server.database, { tenantId: TENANT, key: 'reader', scopes: ['event:read'] })
  await addApiKey(server.database, { tenantId: TENANT, key: 'partner', partnerId })
  await addApiKey(server.database, { tenantId: TENANT, key: 'no-reader', scopes: ['bill:read', 'bill:write'] })
  await addApiKey(server.database, { tenantId: OTHER_TENANT, key: 'foreign' })
})
afterAll(() => server.close())

const addBill = (value = 1, headers?: Record<string, string>) =>
  server.call('POST', 'customerBill', { billingAccount: { id: 'A' }, amountDue: { unit: 'KWD', value } }, headers)
const eventIds = ({ body }: Reply) => body.map(({ eventId }) => eventId)
const nextOf = ({ headers }: Reply) => /<[^>]*\/(events[^>]*)>; rel="next"/.exec(String(headers.link))?.[1]

/** Returns the id of the last event that anybody of the tenant sees. */
async function lastEvent(): Promise<string> {
  const { body } = await server.call('GET', 'events?sort=-position&limit=1')
  return String(body[0]?.eventId ?? '')
}

test('events are listed in their order, as subscribers get them, digit for digit', async () => {
  const made = await addBill(12345678.901)
  const patched = await server.call('PATCH', `customerBill/${made.body.id}`, { state: 'onHold' })
  const { status, text, headers } = await server.call('GET', 'events', undefined, READER)
  const bill = (state: string, { text: whole }: Reply) => ({
    eventType: state,
    domain: 'customerBillManagement',
    event: { customerBill: inDigits(whole) }
  })
  expect([status, headers['x-total-count']]).toEqual([200, '2'])
  expect(inDigits(text)).toMatchObject([
    { ...bill('CustomerBillCreateEvent', made), resourceVersion: 'number 1' },
    { ...bill('CustomerBillStateChangeEvent', patched), resourceVersion: 'number 2' }
  ])
  const [first] = eventIds(await server.call('GET', 'events'))
  const one = await server.call('GET', `events/${first}`)
  expect([one.status, `[${one.text}`]).toEqual([200, text.slice(0, one.text.length + 1)])
})

describe('a list', () => {
  test.each([
    ['eventType=CustomerBillStateChangeEvent', 1],
    ['eventType=CustomerBillStateChangeEvent,CustomerBillCreateEvent', 2],
    ['event.customerBill.state=onHold', 1],
    ['event.customerBill.amountDue.value.gt=12345678.9', 2],
    ['event.customerBill.amountDue.value=12345678.9', 0],
    ['event.customerBill.billingAccount.id=A', 2],
    ['event.customerBillOnDemand.state=done', 0],
    [`filter=${encodeURIComponent("$[?(@.event.customerBill.state=='onHold')]")}`, 1],
    ['resourceVersion.gt=1', 1],
    ['eventTime.gt=2020-01-01&eventTime.lt=2020-02-01', 0]
  ])('takes %s', async (query, count) => {
    const { status, body } = await server.call('GET', `events?${query}`)
    expect([status, body.length]).toEqual([200, count])
  })

  test.each([
    ['eventType=CustomerBillCreatedEvent', 'query.wrongValue'],
    ['event.customerBill.stat=new', 'query.unknownAttribute'],
    ['event.bill.state=new', 'query.unknownAttribute'],
    ['type=x', 'query.unknownAttribute'],
    ['lastEventId=x', 'event.unknownLast'],
    ['lastEventId=01K7YFXDQTKN9AMQQ57WD0R7B1', 'event.unknownLast'],
    ['lastEventId=01K7YFXDQTKN9AMQQ57WD0R7B1&lastEventId=01K7YFXDQTKN9AMQQ57WD0R7B2', 'query.repeated']
  ])('does not take %s', async (query, messageCode) => {
    expect(await server.call('GET', `events?${query}`)).toMatchObject({ status: 400, body: { messageCode } })
  })

  test('needs the scope event:read', async () => {
    const refused = await server.call('GET', 'events', undefined, { token: 'no-reader' })
    expect(refused).toMatchObject({ status: 403, body: { message: 'This needs the scope event:read' } })
  })

  test('shows a partner its own events, and nobody those of another tenant', async () => {
    const own = (await addBill(1, PARTNER)).body.id
    const seen = await server.call('GET', 'events', undefined, PARTNER)
    expect(seen.body.map(({ event }) => event.customerBill.id)).toEqual([own])
    const [eventId] = eventIds(seen)
    expect((await server.call('GET', 'events', undefined, { token: 'foreign' })).body).toEqual([])
    for (const path of [`events/${eventId}`, `events?lastEventId=${eventId}`]) {
      const { status } = await server.call('GET', path, undefined, { token: 'foreign' })
      expect(status).toBe(path.includes('?') ? 400 : 404)
    }
    const others = await lastEvent()
    await addBill()
    expect((await server.call('GET', `events/${await lastEvent()}`, undefined, PARTNER)).status).toBe(404)
    expect((await server.call('GET', `events?lastEventId=${others}`, undefined, PARTNER)).body).toEqual([])
  })
})

test('a reader that follows the pages while others write, and comes back, sees each event once', async () => {
  const start = await lastEvent()
  let isWriting = true
  const writing = Promise.all(
    Array.from({ length: 6 }, async () => {
      const ids: string[] = []
      for (let count = 0; count < 15; count++) ids.push((await addBill()).body.id)
      return ids
    })
  ).finally(() => {
    isWriting = false
  })
  const seen: string[] = []
  let last = start
  for (let isLast = false; !isLast; ) {
    isLast = !isWriting
    for (let path: string | undefined = `events?lastEventId=${last}&limit=4`; path !== undefined; ) {
      const page = await server.call('GET', path)
      seen.push(...page.body.map(({ event }) => event.customerBill.id))
      last = String(eventIds(page).at(-1) ?? last)
      path = nextOf(page)
    }
  }
  expect(seen.toSorted()).toEqual((await writing).flat().toSorted())
})

test('no event is listed before all that come before it are certain', async () => {
  const start = await lastEvent()
  const client = new pg.Client(server.url)
  await client.connect()
  await client.query('BEGIN')
  await client.query(`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
      "resource_id", "resource_version", "document")
    SELECT "tenant_id", '01ZZZZZZZZZZZZZZZZZZZZZZZZ', "event_type", "event_time", "resource_path", "resource_id", 9,
      "document" FROM "event" ORDER BY "position" LIMIT 1`)
  await addBill()
  const later = () => server.call('GET', `events?lastEventId=${start}`)
  expect((await later()).body).toEqual([])
  await client.query('COMMIT')
  await client.end()
  const [first, second, ...more] = eventIds(await later())
  expect([first, more]).toEqual(['01ZZZZZZZZZZZZZZZZZZZZZZZZ', []])
  expect(second).toMatch(/^01/)
})
