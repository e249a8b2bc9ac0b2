import { readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { afterEach, expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { migrate } from '../../src/db/migrations.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type PlainDatabase, withDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { ask, expectSound, fill, open, post, untilRunEnds } from './run-world.ts'
import { cleanUp, dataFolder, letIn, postgresPid, startServer, statusOf, until } from './server-process.ts'

const END_LIMIT_MS = 240_000
const ACCOUNTS = 400
const RESTARTS = 4
/** One for the server, one that listens for jobs, and one of those that take them. */
const SCARCE = 3

afterEach(cleanUp)

it('runs and requests go on by themselves after fast restarts of Postgres, and a stop ends with 0', async () => {
  const directory = dataFolder()
  const { url } = await startEmbeddedPostgres({ directory, durable: false })
  await migrate(url)
  await letIn(url)
  const server = await startServer({ DATABASE_URL: url, BILL_RUN_CHUNK_ACCOUNTS: '4', LOG_LEVEL: 'silent' })
  const database = open(url)
  const cycleId = await fill(server.root, database, ACCOUNTS)
  await post(server.root, '/billing/v1/billRun', { billCycle: { id: cycleId }, billState: 'sent' })
  for (let restart = 1; restart <= RESTARTS; restart++) {
    await untilBilled(database, Math.floor((restart * ACCOUNTS) / (RESTARTS + 2)))
    await demand(server.root)
    process.kill(Number(postgresPid(directory)), 'SIGINT')
    await until('Postgres ends', () => postgresPid(directory) === undefined)
    await startEmbeddedPostgres({ directory, durable: false })
    await until('it is ready', async () => (await statusOf(`${server.root}/health/ready`)) === 200)
  }
  await demand(server.root)
  expect(await untilRunEnds(database, END_LIMIT_MS)).toBe('done')
  await expectSound(database, server.root, ACCOUNTS)
  await untilAnswered(url, RESTARTS + 1)
  expect(await server.stop()).toMatchObject({ code: 0 })
  await database.close()
})

it('a server that starts while connections are scarce works off its jobs once there are more', async () => {
  const directory = dataFolder()
  const { url: ownerUrl } = await startEmbeddedPostgres({ directory, durable: false })
  const owner = new pg.Client(ownerUrl)
  // It is still connected when its Postgres ends.
  owner.on('error', () => undefined)
  await owner.connect()
  await owner.query(`CREATE ROLE app LOGIN PASSWORD 'app'`)
  await owner.query('CREATE DATABASE app OWNER app')
  const url = new URL(withDatabase(ownerUrl, 'app'))
  Object.assign(url, { username: 'app', password: 'app' })
  await migrate(url.href)
  await letIn(url.href)
  await owner.query(`ALTER ROLE app CONNECTION LIMIT ${SCARCE}`)
  const server = await startServer({ DATABASE_URL: url.href, LOG_LEVEL: 'silent' })
  await until('the jobs have what there is', async () => {
    const { rows } = await owner.query(`SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = 'app'`)
    return rows[0].count === SCARCE
  })
  await owner.query('ALTER ROLE app CONNECTION LIMIT -1')
  await demand(server.root)
  await untilAnswered(url.href, 1)
  expect(await server.stop()).toMatchObject({ code: 0 })
  await owner.end()
})

it('a stop ends with 0 although a job waits for a lock, and another process does the job', async () => {
  const store = await createTestDatabase()
  const env = { DATABASE_URL: store.url, SHUTDOWN_TIMEOUT_MS: '5000', LOG_LEVEL: 'silent' }
  const server = await startServer(env)
  const accounts = 50
  const cycleId = await fill(server.root, store.database, accounts)
  const owner = new pg.Client(store.url)
  await owner.connect()
  await owner.query('BEGIN')
  await owner.query('LOCK TABLE customer_bill IN SHARE MODE')
  await post(server.root, '/billing/v1/billRun', { billCycle: { id: cycleId }, billState: 'sent' })
  await until('the run waits for the lock', async () => {
    const { rowCount } = await store.database.run(sql`SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`)
    return rowCount > 0
  })
  const exit = await server.stop()
  expect(exit).toMatchObject({ code: 0 })
  expect(exit.ms).toBeLessThan(5_000)
  await owner.query('COMMIT')
  await owner.end()
  const other = await startServer(env)
  expect(await untilRunEnds(store.database, END_LIMIT_MS)).toBe('done')
  await expectSound(store.database, other.root, accounts)
  expect(await other.stop()).toMatchObject({ code: 0 })
  await store.drop()
})

it('a process has no more connections than docs/deployment.md counts, under whatever load', async () => {
  const guide = readFileSync(path.resolve(import.meta.dirname, '../../docs/deployment.md'), 'utf8')
  const [, ofJobs] = /`DATABASE_POOL_SIZE` and (\d+) for its jobs/.exec(guide) ?? []
  const store = await createTestDatabase()
  const server = await startServer({ DATABASE_URL: store.url, DATABASE_POOL_SIZE: '5', LOG_LEVEL: 'silent' })
  let [most, mostOfJobs] = [0, 0]
  const count = async () => {
    const { rows } = await store.database.run(sql`SELECT count(*),
        count(*) FILTER (WHERE application_name = 'tmf678-server jobs') FROM pg_stat_activity
      WHERE datname = current_database() AND starts_with(application_name, 'tmf678-server')`)
    most = Math.max(most, Number(rows[0]?.[0]))
    mostOfJobs = Math.max(mostOfJobs, Number(rows[0]?.[1]))
  }
  const asking = Array.from({ length: 20 }, async () => {
    for (let turn = 0; turn < 10; turn++) await demand(server.root).then(count)
  })
  await Promise.all(asking)
  await untilAnswered(store.url, 200)
  await count()
  expect(mostOfJobs).toBe(Number(ofJobs))
  // Fair shares decide how much of its pool one tenant's requests get.
  expect(most).toBeGreaterThan(mostOfJobs)
  expect(most).toBeLessThanOrEqual(5 + mostOfJobs)
  expect(await server.stop()).toMatchObject({ code: 0 })
  await store.drop()
})

/** Requests a bill of an unknown account: a job rejects it. */
async function demand(root: string): Promise<void> {
  await until('a request is taken', () =>
    post(root, `${BASE}/customerBillOnDemand`, { billingAccount: { id: 'nobody' } }).then(
      () => true,
      () => false
    )
  )
}

/** Waits for bills, or for an early end of the run. */
async function untilBilled(database: PlainDatabase, bills: number): Promise<void> {
  const isReached = sql`SELECT (SELECT count(*) FROM "customer_bill") >= ${bills}::bigint
    OR EXISTS (SELECT FROM "bill_run" WHERE "state" NOT IN ('queued', 'running'))`
  await until('there are bills', async () => (await ask(database, isReached)) === 't')
}

async function untilAnswered(url: string, atLeast: number): Promise<void> {
  const database = open(url)
  const isOver = sql`SELECT count(*) FILTER (WHERE "state" <> 'inProgress') >= ${atLeast}::int
    AND count(*) FILTER (WHERE "state" = 'inProgress') = 0 FROM "customer_bill_on_demand"`
  await until('the requests are answered', async () => (await ask(database, isOver)) === 't', END_LIMIT_MS)
  await database.close()
}
