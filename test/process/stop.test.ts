import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { load } from './load.ts'
import {
  CREDENTIAL,
  cleanUp,
  dataFolder,
  postgresPid,
  runServer,
  type ServerProcess,
  startServer,
  statusOf,
  until
} from './server-process.ts'

/** A limit that the stop reaches first, which is exit code 1. */
const NEVER_MS = '600000'
/** Ten megabytes in one list: more than the buffers of an unread connection. */
const LARGE = { rows: 1_000, text: 'x'.repeat(10_000) }

let store: TestDatabase
let client: pg.Client
beforeEach(async () => {
  store = await createTestDatabase()
  client = new pg.Client(store.url)
  await client.connect()
})
afterEach(async () => {
  await cleanUp()
  await client.end()
  await store.drop()
})

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('drops no request under load and ends with 0 in time', async () => {
    const server = await start()
    const loads = [
      load(server.root, { clients: 20, keepAlive: true }),
      load(server.root, { clients: 20, keepAlive: true, pauseMs: 20 }),
      load(server.root, { clients: 5, keepAlive: false })
    ]
    await until('the load has its effect', async () => (await countRows()) > 50)
    const exit = await server.stop(signal)
    const tallies = await Promise.all(loads)
    expect(tallies.flatMap(({ dropped }) => dropped)).toEqual([])
    expect(tallies.flatMap(({ failures }) => failures)).toEqual([])
    expect(exit).toMatchObject({ code: 0, signal: null })
    expect(await countRows()).toBe(tallies.reduce((sum, { created }) => sum + created, 0))
    expect(server.stderr()).toBe('')
  })

  it('stops the embedded Postgres', async () => {
    const folder = dataFolder()
    const server = await startServer({ DATA_DIR: folder })
    expect(postgresPid(folder)).toBeDefined()
    expect(await server.stop(signal)).toMatchObject({ code: 0 })
    expect(postgresPid(folder)).toBeUndefined()
  })
})

describe('a stop', () => {
  it('waits for a write that waits for a lock and for a client that reads slowly', async () => {
    const server = await start()
    const id = await fill(server)
    const read = await slowResponse(`${server.root}${BASE}/customerBillOnDemand?limit=${LARGE.rows}`)
    const { answer } = await lockedPatch(server, id)

    const exit = server.stop()
    await until('the port is closed', async () => (await statusOf(`${server.root}/health/live`)) === 0)
    expect(server.child.exitCode).toBeNull()
    await client.query('COMMIT')
    expect((await answer).status).toBe(200)
    const body = await buffer(read)
    expect(read.complete).toBe(true)
    expect(JSON.parse(body.toString())).toHaveLength(LARGE.rows)
    expect(await exit).toMatchObject({ code: 0 })
  })

  it('does not wait for connections that send nothing', async () => {
    const server = await start({ KEEP_ALIVE_TIMEOUT_MS: NEVER_MS, REQUEST_TIMEOUT_MS: NEVER_MS })
    const { port } = new URL(server.root)
    const silent = Array.from({ length: 10 }, () => connect(Number(port), '127.0.0.1'))
    await Promise.all(silent.map((socket) => once(socket, 'connect')))
    const agent = new Agent({ keepAlive: true })
    const [idle] = (await once(get(`${server.root}/health/live`, { agent }), 'response')) as [IncomingMessage]
    await buffer(idle)
    expect(await server.stop()).toMatchObject({ code: 0 })
    agent.destroy()
  })

  it('ends a stream of events, which would never end by itself', async () => {
    const server = await start()
    const headers = { ...CREDENTIAL, accept: 'text/event-stream' }
    const [stream] = (await once(get(`${server.root}${BASE}/events`, { headers }), 'response')) as [IncomingMessage]
    const body = buffer(stream)
    expect(await server.stop()).toMatchObject({ code: 0 })
    expect((await body).toString()).toBe('retry: 2000\n\n')
    expect(stream.complete).toBe(true)
  })

  it('that is asked for twice at the same moment, as Ctrl-C under npm does, is one', async () => {
    const server = await start()
    // Stopped, it finds both at the same moment on any machine.
    server.child.kill('SIGSTOP')
    server.child.kill('SIGINT')
    const exit = server.stop('SIGTERM')
    server.child.kill('SIGCONT')
    expect(await exit).toMatchObject({ code: 0 })
    expect(server.stderr()).toBe('')
  })

  it('comes at once with a second signal', async () => {
    const server = await start()
    await lockedPatch(server, await fill(server))
    const exit = server.stop()
    // Signals of the same moment count as one.
    await until('it ends', () => server.child.exitCode !== null || !server.child.kill('SIGTERM'))
    expect(await exit).toMatchObject({ code: 1 })
    expect(server.stderr()).toBe('tmf678-server: A second signal ended the server at once\n')
  })

  it('gives up after SHUTDOWN_TIMEOUT_MS with exit code 1', async () => {
    const server = await start({ SHUTDOWN_TIMEOUT_MS: '1000' })
    await fill(server)
    // Nobody reads its response.
    await slowResponse(`${server.root}${BASE}/customerBillOnDemand?limit=${LARGE.rows}`)
    const exit = await server.stop()
    expect(exit).toMatchObject({ code: 1 })
    expect(exit.ms).toBeGreaterThanOrEqual(1_000)
    expect(server.stderr()).toBe('tmf678-server: The server did not stop within 1000 ms\n')
  })

  it('answers 503 to a request that waits for the database too long, and ends with 0', async () => {
    const server = await start({ SHUTDOWN_TIMEOUT_MS: '3000' })
    const { answer } = await lockedPatch(server, await fill(server))
    const exit = server.stop()
    expect((await answer).status).toBe(503)
    expect(await exit).toMatchObject({ code: 0 })
  })

  it('while the server still starts ends with 0 too', async () => {
    await client.query('SELECT pg_advisory_lock(678004)')
    const server = runServer({ DATABASE_URL: store.url, MIGRATE_ON_START: 'true' })
    await until('the server waits to migrate', () => isWaiting('tmf678 migration'))
    const exit = server.stop()
    await client.query('SELECT pg_advisory_unlock(678004)')
    expect(await exit).toMatchObject({ code: 0 })
  })
})

