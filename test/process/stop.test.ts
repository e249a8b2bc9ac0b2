import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { BODY, load } from './load.ts'
import { cleanUp, dataFolder, postgresPid, type ServerProcess, startServer, statusOf, until } from './server-process.ts'

const LIMIT_MS = 5_000
/** A response of some megabytes does not fit into the buffers of a connection. */
const LARGE_BILLS = 300
const LARGE_NAME = 'x'.repeat(10_000)

let store: TestDatabase
beforeEach(async () => {
  store = await createTestDatabase()
})
afterEach(async () => {
  await cleanUp()
  await store.drop()
})

function start(): Promise<ServerProcess> {
  return startServer({ DATABASE_URL: store.url, SHUTDOWN_TIMEOUT_MS: String(LIMIT_MS) })
}

describe('SIGTERM', () => {
  it('drops no request under load and ends with 0 in time', async () => {
    const server = await start()
    await fill()
    const loads = [
      load(server.root, { clients: 20, keepAlive: true }),
      load(server.root, { clients: 20, keepAlive: true, pauseMs: 20 }),
      load(server.root, { clients: 5, keepAlive: false }),
      load(server.root, { clients: 2, keepAlive: true, readDelayMs: 200 })
    ]
    await until('the load has effect', async () => (await countOnDemand()) > 50)
    const exit = await server.stop()
    const tallies = await Promise.all(loads)
    console.log(tallies, exit)
    expect(tallies.flatMap(({ dropped }) => dropped)).toEqual([])
    expect(exit).toMatchObject({ code: 0, signal: null })
    expect(exit.ms).toBeLessThan(LIMIT_MS)
    expect(await countOnDemand()).toBe(tallies.reduce((sum, { created }) => sum + created, 0))
    expect(server.stderr()).toBe('')
  })
})

async function countOnDemand(): Promise<number> {
  const client = new pg.Client(store.url)
  await client.connect()
  const { rows } = await client.query('SELECT count(*)::int AS n FROM customer_bill_on_demand')
  await client.end()
  return rows[0].n
}

async function fill(): Promise<void> {
  const client = new pg.Client(store.url)
  await client.connect()
  const { rows } = await client.query(`SELECT column_name, is_nullable, column_default, data_type FROM information_schema.columns WHERE table_name='customer_bill'`)
  console.log(rows.filter((r) => r.is_nullable === 'NO'))
  await client.end()
}
