import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { holding } from '../billing/world.ts'
import { createTestDatabase, KEYS, OTHER_TENANT, type TestDatabase } from '../support/database.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'

/** Three slots, of which a tenant gets two, one of them for a write. */
const FEW = { DATABASE_POOL_SIZE: '5' }
const OTHER = { token: KEYS[OTHER_TENANT] }
const BILLS = 'LOCK TABLE "customer_bill" IN ACCESS EXCLUSIVE MODE'

let store: TestDatabase
let server: TestServer
const closing: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  store = await createTestDatabase()
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await store.drop()
})

async function start(env: Record<string, string> = {}): Promise<void> {
  server = await startTestServer({ ...FEW, ...env }, store)
  closing.push(() => server.close())
}

/** Blocks requests for bills until the returned function is called. */
async function holdBills(): Promise<() => Promise<void>> {
  const { release } = await holding(server, BILLS)
  return release
}

/** Sends requests for bills and waits until some wait for the lock. */
async function sendHeld(count: number, send: () => Promise<Reply>): Promise<readonly Promise<Reply>[]> {
  const sent = Array.from({ length: count }, send)
  await expect.poll(heldCount).toBeGreaterThan(0)
  return sent
}

async function heldCount(): Promise<number> {
  const { rowCount } = await store.database.run(sql`SELECT FROM pg_stat_activity
    WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`)
  return rowCount
}

const readBills = () => server.call('GET', 'customerBill?limit=1')
const cycle = JSON.stringify({ name: 'monthly' })

describe('while the requests of one tenant hang', () => {
  test('those of another are answered, reads and writes alike', async () => {
    await start()
    const release = await holdBills()
    const bill = { state: 'new', billingAccount: { id: 'A' } }
    const reads = await sendHeld(20, readBills)
    const writes = Array.from({ length: 20 }, () => server.call('POST', 'customerBill', bill))
    for (let round = 0; round < 10; round++) {
      expect((await server.call('GET', 'billCycle', undefined, OTHER)).status).toBe(200)
      const created = await server.call('POST', 'billCycleSpecification', cycle, OTHER)
      expect(created.status, created.text).toBe(201)
    }
    expect(await heldCount()).toBeLessThanOrEqual(2)
    await release()
    const replies = await Promise.all([...reads, ...writes])
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 201]))
  })

  test('a tenant whose writes hang still reads', async () => {
    await start({ DATABASE_POOL_SIZE: '8' })
    await server.call('POST', 'billCycleSpecification', cycle)
    const { release } = await holding(server, 'LOCK TABLE "bill_cycle_specification" IN EXCLUSIVE MODE')
    const writes = await sendHeld(20, () => server.call('POST', 'billCycleSpecification', cycle))
    expect((await server.call('GET', 'billCycleSpecification')).body).toHaveLength(1)
    await release()
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(Array(20).fill(201))
  })
})

describe('who asks too much', () => {
  test('is answered 429 with Retry-After when too many of its requests wait', async () => {
    await start()
    const release = await holdBills()
    const sent = await sendHeld(200, readBills)
    // Those beyond the queue are refused at once, while all others still wait.
    const refused = await Promise.race(sent)
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    expect(refused.body).toMatchObject({ code: '53', reason: 'Too many requests', '@type': 'Error' })
    expect((await server.call('GET', 'billCycle', undefined, OTHER)).status).toBe(200)
    await release()
    const statuses = Object.groupBy(await Promise.all(sent), ({ status }) => status)
    expect(statuses[200]?.length).toBe(130)
    expect(statuses[429]?.length).toBe(70)
  })

  test('is answered 503 with Retry-After when its turn does not come in time', async () => {
    await start({ QUEUE_TIMEOUT_MS: '100' })
    const release = await holdBills()
    const sent = await sendHeld(5, readBills)
    const late = await Promise.race(sent)
    expect(late).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(late.body).toMatchObject({ message: 'The server is busy with other requests; try again later' })
    await release()
    const statuses = (await Promise.all(sent)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 200, 503, 503, 503])
  })
})
