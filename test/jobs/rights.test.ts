import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { addJob } from '../../src/jobs/queue.ts'
import { supervise } from '../../src/jobs/supervisor.ts'
import { rateLimited } from '../../src/jobs/warnings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const ROLE = `writer_${randomBytes(6).toString('hex')}`
const TASK = 'testTask'

let store: TestDatabase
let owner: pg.Client
beforeAll(async () => {
  store = await createTestDatabase()
  owner = new pg.Client(store.url)
  await owner.connect()
  await owner.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'writer';
    GRANT USAGE ON SCHEMA public, graphile_worker TO ${ROLE};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, graphile_worker TO ${ROLE};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA graphile_worker TO ${ROLE}`)
})
afterAll(async () => {
  await owner.query(`DROP OWNED BY ${ROLE}; DROP ROLE ${ROLE}`)
  await owner.end()
  await store.drop()
})

test('a role that owns no tables has jobs only when it bypasses row level security', async () => {
  const refused = open()
  await expect(ask(refused)).rejects.toThrow('row-level security')
  await refused.close()
  await owner.query(`ALTER ROLE ${ROLE} BYPASSRLS`)
  const database = open()
  const done: string[] = []
  const tasks = new Map([[TASK, async () => void done.push(TASK)]])
  const jobs = supervise(urlOf(ROLE), database, [{ name: 'tests', tasks }], rateLimited({ warn: () => undefined }))
  await ask(database)
  await until('the job is done', () => done.length)
  await jobs.stop(10_000)
  await database.close()
})

const ask = (database: Database) => database.transaction((tx) => addJob(tx, { task: TASK, payload: {}, key: 'test' }))

function urlOf(username: string): string {
  return Object.assign(new URL(store.url), { username, password: 'writer' }).href
}

function open(): Database {
  const limits = { poolSize: 2, connectTimeoutMs: 120_000, statementTimeoutMs: 120_000, applicationName: ROLE }
  return openDatabase({ url: urlOf(ROLE), ...limits }, () => undefined)
}
