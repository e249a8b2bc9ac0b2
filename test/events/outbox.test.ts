import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { eventsAfter, horizon } from '../../src/events/outbox.ts'
import type { View } from '../../src/tmf/view.ts'
import { addPartner, createTestDatabase, OTHER_TENANT, TENANT, type TestDatabase } from '../support/database.ts'

const WRITERS = 4
const INSERT = `INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path", "resource_id",
    "resource_version", "document")
  SELECT $1, unnest, 'CustomerBillCreateEvent', now(), 'customerBill', unnest, 1, '{}' FROM unnest($2::text[])`

let store: TestDatabase
let clients: readonly pg.Client[]
beforeAll(async () => {
  store = await createTestDatabase()
  clients = Array.from({ length: WRITERS }, () => new pg.Client(store.url))
  await Promise.all(clients.map((client) => client.connect()))
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()))
  await store.drop()
})

/** A transaction, and what it has added so far. */
class Writer {
  readonly client: pg.Client
  isOpen = false
  added: string[] = []

  constructor(client: pg.Client) {
    this.client = client
  }

  async add(events: number, tenantId: string = TENANT): Promise<void> {
    if (!this.isOpen) await this.client.query('BEGIN')
    this.isOpen = true
    const ids = Array.from({ length: events }, newId)
    await this.client.query(INSERT, [tenantId, ids])
    if (tenantId === TENANT) this.added.push(...ids)
  }

  /** Returns the ids that it committed. */
  async end(how: 'COMMIT' | 'ROLLBACK'): Promise<readonly string[]> {
    if (this.isOpen) await this.client.query(how)
    const ids = how === 'COMMIT' ? this.added : []
    this.isOpen = false
    this.added = []
    return ids
  }
}

/** Follows the positions as a delivery does; `look` and `read` are two statements, between which others commit. */
class Reader {
  readonly read: string[] = []
  private position: number
  private until: number

  constructor(start: number) {
    this.position = start
    this.until = start
  }

  async look(): Promise<void> {
    this.until = await horizon(store.database)
  }

  async readOn(limit: number): Promise<void> {
    const rows = await eventsAfter(store.database, { tenantId: TENANT }, this.position, this.until, limit)
    this.read.push(...rows.map(({ id }) => id))
    const last = rows.at(-1)
    this.position = rows.length < limit || !last ? Math.max(this.until, this.position) : last.position
  }
}

type Step =
  | { readonly what: 'add'; readonly writer: number; readonly events: number; readonly other: boolean }
  | { readonly what: 'COMMIT' | 'ROLLBACK'; readonly writer: number }
  | { readonly what: 'savepoint'; readonly writer: number }
  | { readonly what: 'look' }
  | { readonly what: 'read'; readonly limit: number }

const writer = fc.nat(WRITERS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('add' as const),
      writer,
      events: fc.integer({ min: 1, max: 3 }),
      other: fc.boolean()
    })
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('COMMIT' as const), writer }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('ROLLBACK' as const), writer }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('savepoint' as const), writer }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('look' as const) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('read' as const), limit: fc.integer({ min: 1, max: 4 }) }) }
)

test('a reader that follows the horizon misses no event, in whatever order transactions end', async () => {
  let readWhileOpen = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50, size: 'max' }), async (steps) => {
      const writers = clients.map((client) => new Writer(client))
      const reader = new Reader(await horizon(store.database))
      const committed: string[] = []
      for (const each of steps) await take(each, writers, reader, committed)
      readWhileOpen += writers.some(({ isOpen }) => isOpen) ? reader.read.length : 0
      for (const each of writers) committed.push(...(await each.end('COMMIT')))
      await reader.look()
      await reader.readOn(1_000)
      expect(reader.read.toSorted()).toEqual(committed.toSorted())
      expect(reader.read).toEqual(await inOrder(reader.read))
    }),
    { numRuns: 100, seed: 678 }
  )
  expect(readWhileOpen).toBeGreaterThan(50)
})

