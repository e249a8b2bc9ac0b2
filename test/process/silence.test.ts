import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parsed } from '../support/answer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { fill, open, post } from './run-world.ts'
import { CREDENTIAL, cleanUp, type ServerProcess, startServer, statusOf, until } from './server-process.ts'

/** The defaults; other tests are more patient. */
const LIMITS = {
  DATABASE_STATEMENT_TIMEOUT_MS: '10000',
  DATABASE_CONNECT_TIMEOUT_MS: '5000',
  SHUTDOWN_TIMEOUT_MS: '10000',
  LOG_LEVEL: 'silent'
}
/** Time until a new connection is served again, twice as long for a busy machine. */
const RECOVERY_LIMIT_MS = 30_000

let store: TestDatabase
beforeEach(async () => {
  store = await createTestDatabase()
})
afterEach(async () => {
  await cleanUp()
  await store.drop()
})

describe('when the connections to Postgres fall silent', () => {
  it('new ones take their place, and jobs go on', async () => {
    const wire = await openWire(store.url)
    const server = await startServer({ DATABASE_URL: wire.url, ...LIMITS })
    const database = open(store.url)
    await fill(server.root, database, 20)
    const read = () => statusOf(`${server.root}${BASE}/customerBill`)
    expect(await Promise.all(Array.from({ length: 20 }, read))).toEqual(Array.from({ length: 20 }, () => 200))

    wire.silence()
    const answers = Promise.all(Array.from({ length: 20 }, read))
    expect(await statusOf(`${server.root}/health/live`)).toBe(200)
    await until('reads are served', async () => (await read()) === 200, RECOVERY_LIMIT_MS)
    expect(await statusOf(`${server.root}/health/ready`)).toBe(200)
    expect(new Set(await answers).difference(new Set([200, 503]))).toEqual(new Set())
    await untilBilled(server, 'A0000001')
    expect(await server.stop()).toMatchObject({ code: 0 })
    await database.close()
    await wire.close()
  })

  it('and new ones too, a stop ends with 0', async () => {
    const wire = await openWire(store.url)
    const server = await startServer({ DATABASE_URL: wire.url, ...LIMITS })
    const read = () => statusOf(`${server.root}${BASE}/customerBill`)
    expect(await read()).toBe(200)
    wire.silence({ forGood: true })
    const answers = Promise.all(Array.from({ length: 20 }, read))
    await until('requests wait', () => wire.swallowed() > 0)
    expect(await server.stop()).toMatchObject({ code: 0 })
    expect(new Set(await answers).difference(new Set([0, 503]))).toEqual(new Set())
    await wire.close()
  })
})

describe('a process that hangs within a transaction', () => {
  it('holds bill numbers for seconds only', async () => {
    const hung = await startServer({ DATABASE_URL: store.url, ...LIMITS })
    const database = open(store.url)
    await fill(hung.root, database, 12)
    const holder = new pg.Client(store.url)
    await holder.connect()
    // It holds the number series and waits for the ledger when it is made to hang.
    await holder.query('BEGIN; LOCK TABLE "ledger_entry" IN ACCESS EXCLUSIVE MODE')
    await post(hung.root, `${BASE}/customerBillOnDemand`, { billingAccount: { id: 'A0000001' } })
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    await until('it waits for the lock', async () => (await holder.query(waiting)).rowCount)
    hung.child.kill('SIGSTOP')
    const other = await startServer({ DATABASE_URL: store.url, ...LIMITS })
    await holder.query('COMMIT')
    await untilBilled(other, 'A0000002', RECOVERY_LIMIT_MS)
    await holder.end()
    await database.close()
  })
})

/** Posts a request for a bill and waits for the bill. */
async function untilBilled({ root }: ServerProcess, accountId: string, limitMs?: number): Promise<void> {
  const { id } = await post(root, `${BASE}/customerBillOnDemand`, { billingAccount: { id: accountId } })
  const isDone = async () => {
    const response = await fetch(`${root}${BASE}/customerBillOnDemand/${id}`, { headers: CREDENTIAL })
    return parsed(await response.text()).state === 'done'
  }
  await until('there is a bill', isDone, limitMs)
}

/** A proxy to Postgres whose connections can fall silent while they take everything. */
async function openWire(target: string) {
  const { hostname, port } = new URL(target)
  const pairs = new Set<readonly [Socket, Socket]>()
  let [isDead, swallowed] = [false, 0]
  const mute = ([near, far]: readonly [Socket, Socket]) => {
    for (const socket of [near, far]) socket.unpipe().removeAllListeners('data')
    near.on('data', ({ length }: Buffer) => {
      swallowed += length
    })
    far.resume()
  }
  const proxy = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect(Number(port), hostname)
    const pair = [near, far] as const
    pairs.add(pair)
    for (const socket of pair) socket.on('error', () => undefined)
    if (isDead) mute(pair)
    else near.pipe(far).pipe(near)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const through = new URL(target)
  through.host = `127.0.0.1:${(proxy.address() as { port: number }).port}`
  return {
    url: through.href,
    swallowed: () => swallowed,
    silence: ({ forGood = false } = {}) => {
      isDead = forGood
      for (const pair of pairs) mute(pair)
    },
    close: async () => {
      for (const pair of pairs) for (const socket of pair) socket.destroy()
      proxy.close()
      await once(proxy, 'close')
    }
  }
}
