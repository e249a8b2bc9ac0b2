import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { openSilentProxy, type SilentProxy } from '../support/silent-proxy.ts'

let store: TestDatabase
let proxy: SilentProxy
let database: Database
beforeEach(async () => {
  store = await createTestDatabase()
  proxy = await openSilentProxy(store.url)
  const settings = { url: proxy.url, poolSize: 4, connectTimeoutMs: 60_000, applicationName: 'test' }
  database = openDatabase({ ...settings, statementTimeoutMs: 1_000 }, () => undefined)
})
afterEach(async () => {
  await database.close()
  await proxy.close()
  await store.drop()
})

test('a transaction that may take its time ends when its connection has fallen silent, as others have', async () => {
  const { promise: fell, resolve: fall } = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const hung = database.transaction(async (tx) => {
    await tx.takeTime()
    begun.resolve()
    await fell
    await tx.run(sql`SELECT 1`)
  })
  const ended = expect(hung).rejects.toMatchObject({ kind: 'unavailable' })
  await begun.promise
  await database.run(sql`SELECT 1`)
  proxy.silence()
  fall()
  await expect(database.run(sql`SELECT 1`)).rejects.toMatchObject({ kind: 'unavailable' })
  await ended
  expect((await database.run(sql`SELECT 1`)).rows).toEqual([['1']])
})
