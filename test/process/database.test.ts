import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../src/db/migrations.ts'
import { parsed } from '../support/answer.ts'
import { withDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { CREDENTIAL, cleanUp, letIn, type ServerProcess, startServer, statusOf, until } from './server-process.ts'

const POSTGRES = String(process.env.TEST_DATABASE_URL)

let admin: pg.Client
let url: string
beforeEach(async () => {
  admin = new pg.Client(POSTGRES)
  await admin.connect()
  const name = `test_${randomBytes(6).toString('hex')}`
  await admin.query(`CREATE DATABASE ${name}`)
  url = withDatabase(POSTGRES, name)
})
afterEach(async () => {
  await cleanUp()
  await admin.query(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`)
  await admin.end()
})

describe('with an empty database of DATABASE_URL', () => {
  it('answers 503 until the migrations are applied, and then serves without a restart', async () => {
    const server = await startServer({ DATABASE_URL: url })
    expect(await statusOf(`${server.root}/health/live`)).toBe(200)
    for (const path of ['/health/ready', `${BASE}/customerBill`, `${BASE}/customerBill/1`]) {
      const response = await fetch(server.root + path, { headers: CREDENTIAL })
      expect(response.status, path).toBe(503)
      expect(response.headers.get('retry-after')).toBe('5')
      const error = parsed(await response.text())
      expect(error).toMatchObject({ '@type': 'Error', status: '503', reason: 'Service unavailable' })
      expect(error).toMatchObject({ message: expect.stringMatching(/pending; run npm run db:migrate$/) })
    }
    expect(await postStatus(server)).toBe(503)

    await migrate(url)
    await letIn(url)
    expect(await statusOf(`${server.root}/health/ready`)).toBe(200)
    expect(await postStatus(server)).toBe(201)
  })

  it('applies the migrations with MIGRATE_ON_START, also when three processes start at once', async () => {
    const env = { DATABASE_URL: url, MIGRATE_ON_START: 'true' }
    const servers = await Promise.all([1, 2, 3].map(() => startServer(env)))
    await letIn(url)
    for (const server of servers) {
      expect(await statusOf(`${server.root}/health/ready`)).toBe(200)
      expect(await postStatus(server)).toBe(201)
    }
  })

  it('adds no demo data and no credentials', async () => {
    const server = await startServer({ DATABASE_URL: url, MIGRATE_ON_START: 'true' })
    expect(await statusOf(`${server.root}${BASE}/customerBill`)).toBe(401)
    await letIn(url)
    for (const path of ['customerBill', 'appliedCustomerBillingRate', 'billCycle', 'billCycleSpecification']) {
      expect(await (await fetch(`${server.root}${BASE}/${path}`, { headers: CREDENTIAL })).json(), path).toEqual([])
    }
  })
})

describe('when Postgres goes away', () => {
  it('answers 503 with Retry-After, and serves again by itself once it is back', async () => {
    await migrate(url)
    await letIn(url)
    const proxy = await openProxy(url)
    const server = await startServer({ DATABASE_URL: proxy.url, LOG_LEVEL: 'silent' })
    expect(await postStatus(server)).toBe(201)

    await proxy.cut()
    for (const path of ['/health/ready', `${BASE}/customerBill`]) {
      const response = await fetch(server.root + path, { headers: CREDENTIAL })
      expect(response.status, path).toBe(503)
      expect(response.headers.get('retry-after')).toBe('5')
      expect(await response.json()).toMatchObject({ '@type': 'Error', status: '503' })
    }
    expect(await postStatus(server)).toBe(503)
    expect(await statusOf(`${server.root}/health/live`)).toBe(200)

    await proxy.restore()
    await until('it is ready', async () => (await statusOf(`${server.root}/health/ready`)) === 200)
    expect(await postStatus(server)).toBe(201)
    expect(await server.stop()).toMatchObject({ code: 0 })
    await proxy.cut()
  })

  it('survives that its connections are terminated amid requests', async () => {
    await migrate(url)
    await letIn(url)
    const server = await startServer({ DATABASE_URL: url, LOG_LEVEL: 'silent' })
    const statuses = new Set<number>()
    for (let round = 0; round < 20; round++) {
      const requests = Array.from({ length: 10 }, () => postStatus(server))
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = $1 AND application_name = 'tmf678-server'`,
        [new URL(url).pathname.slice(1)]
      )
      for (const status of await Promise.all(requests)) statuses.add(status)
    }
    expect([...statuses].filter((status) => ![201, 503].includes(status))).toEqual([])
    await until('it serves', async () => (await postStatus(server)) === 201)
    expect(server.child.exitCode).toBeNull()
  })

  it('ends with 0 on SIGTERM also while it is away', async () => {
    await migrate(url)
    await letIn(url)
    const proxy = await openProxy(url)
    const server = await startServer({ DATABASE_URL: proxy.url, LOG_LEVEL: 'silent' })
    await proxy.cut()
    expect(await statusOf(`${server.root}${BASE}/customerBill`)).toBe(503)
    expect(await server.stop()).toMatchObject({ code: 0 })
  })
})

async function postStatus(server: ServerProcess): Promise<number> {
  const response = await fetch(`${server.root}${BASE}/customerBillOnDemand`, {
    method: 'POST',
    headers: { ...CREDENTIAL, 'Content-Type': 'application/json' },
    body: JSON.stringify({ billingAccount: { id: 'A0815' } })
  })
  await response.arrayBuffer()
  return response.status
}

/** A proxy to Postgres that can be cut and restored. */
async function openProxy(target: string) {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    client.pipe(server).pipe(client)
  })
  const listen = async (at: number) => {
    proxy.listen(at, '127.0.0.1')
    await once(proxy, 'listening')
    return (proxy.address() as { port: number }).port
  }
  const own = await listen(0)
  const through = new URL(target)
  through.host = `127.0.0.1:${own}`
  return {
    url: through.href,
    cut: async () => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
    restore: () => listen(own)
  }
}
