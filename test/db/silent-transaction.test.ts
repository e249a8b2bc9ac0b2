import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, openPlainDatabase, type PlainDatabase, type TestDatabase } from '../support/database.ts'
import { openSilentProxy, type SilentProxy } from '../support/silent-proxy.ts'

let store: TestDatabase
let proxy: SilentProxy
let database: PlainDatabase
beforeEach(async () => {
  store = await createTestDatabase()
  proxy = await openSilentProxy(store.url)
  const settings = { url: proxy.url, poolSize: 4, connectTimeoutMs: 60_000, applicationName: 'test' }
  database = openPlainDatabase({ ...settings, statementTimeoutMs: 1_000 })
})
afterEach(async () => {
  await database.close()
  await proxy.close()
  await store.drop()
})

test('a transaction that may take its time ends when Postgres has ended it, though nobody says so', async () => {
  const begun = Promise.withResolvers<string>()
  const { promise: fell, resolve: fall } = Promise.withResolvers<void>()
  const hung = database.transaction(async (tx) => {
    await tx.takeTime()
    const { rows } = await tx.run(sql`SELECT pg_backend_pid()`)
    begun.resolve(String(rows[0]?.[0]))
    await fell
    await tx.run(sql`SELECT 1`)
  })
  const ended = expect(hung).rejects.toMatchObject({ kind: 'unavailable' })
  const pid = await begun.promise
  proxy.silence()
  await store.database.run(sql`SELECT pg_terminate_backend(${pid}::int)`)
  fall()
  await ended
  expect((await database.run(sql`SELECT 1`)).rows).toEqual([['1']])
})
