import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectClient, jobSettings } from '../../src/db/connection.ts'
import { migrate } from '../../src/db/migrations.ts'
import { parsed } from '../support/answer.ts'
import { withDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { hasPooler, startPooler, stopPoolers } from './pooler.ts'
import { CREDENTIAL, cleanUp, failedStart, letIn, type ServerProcess, startServer, until } from './server-process.ts'

const POSTGRES = String(process.env.TEST_DATABASE_URL)
/** Fewer sessions than connections to the pooler, so that each serves many. */
const FEW = { pool_mode: 'transaction', default_pool_size: '3', max_client_conn: '100' }

let admin: pg.Client
let url: string
let name: string
beforeEach(async () => {
  admin = new pg.Client(POSTGRES)
  await admin.connect()
  name = `test_${randomBytes(6).toString('hex')}`
  await admin.query(`CREATE DATABASE ${name}`)
  url = withDatabase(POSTGRES, name)
})
afterEach(async () => {
  await cleanUp()
  await stopPoolers()
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
  await admin.end()
})

describe.skipIf(!hasPooler)('behind a pooler that keeps no sessions', () => {
  it.each([
    ['refuses settings at the start of a connection', FEW],
    ['takes no notice of them', { ...FEW, ignore_startup_parameters: 'options' }]
  ])('that %s, everything works and means the same', async (_, settings) => {
    for (const [setting, value] of Object.entries(HOSTILE)) {
      await admin.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`)
    }
    await migrate(url)
    await letIn(url)
    const pooler = await startPooler(url, settings)
    const env = { DATABASE_URL: pooler.url, DATABASE_DIRECT_URL: url }
    const servers = await Promise.all([startServer(env), startServer(env)])
    const posted = await Promise.all(Array.from({ length: 30 }, (_unused, at) => postBill(servers, at)))
    expect(new Set(posted)).toEqual(new Set([201]))
    for (const path of READS) {
      const answers = await Promise.all(Array.from({ length: 40 }, (_unused, at) => get(servers, at, path)))
      expect([...new Set(answers.map(({ status }) => status))], path).toEqual([200])
      for (const { dates } of answers) expect(new Set(dates)).toEqual(new Set(['2025-10-19T00:00:00.000Z']))
    }
    await askForBill(servers[0] as ServerProcess)
    for (const server of servers) {
      expect((await fetch(`${server.root}/health/ready`)).status).toBe(200)
      expect(await server.stop()).toMatchObject({ code: 0 })
    }
    const left = await admin.query(
      `SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND d.datname = $1`,
      [name]
    )
    expect(left.rowCount).toBe(0)
  })

  it('jobs and migrations say that they need a session of their own', async () => {
    const pooler = await startPooler(url, FEW)
    const message = 'The URL of the database leads to a pooler; migrations and jobs need one that leads to Postgres'
    await expect(migrate(pooler.url)).rejects.toThrow(message)
    await expect(connectClient(jobSettings(pooler.url))).rejects.toThrow(message)
    await migrate(url)
    expect(await failedStart({ DATABASE_URL: pooler.url })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(`^tmf678-server: ${message}[^\\n]*DATABASE_DIRECT_URL\\n$`)
    })
  })
})

const HOSTILE = {
  timezone: 'America/New_York',
  datestyle: 'German',
  default_transaction_isolation: 'serializable',
  lock_timeout: '1ms',
  search_path: 'pg_catalog'
}
const READS = [
  'customerBill?limit=50',
  'customerBill?category=normal&limit=50',
  'customerBill?billDate=2025-10-19T00:00:00Z&limit=50',
  'customerBill?billDate.gte=2025-10-19&sort=billDate&limit=50'
]

async function postBill(servers: readonly ServerProcess[], at: number): Promise<number> {
  const account = { id: 'A1', '@referredType': 'BillingAccount' }
  const dated = { billNo: `B-${at}`, category: 'normal', billDate: '2025-10-19T00:00:00Z' }
  const body = { ...dated, state: 'new', billingAccount: account, billDocument: [] }
  return (await post(servers[at % servers.length] as ServerProcess, 'customerBill', body)).status
}

function post(server: ServerProcess, path: string, body: object): Promise<Response> {
  const headers = { ...CREDENTIAL, 'Content-Type': 'application/json' }
  return fetch(`${server.root}${BASE}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function get(servers: readonly ServerProcess[], at: number, path: string) {
  const { root } = servers[at % servers.length] as ServerProcess
  const response = await fetch(`${root}${BASE}/${path}`, { headers: CREDENTIAL })
  const bills = parsed(await response.text())
  return { status: response.status, dates: bills.map(({ billDate }) => billDate) }
}

/** Shows that jobs work on their own connection: the request is rejected. */
async function askForBill(server: ServerProcess): Promise<void> {
  const asked = await post(server, 'customerBillOnDemand', { billingAccount: { id: 'A0815' } })
  const { id } = parsed(await asked.text())
  await until('the request is answered', async () => {
    const response = await fetch(`${server.root}${BASE}/customerBillOnDemand/${id}`, { headers: CREDENTIAL })
    return parsed(await response.text()).state === 'rejected'
  })
}
