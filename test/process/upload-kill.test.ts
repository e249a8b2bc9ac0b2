import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type PlainDatabase } from '../support/database.ts'
import { linesOf } from '../upload/file-world.ts'
import { row } from '../upload/upload-world.ts'
import { ask, open } from './run-world.ts'
import { CREDENTIAL, cleanUp, startServer, until } from './server-process.ts'

const ROWS = 8_000
const LIMIT_MS = 600_000
const LINES = { ...CREDENTIAL, 'content-type': 'application/x-ndjson' }

afterEach(cleanUp)

const serve = (url: string) => startServer({ DATABASE_URL: url, LOG_LEVEL: 'silent' })
const send = (root: string, body: RequestInit['body']) =>
  fetch(`${root}/billing/v1/billUpload`, { method: 'POST', headers: LINES, body: body ?? null, duplex: 'half' })
const stateOf = (database: PlainDatabase) => ask(database, sql`SELECT "state" FROM "upload" ORDER BY "id" DESC LIMIT 1`)

/** Every row that is done has one bill with one key and one event, and every part that is done is counted. */
async function expectWhole(database: PlainDatabase): Promise<number> {
  const { rows } = await database.run(sql`SELECT (SELECT count(*) FROM "customer_bill"),
    (SELECT count(*) FROM "uploaded_bill"), (SELECT sum("created") FROM "upload"),
    (SELECT count(*) FROM "event" WHERE "event_type" = 'CustomerBillCreateEvent'),
    (SELECT coalesce(sum("rows"), 0) FROM "upload_part" WHERE "results" IS NOT NULL)`)
  const [bills, ...others] = (rows[0] ?? []).map(Number)
  expect(others).toEqual(others.map(() => bills))
  return Number(bills)
}

/** Keeps bills from being stored until release. */
async function hold(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query('BEGIN; LOCK TABLE uploaded_bill IN SHARE MODE')
  return () => client.end()
}

test(
  'an upload goes on where its server was killed, and no row is half stored or twice',
  async () => {
    const store = await createTestDatabase()
    const database = open(store.url)
    let server = await serve(store.url)
    const rows = Array.from({ length: ROWS }, () => row())
    expect((await send(server.root, linesOf(rows))).status).toBe(202)
    await until('some parts are done', async () => Number(await ask(database, DONE)) >= 2, LIMIT_MS)
    const letGo = await hold(store.url)
    await server.stop('SIGKILL')
    await letGo()
    const before = await expectWhole(database)
    expect(before).toBeLessThan(ROWS)
    server = await serve(store.url)
    await until('the upload is done', async () => (await stateOf(database)) === 'done', LIMIT_MS)
    expect(await expectWhole(database)).toBe(ROWS)
    await database.close()
    await cleanUp()
    await store.drop()
  },
  LIMIT_MS
)

const DONE = sql`SELECT coalesce(sum("parts_done"), 0) FROM "upload"`

test(
  'an upload whose server was killed as it received it fails, and stores nothing',
  async () => {
    const store = await createTestDatabase()
    const database = open(store.url)
    const server = await serve(store.url)
    const body = new ReadableStream({
      start: (controller) =>
        controller.enqueue(new TextEncoder().encode(linesOf(Array.from({ length: 1_500 }, () => row()))))
    })
    const sent = send(server.root, body).catch(() => undefined)
    await until('a part has come', async () => (await ask(database, sql`SELECT count(*) FROM "upload_part"`)) === '1')
    await server.stop('SIGKILL')
    await sent
    await database.run(sql`UPDATE "upload" SET "heard_at" = "heard_at" - interval '1 minute'`)
    await serve(store.url)
    await until('the upload has failed', async () => (await stateOf(database)) === 'failed', LIMIT_MS)
    expect(await ask(database, sql`SELECT "failure_code" FROM "upload"`)).toBe('uploadFailure.lost')
    expect(await expectWhole(database)).toBe(0)
    await database.close()
    await cleanUp()
    await store.drop()
  },
  LIMIT_MS
)