function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  return startServer({ DATABASE_URL: store.url, ...env })
}

async function countRows(): Promise<number> {
  const { rows } = await client.query('SELECT count(*)::int AS count FROM customer_bill_on_demand')
  return rows[0].count
}

/** Posts one request for a bill and copies it in the database. Returns its id. */
async function fill(server: ServerProcess): Promise<string> {
  const response = await fetch(`${server.root}${BASE}/customerBillOnDemand`, {
    method: 'POST',
    headers: { ...CREDENTIAL, 'Content-Type': 'application/json' },
    body: JSON.stringify({ billingAccount: { id: 'A0815' } })
  })
  expect(response.status).toBe(201)
  const { id } = parsed(await response.text())
  await client.query(
    `INSERT INTO customer_bill_on_demand SELECT copy.* FROM customer_bill_on_demand AS original,
       generate_series(2, ${LARGE.rows}) AS number,
       jsonb_populate_record(original, jsonb_build_object('id', 'copy' || number, 'description', $1::text)) AS copy`,
    [LARGE.text]
  )
  return id
}

/** A response of which only the head is read. */
async function slowResponse(url: string): Promise<IncomingMessage> {
  const [response] = await once(get(url, { headers: CREDENTIAL }), 'response')
  return response
}

/** A PATCH that waits for a lock until COMMIT. */
async function lockedPatch(server: ServerProcess, id: string): Promise<{ answer: Promise<Response> }> {
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM customer_bill_on_demand WHERE id = $1 FOR UPDATE', [id])
  const answer = fetch(`${server.root}${BASE}/customerBillOnDemand/${id}`, {
    method: 'PATCH',
    headers: { ...CREDENTIAL, 'Content-Type': 'application/merge-patch+json' },
    body: JSON.stringify({ description: 'short' })
  })
  answer.catch(() => undefined)
  await until('the write waits', () => isWaiting('tmf678-server'))
  return { answer }
}

async function isWaiting(application: string): Promise<boolean> {
  // On another connection: a transaction keeps its view of the others.
  const { rowCount } = await store.database.run(
    sql`SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = ${application} AND wait_event_type = 'Lock'`
  )
  return rowCount > 0
}
