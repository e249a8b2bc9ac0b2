import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { addEverybody, BY_CLIENT, CLIENT } from '../access/people.ts'
import { startTokenServer } from '../access/token-server.ts'
import { addApiKey, addPartner, KEYS, OTHER_TENANT, TENANT } from '../support/database.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { type EventReader, readEvents } from './event-reader.ts'

const WRITERS = 6
const EACH = 15

let server: TestServer
const readers: EventReader[] = []
beforeEach(async () => {
  server = await startTestServer({ REQUEST_TIMEOUT_MS: '1000' })
  await server.app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close()
  await server.close()
})

async function follow(query = '', headers?: Record<string, string>): Promise<EventReader> {
  const reader = await readEvents(server.app, query, headers)
  readers.push(reader)
  return reader
}

const addBill = (headers?: Record<string, string>) =>
  server.call('POST', 'customerBill', { billingAccount: { id: 'A' } }, headers)

async function listed(query = '?limit=1000'): Promise<readonly string[]> {
  const { body } = await server.call('GET', `events${query}`)
  return body.map(({ eventId }) => eventId)
}

test('an event comes with its id, its type and the envelope of the list', async () => {
  const reader = await follow()
  expect([reader.status, reader.headers['content-type'], reader.headers['cache-control']]).toEqual([
    200,
    'text/event-stream',
    'no-store'
  ])
  await addBill()
  await reader.reach(1)
  const [id] = await listed()
  const { text } = await server.call('GET', `events/${id}`, undefined, { host: hostOf() })
  expect(reader.text()).toBe(`retry: 2000\n\nid: ${id}\nevent: CustomerBillCreateEvent\ndata: ${text}\n\n`)
})

function hostOf(): string {
  const { port } = server.app.server.address() as AddressInfo
  return `127.0.0.1:${port}`
}

test('readers that are cut and come back see each event once, in order, while many write', async () => {
  const written = Promise.all(
    Array.from({ length: WRITERS }, async () => {
      for (let count = 0; count < EACH; count++) await addBill()
    })
  )
  await until('there is an event', async () => (await listed('?limit=1')).length > 0)
  const [first = ''] = await listed('?limit=1')
  const followed = await Promise.all(
    [1, 5, 20].map(async (patience) => {
      const seen: string[] = [first]
      while (seen.length < WRITERS * EACH) {
        const reader = await follow('', { token: KEYS[TENANT], 'last-event-id': String(seen.at(-1)) })
        await reader.reach(Math.min(patience, WRITERS * EACH - seen.length))
        reader.close()
        seen.push(...reader.ids())
      }
      return seen
    })
  )
  await written
  const all = await listed()
  expect(all).toHaveLength(WRITERS * EACH)
  for (const seen of followed) expect(seen).toEqual(all)
})

test('an event waits for those before it that are not certain yet', async () => {
  const reader = await follow()
  await addBill()
  await reader.reach(1)
  const client = new pg.Client(server.url)
  await client.connect()
  await client.query('BEGIN')
  const early = newId()
  await client.query(
    `INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path", "resource_id",
      "resource_version", "document") SELECT "tenant_id", $1, "event_type", "event_time", "resource_path",
      "resource_id", 9, "document" FROM "event" LIMIT 1`,
    [early]
  )
  await addBill()
  await client.query('COMMIT')
  await client.end()
  await reader.reach(3)
  expect(reader.ids()).toEqual(await listed())
  expect(reader.ids()[1]).toBe(early)
})

test('conditions filter a stream', async () => {
  const reader = await follow('?eventType=CustomerBillStateChangeEvent&event.customerBill.state=onHold')
  const { body } = await addBill()
  await server.call('PATCH', `customerBill/${body.id}`, { state: 'validated' })
  await server.call('PATCH', `customerBill/${body.id}`, { state: 'onHold' })
  await reader.reach(1)
  expect(reader.ids()).toEqual((await listed()).slice(-1))
})

test.each([
  ['?limit=1', 'event.streamQuery'],
  ['?sort=-position', 'event.streamQuery'],
  ['?eventType=None', 'query.wrongValue'],
  ['?event.customerBill.state=new&event.payment.id=1', 'event.streamWithout'],
  [`?lastEventId=${newId()}`, 'event.unknownLast']
])('a stream does not begin with %s', async (query, messageCode) => {
  const reader = await follow(query)
  await until('it has ended', reader.hasEnded)
  expect([reader.status, JSON.parse(reader.text()).messageCode]).toEqual([400, messageCode])
})

