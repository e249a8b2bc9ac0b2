import { afterEach, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { migrate } from '../../src/db/migrations.ts'
import { sql } from '../../src/db/sql.ts'
import { type Receiver, receiver } from '../events/delivery-world.ts'
import { createTestDatabase, type PlainDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { open, post } from './run-world.ts'
import { cleanUp, dataFolder, letIn, postgresPid, type ServerProcess, startServer, until } from './server-process.ts'

const BILLS = 12
const LIMIT_MS = 600_000

afterEach(cleanUp)

const serve = (url: string) =>
  startServer({ DATABASE_URL: url, WEBHOOK_ALLOW_NETWORKS: '127.0.0.1', LOG_LEVEL: 'silent' })

/** A receiver that can be made to answer nothing for a while. */
async function gated() {
  let [gate, unlock] = [Promise.resolve(), (): void => undefined]
  const to = await receiver(async () => {
    await gate
    return 204
  })
  return {
    to,
    close: () => {
      const next = Promise.withResolvers<void>()
      ;[gate, unlock] = [next.promise, next.resolve]
    },
    open: () => unlock()
  }
}

/** Posts bills and changes each twice; transactions of events between them are rolled back. */
async function write(root: string, database: PlainDatabase): Promise<void> {
  for (let bill = 0; bill < BILLS; bill++) {
    const { id } = await post(root, `${BASE}/customerBill`, { billingAccount: { id: 'A' } })
    const undone = database.transaction(async (tx) => {
      await tx.run(sql`UPDATE "customer_bill" SET "state" = 'onHold' WHERE "id" = ${id}`)
      await tx.run(sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
          "resource_id", "resource_version", "document")
        SELECT "tenant_id", concat('undone ', "id"), "event_type", now(), "resource_path", "resource_id", 2, "document"
        FROM "event" WHERE "resource_id" = ${id}`)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    await database.run(sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
        "resource_id", "resource_version", "document")
      SELECT "tenant_id", concat("id", n), 'CustomerBillStateChangeEvent', now(), "resource_path", "resource_id",
        n, "document" FROM "event" CROSS JOIN generate_series(2, 3) n WHERE "resource_id" = ${id}`)
  }
}

/** Waits until the receiver got all events, and expects nothing else, and those of each bill in their order. */
async function expectAll(database: PlainDatabase, { taken }: Receiver, times: number): Promise<void> {
  const { rows } = await database.run(sql`SELECT "id", "resource_id" FROM "event" ORDER BY "position"`)
  expect(rows).toHaveLength(times * BILLS * 3)
  const ids = rows.map(([id]) => String(id))
  await until('all events are there', () => new Set(taken).size >= ids.length)
  expect([...new Set(taken)].sort()).toEqual([...ids].sort())
  for (const of of Map.groupBy(rows, ([, bill]) => bill).values()) {
    const inOrder = of.map(([id]) => String(id))
    expect([...new Set(taken)].filter((id) => inOrder.includes(id))).toEqual(inOrder)
  }
}

test(
  'whichever of several processes is killed in mid-delivery, every event is delivered, and none that was rolled back',
  async () => {
    const store = await createTestDatabase()
    const database = open(store.url)
    const { to, close, open: answer } = await gated()
    const servers: ServerProcess[] = await Promise.all([serve(store.url), serve(store.url), serve(store.url)])
    await post(String(servers[0]?.root), `${BASE}/hub`, { callback: to.url })
    const blows = [[0, 1, 2], [0], [1, 2]]
    for (const blow of blows) {
      close()
      await write(String(servers[0]?.root), database)
      await until('a post is under way', () => to.got.length > to.taken.length)
      for (const at of blow) await servers[at]?.stop('SIGKILL')
      answer()
      for (const at of blow) servers[at] = await serve(store.url)
    }
    await expectAll(database, to, blows.length)
    await database.close()
    await cleanUp()
    await store.drop()
  },
  LIMIT_MS
)

test(
  'when Postgres crashes in mid-delivery and comes back, the delivery goes on',
  async () => {
    const directory = dataFolder()
    const { url } = await startEmbeddedPostgres({ directory })
    await migrate(url)
    await letIn(url)
    const database = open(url)
    const { to, close, open: answer } = await gated()
    const server = await serve(url)
    await post(server.root, `${BASE}/hub`, { callback: to.url })
    close()
    await write(server.root, database)
    await until('a post is under way', () => to.got.length > to.taken.length)
    process.kill(Number(postgresPid(directory)), 'SIGQUIT')
    await until('Postgres ends', () => postgresPid(directory) === undefined)
    answer()
    expect((await startEmbeddedPostgres({ directory })).url).toBe(url)
    await expectAll(open(url), to, 1)
    expect(server.child.exitCode).toBeNull()
    await database.close()
    await cleanUp()
  },
  LIMIT_MS
)

test(
  'a stop waits for the posts under way, and nothing is delivered twice',
  async () => {
    const store = await createTestDatabase()
    const database = open(store.url)
    const { to, close, open: answer } = await gated()
    const server = await serve(store.url)
    await post(server.root, `${BASE}/hub`, { callback: to.url })
    close()
    await write(server.root, database)
    await until('a post is under way', () => to.got.length > to.taken.length)
    const stopped = server.stop()
    answer()
    expect((await stopped).code).toBe(0)
    await serve(store.url)
    await expectAll(database, to, 1)
    expect(to.taken).toHaveLength(new Set(to.taken).size)
    await database.close()
    await cleanUp()
    await store.drop()
  },
  LIMIT_MS
)
