import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { purgeExpired } from '../../src/auth/purge.ts'
import { identifier, sql } from '../../src/db/sql.ts'
import { type Housekeeping, startHousekeeping } from '../../src/housekeeping.ts'
import { createTestDatabase, type PlainDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { chainOf, recordMany } from './audit-rows.ts'

const SETTINGS = { intervalMs: 5, eventRetentionDays: 30, uploadRetentionDays: 90 }
const PATIENCE = { timeout: 600_000, interval: 5 }

let store: TestDatabase
let database: PlainDatabase
let housekeeping: Housekeeping | undefined
beforeAll(async () => {
  store = await createTestDatabase()
  database = store.database
})
afterEach(async () => {
  await housekeeping?.stop()
  housekeeping = undefined
})
afterAll(() => store.drop())

test('what is over is removed, what may still be used stays', async () => {
  await fillAuth()
  await purgeExpired(database)
  expect(await idsOf('oauth_grant', 'id')).toEqual(['lives'])
  expect(await idsOf('oauth_refresh_token', 'hash')).toEqual(['lives'])
  expect(await idsOf('oauth_authorization_code', 'hash')).toEqual(['just over', 'lives'])
  expect(await idsOf('sign_in_attempt', 'key')).toEqual(['today'])
  expect(await idsOf('known_network', 'key')).toEqual(['known'])
  expect(await idsOf('signing_key', 'id')).toEqual(['active', 'just retired'])
})

test('a call removes a bounded number, the oldest first, and leaves what another process is removing', async () => {
  await database.run(sql`INSERT INTO "sign_in_attempt" SELECT 'k' || "n", 1, now() - "n" * interval '2 days', now()
    FROM generate_series(1, 1002) AS "n"`)
  await database.transaction(async (tx) => {
    await tx.run(sql`SELECT 1 FROM "sign_in_attempt" WHERE "key" = 'k1002' FOR UPDATE`)
    await purgeExpired(database)
  })
  expect(await idsOf('sign_in_attempt', 'key')).toEqual(['k1', 'k1002', 'today'])
  await purgeExpired(database)
  expect(await idsOf('sign_in_attempt', 'key')).toEqual(['today'])
})

test('housekeeping seals and purges again and again', async () => {
  const warn = vi.fn()
  housekeeping = startHousekeeping(database, { warn }, SETTINGS)
  await recordMany(database, 3)
  await vi.waitFor(async () => expect(await chainOf(database)).toHaveLength(3), PATIENCE)
  await database.run(sql`INSERT INTO "sign_in_attempt" VALUES ('old', 1, '2020-01-01Z', '2020-01-01Z')`)
  await vi.waitFor(async () => expect(await idsOf('sign_in_attempt', 'key')).toEqual(['today']), PATIENCE)
  await recordMany(database, 1)
  await vi.waitFor(async () => expect(await chainOf(database)).toHaveLength(4), PATIENCE)
  expect(warn).not.toHaveBeenCalled()
})

test('a failure is a warning, keeps nothing else from being done, and is tried again', async () => {
  const warn = vi.fn()
  await database.run(sql`ALTER TABLE "oauth_grant" RENAME TO "away"`)
  housekeeping = startHousekeeping(database, { warn }, SETTINGS)
  await recordMany(database, 1)
  await vi.waitFor(async () => expect(await chainOf(database)).toHaveLength(5), PATIENCE)
  expect(warn).toHaveBeenCalledWith({ err: expect.any(Error) }, 'removing expired rows failed and will be tried again')
  await database.run(sql`ALTER TABLE "away" RENAME TO "oauth_grant"`)
  await database.run(sql`INSERT INTO "sign_in_attempt" VALUES ('old', 1, '2020-01-01Z', '2020-01-01Z')`)
  await vi.waitFor(async () => expect(await idsOf('sign_in_attempt', 'key')).toEqual(['today']), PATIENCE)
})

test('rounds never overlap, and stopping waits for the one that is under way', async () => {
  let running = 0
  let most = 0
  let rounds = 0
  const release = Promise.withResolvers<void>()
  const counting: PlainDatabase = {
    ...database,
    run: async (statement) => {
      running += 1
      most = Math.max(most, running)
      rounds += 1
      await release.promise
      const result = await database.run(statement)
      running -= 1
      return result
    }
  }
  housekeeping = startHousekeeping(counting, { warn: vi.fn() }, { ...SETTINGS, intervalMs: 1 })
  await vi.waitFor(() => expect(rounds).toBe(1), PATIENCE)
  // The timer ticks many times meanwhile.
  for (let n = 0; n < 20; n++) await chainOf(database)
  let isStopped = false
  const stopped = housekeeping.stop().then(() => {
    isStopped = true
  })
  const sealed = await chainOf(database)
  await recordMany(database, 1)
  expect(isStopped).toBe(false)
  release.resolve()
  await stopped
  expect({ most, running }).toEqual({ most: 1, running: 0 })
  const done = rounds
  for (let n = 0; n < 20; n++) await chainOf(database)
  expect(rounds).toBe(done)
  // The next process seals what a stopped round has not begun.
  expect(await chainOf(database)).toEqual(sealed)
})

async function idsOf(table: string, column: string): Promise<(string | null | undefined)[]> {
  const { rows } = await database.run(sql`SELECT ${identifier(column)} FROM ${identifier(table)} ORDER BY 1`)
  return rows.map(([id]) => id)
}

async function fillAuth(): Promise<void> {
  await database.run(sql`INSERT INTO "oauth_grant" ("tenant_id", "id", "subject", "scope", "expires_at")
    VALUES (${TENANT}, 'lives', 'S', '[]', now() + interval '1 minute'),
      (${TENANT}, 'over', 'S', '[]', now() - interval '1 s')`)
  await database.run(sql`INSERT INTO "oauth_refresh_token" ("tenant_id", "hash", "grant_id", "expires_at")
    VALUES (${TENANT}, 'lives', 'lives', now()), (${TENANT}, 'over', 'over', now())`)
  await database.run(sql`
    INSERT INTO "oauth_authorization_code" ("tenant_id", "hash", "grant_id", "client_id", "subject",
      "scope", "redirect_uri", "code_challenge", "code_challenge_method", "expires_at")
    SELECT ${TENANT}, "hash", 'G', 'C', 'S', '[]', 'https://app.example.com', 'c', 'S256', now() + "age"::interval
    FROM (VALUES ('lives', '1 minute'),
      ('just over', '-59 minutes'), ('over', '-61 minutes')) AS "code" ("hash", "age")`)
  await database.run(sql`INSERT INTO "sign_in_attempt"
    VALUES ('today', 1, now() - interval '23 hours', now()), ('yesterday', 1, now() - interval '25 hours', now())`)
  await database.run(sql`INSERT INTO "known_network"
    VALUES (${TENANT}, 'known', now() - interval '90 days'), (${TENANT}, 'unused', now() - interval '92 days')`)
  await database.run(sql`
    INSERT INTO "signing_key" ("tenant_id", "id", "algorithm", "public_jwk", "private_jwk", "retired_at")
    VALUES (${TENANT}, 'active', 'EdDSA', '{}', '{}', NULL),
      (${TENANT}, 'just retired', 'EdDSA', '{}', '{}', now() - interval '23 hours'),
      (${TENANT}, 'retired', 'EdDSA', '{}', '{}', now() - interval '25 hours')`)
}