async function take(each: Step, writers: readonly Writer[], reader: Reader, committed: string[]): Promise<void> {
  if (each.what === 'look') return reader.look()
  if (each.what === 'read') return reader.readOn(each.limit)
  const chosen = writers[each.writer] as Writer
  if (each.what === 'add') return chosen.add(each.events, each.other ? OTHER_TENANT : TENANT)
  if (each.what === 'savepoint') return addInVain(chosen)
  committed.push(...(await chosen.end(each.what)))
}

/** Adds events within a savepoint that is undone. */
async function addInVain(writer: Writer): Promise<void> {
  if (!writer.isOpen) return
  await writer.client.query('SAVEPOINT "x"')
  const kept = [...writer.added]
  await writer.add(2)
  writer.added = kept
  await writer.client.query('ROLLBACK TO "x"')
}

async function inOrder(ids: readonly string[]): Promise<readonly (string | null | undefined)[]> {
  const { rows } = await store.database.run(sql`SELECT "id" FROM "event" WHERE "tenant_id" = ${TENANT}
    AND "id" = ANY(${ids}::text[]) ORDER BY "position"`)
  return rows.map(([id]) => id)
}

test('a reader misses nothing of writers that do not wait for each other', async () => {
  const reader = new Reader(await horizon(store.database))
  const isWriting = { value: true }
  const write = async (client: pg.Client, seed: number): Promise<readonly string[]> => {
    const mine = new Writer(client)
    const committed: string[] = []
    for (let round = 0; round < 60; round++) {
      for (let adding = 0; adding <= (seed + round) % 3; adding++) await mine.add(1 + ((seed * round) % 4))
      committed.push(...(await mine.end((seed + round) % 5 === 0 ? 'ROLLBACK' : 'COMMIT')))
    }
    return committed
  }
  const writing = Promise.all(clients.map(write)).finally(() => {
    isWriting.value = false
  })
  while (isWriting.value) {
    await reader.look()
    await reader.readOn(7)
  }
  const committed = (await writing).flat()
  await reader.look()
  await reader.readOn(10_000)
  expect(reader.read.toSorted()).toEqual(committed.toSorted())
})

test('a partner sees the events of its own resources alone, and no other tenant any', async () => {
  const start = await horizon(store.database)
  const partner = await addPartner(store.database, TENANT, 'P1')
  const [first] = clients as [pg.Client]
  await first.query(INSERT, [TENANT, [`${start} of the provider`]])
  await store.database.run(sql`INSERT INTO "event" ("tenant_id", "partner_id", "id", "event_type", "event_time",
      "resource_path", "resource_id", "resource_version", "document")
    VALUES (${TENANT}, ${partner}, 'own', 'CustomerBillCreateEvent', now(), 'customerBill', 'x', 1, '{}')`)
  const until = await horizon(store.database)
  const seen = (view: View) => eventsAfter(store.database, view, start, until, 10)
  expect((await seen({ tenantId: TENANT, partnerId: partner })).map(({ id }) => id)).toEqual(['own'])
  expect(await seen({ tenantId: TENANT })).toHaveLength(2)
  expect(await seen({ tenantId: OTHER_TENANT })).toEqual([])
})

test('an open transaction holds the horizon back until it ends, and no other reader or writer', async () => {
  const [first, second] = clients.map((client) => new Writer(client)) as [Writer, Writer]
  const start = await horizon(store.database)
  await first.add(1)
  await second.add(1)
  await second.end('COMMIT')
  expect(await horizon(store.database)).toBe(start)
  await first.end('ROLLBACK')
  expect(await horizon(store.database)).toBe(start + 2)
})

test('the first event of all lies beyond the first horizon', async () => {
  const fresh = await createTestDatabase()
  expect(await horizon(fresh.database)).toBe(1)
  await fresh.database.run(sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
      "resource_id", "resource_version", "document")
    VALUES (${TENANT}, 'first', 'CustomerBillCreateEvent', now(), 'customerBill', 'x', 1, '{}')`)
  const rows = await eventsAfter(fresh.database, { tenantId: TENANT }, 1, await horizon(fresh.database), 10)
  expect(rows.map(({ id, position }) => [id, position])).toEqual([['first', 2]])
  await fresh.drop()
})
