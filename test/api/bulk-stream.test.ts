import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'

const TIMEOUT_MS = 800
const RATE = { billingAccount: { id: 'A1' }, name: 'Fibre' }

let server: TestServer
const sockets = new Set<Socket>()
beforeAll(async () => {
  server = await startTestServer({ REQUEST_TIMEOUT_MS: String(TIMEOUT_MS) })
  server.app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  // An error at any time.
  await server.database.run(sql`CREATE FUNCTION "fail"() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1);
      RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$`)
  await server.database.run(sql`CREATE TRIGGER "fail" BEFORE INSERT ON "applied_customer_billing_rate" FOR EACH ROW
    WHEN (NEW."name" = 'Fail') EXECUTE FUNCTION "fail"()`)
})
afterAll(() => server.close())

/** A request with its body in pieces and its response in lines. */
function open({ app } = server): ClientRequest {
  const { port } = app.server.address() as AddressInfo
  const headers = { token: 'demo-api-key', 'content-type': 'application/x-ndjson' }
  const url = `http://127.0.0.1:${port}${BASE}/appliedCustomerBillingRate`
  // Some tests wait for the server to cut the connection.
  return request(url, { method: 'POST', headers, agent: false }).on('error', () => undefined)
}

function write(client: ClientRequest, document: object): void {
  client.write(`${JSON.stringify(document)}\n`)
}

async function linesOf(client: ClientRequest) {
  const [response] = (await once(client, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  const lines = createInterface({ input: response })[Symbol.asyncIterator]()
  return async () => {
    const { value } = await lines.next()
    return value === undefined ? undefined : JSON.parse(value)
  }
}

async function names(): Promise<readonly unknown[]> {
  const { rows } = await server.database.run(sql`SELECT "name" FROM "applied_customer_billing_rate" ORDER BY "id"`)
  return rows.map(([name]) => name)
}

async function idleTransactions(): Promise<unknown> {
  const { rows } = await server.database.run(sql`SELECT count(*) FROM "pg_stat_activity"
    WHERE "datname" = current_database() AND "state" LIKE 'idle in transaction%'`)
  return rows[0]?.[0]
}

async function waitingForLocks(): Promise<unknown> {
  const { rows } = await server.database.run(sql`SELECT count(*) FROM "pg_stat_activity"
    WHERE "datname" = current_database() AND "wait_event" = 'advisory'`)
  return rows[0]?.[0]
}

test('each line is answered while the body still comes, with no transaction open between them', async () => {
  const client = open()
  write(client, RATE)
  const next = await linesOf(client)
  expect(await next()).toMatchObject({ line: 1, status: 'created' })
  expect(await idleTransactions()).toBe('0')
  for (const line of [2, 3]) {
    write(client, RATE)
    expect(await next()).toMatchObject({ line, status: 'created' })
  }
  client.end()
  expect(await next()).toBeUndefined()
})

test('of a client that goes away what was answered stays, and half a line is nothing', async () => {
  const before = await names()
  const client = open()
  write(client, { ...RATE, name: 'Stays' })
  const next = await linesOf(client)
  await next()
  client.write('{"name": "Goes"')
  client.destroy()
  await expect.poll(() => sockets.size).toBe(0)
  expect(await names()).toEqual([...before, 'Stays'])
  expect(await idleTransactions()).toBe('0')
})

test('a body may take longer than a request, as long as it keeps coming; then the connection is cut', async () => {
  const client = open()
  const started = performance.now()
  write(client, RATE)
  const next = await linesOf(client)
  let answered = 0
  const dripping = setInterval(() => write(client, RATE), TIMEOUT_MS / 10)
  while (performance.now() - started < 3 * TIMEOUT_MS && (await next())?.status === 'created') answered++
  clearInterval(dripping)
  expect(performance.now() - started).toBeGreaterThan(3 * TIMEOUT_MS)
  expect(answered).toBeGreaterThan(5)
  await expect.poll(() => sockets.size).toBe(0)
})

test('a failure before the first result is an error, later one a last line', async () => {
  const early = open()
  write(early, { ...RATE, name: 'Fail' })
  early.end()
  const [response] = (await once(early, 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(503)
  response.resume()

  const late = open()
  write(late, RATE)
  const next = await linesOf(late)
  expect(await next()).toMatchObject({ line: 1, status: 'created' })
  write(late, { ...RATE, name: 'Fail' })
  expect(await next()).toMatchObject({ line: 2, status: 'failed', errors: [{ path: '$' }] })
  expect(await next()).toBeUndefined()
  late.destroy()
})

test('what is stored beside a batch that fails has its results, what comes after is not stored', async () => {
  const holder = new pg.Client(server.url)
  await holder.connect()
  await holder.query('SELECT pg_advisory_lock(1)')
  const before = (await names()).length
  const patient = await startTestServer({}, server)
  await patient.app.listen({ host: '127.0.0.1', port: 0 })
  const client = open(patient)
  write(client, { ...RATE, name: 'Fail' })
  // Earlier lines would be in its batch.
  await expect.poll(waitingForLocks).toBe('1')
  for (let at = 0; at < 1_500; at++) write(client, { ...RATE, name: 'Beside' })
  const answered = linesOf(client)
  await expect.poll(async () => (await names()).length).toBe(before + 1_000)
  await holder.end()
  const next = await answered
  for (let line = 2; line <= 1_001; line++) expect(await next()).toMatchObject({ line, status: 'created' })
  expect(await next()).toMatchObject({ line: 1, status: 'failed' })
  expect(await next()).toBeUndefined()
  expect(await names()).toHaveLength(before + 1_000)
  client.destroy()
  await patient.close()
})

test('a client that does not read is not read from for ever, and gets all results once it does', async () => {
  const count = 12_000
  // Refused with the name in the message: results are longer than the body.
  const line = `{"${'x'.repeat(3_000)}":1}\n`
  const patient = await startTestServer({}, server)
  const connected = once(patient.app.server, 'connection') as Promise<[Socket]>
  await patient.app.listen({ host: '127.0.0.1', port: 0 })
  const client = open(patient)
  const answered = once(client, 'response') as Promise<[IncomingMessage]>
  for (let at = 0; at < count; at++) client.write(line)
  client.end()
  const [response] = await answered
  const [socket] = await connected
  let last = -1
  await expect
    .poll(
      () => {
        const before = last
        last = socket.bytesRead
        return last === before
      },
      { interval: 150 }
    )
    .toBe(true)
  expect(last).toBeLessThan(count * line.length)
  let results = 0
  for await (const result of createInterface({ input: response })) {
    results++
    expect(result.startsWith(`{"line":${results},"errors":[{"path":"$","message":"has xxx`)).toBe(true)
  }
  expect(results).toBe(count)
  await patient.close()
})