test('a partner follows its own events, a tenant no other', async () => {
  const partnerId = await addPartner(server.database, TENANT, 'P-1')
  await addApiKey(server.database, { tenantId: TENANT, key: 'partner', partnerId })
  const [own, foreign] = [await follow('', { token: 'partner' }), await follow('', { token: KEYS[OTHER_TENANT] })]
  await addBill()
  const id = (await addBill({ token: 'partner' })).body.id
  await addBill({ token: KEYS[OTHER_TENANT] })
  await Promise.all([own.reach(1), foreign.reach(1)])
  expect(own.pieces.flatMap(({ data }) => (data ? [JSON.parse(data).event.customerBill.id] : []))).toEqual([id])
  expect(foreign.ids()).toHaveLength(1)
})

describe('a stream ends', () => {
  test('when its credential loses its right', async () => {
    await addApiKey(server.database, { tenantId: TENANT, key: 'reader', scopes: ['event:read'] })
    const [reader, other] = [await follow('', { token: 'reader' }), await follow()]
    await server.database.run(sql`UPDATE "api_key" SET "is_enabled" = false WHERE "name" = 'reader'`)
    await until('the stream has ended', reader.hasEnded)
    expect(reader.pieces.at(-1)?.comment).toBe('There is no such API key')
    expect(other.hasEnded()).toBe(false)
  })

  test('when its token expires', async () => {
    const tokens = await startTokenServer({}, { store: server, time: { now: systemClock() } })
    await addEverybody(server.database)
    const { body } = await tokens.post({ ...CLIENT, ...BY_CLIENT })
    await tokens.app.listen({ host: '127.0.0.1', port: 0 })
    const reader = await readEvents(tokens.app, '', { authorization: `Bearer ${body.access_token}` })
    expect(reader.status).toBe(200)
    tokens.pass(3_601)
    await until('the stream has ended', reader.hasEnded)
    expect(reader.pieces.at(-1)?.comment).toBe('The credential has expired')
    await tokens.close()
  })

  test('when the server stops, which waits for nobody', async () => {
    const reader = await follow()
    await server.app.close()
    await until('the reader knows', reader.hasEnded)
    expect(reader.text()).toBe('retry: 2000\n\n')
  })
})

test('a reader that takes nothing is cut, and nothing is kept for it', async () => {
  await addBill()
  const [first] = await listed()
  await server.database.run(sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
      "resource_id", "resource_version", "document")
    SELECT "tenant_id", "id" || n, "event_type", "event_time", "resource_path", "resource_id", n,
      "document" || jsonb_build_object('note', repeat('x', 1000000))
    FROM "event", generate_series(1, 60) n`)
  const { port } = server.app.server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
  await once(socket, 'connect')
  socket.pause()
  const head = `GET ${BASE}/events?lastEventId=${first} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream`
  socket.write(`${head}\r\ntoken: ${KEYS[TENANT]}\r\n\r\n`)
  const connections = () =>
    new Promise<number>((resolve) => server.app.server.getConnections((_, count) => resolve(count)))
  await until('it is connected', async () => (await connections()) === 1)
  await until('it is cut', async () => (await connections()) === 0)
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(100_000_000)
  socket.destroy()
})

test('no limit of silence cuts a stream; it is kept alive, and tells how far its reader has come', async () => {
  const sockets: Socket[] = []
  server.app.server.on('connection', (socket: Socket) => sockets.push(socket))
  const reader = await follow('?eventType=CustomerBillDeleteEvent')
  expect(sockets.map(({ timeout }) => timeout)).toEqual([0])
  await addBill()
  const [id] = await listed()
  const { now } = performance
  let aheadMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + aheadMs)
  await until('a sign of life names the event', () => {
    aheadMs += 16_000
    return reader.pieces.some((piece) => piece.id === id)
  })
  vi.restoreAllMocks()
  expect(reader.ids()).toEqual([])
})

test('a principal has a limited number of streams, and gets one when it closes another', async () => {
  const all = await Promise.all(Array.from({ length: 11 }, () => follow()))
  expect(all.map(({ status }) => status).toSorted()).toEqual([...Array(10).fill(200), 429])
  const open = all.find(({ status }) => status === 200)
  open?.close()
  await until('there is room', async () => {
    const reader = await follow()
    return reader.status === 200
  })
})

test('streams hold no slot: others are served beside many of them', async () => {
  const few = await startTestServer({ DATABASE_POOL_SIZE: '3' }, server)
  await few.app.listen({ host: '127.0.0.1', port: 0 })
  const open = await Promise.all(Array.from({ length: 10 }, () => readEvents(few.app)))
  expect((await few.call('GET', 'customerBill')).status).toBe(200)
  for (const reader of open) reader.close()
  await few.close()
})
