import { afterAll, beforeAll, expect, test } from 'vitest'
import { sealingNote } from '../../src/audit/sealing.ts'
import { keyRing } from '../../src/auth/keys/signing-keys.ts'
import { systemClock } from '../../src/base/clock.ts'
import { newSecretKey, parseSecretKeys, seal, unseal } from '../../src/base/secret-keys.ts'
import { newId } from '../../src/base/ulid.ts'
import { rotateSecrets, SEALED_COLUMNS, warnOfStaleSecrets } from '../../src/db/secrets.ts'
import { identifier, sql } from '../../src/db/sql.ts'
import { createTestDatabase, OTHER_TENANT, TENANT, type TestDatabase } from '../support/database.ts'

const [OLD, NEW] = [newSecretKey(), newSecretKey()]
const [old, both, fresh] = [parseSecretKeys(OLD), parseSecretKeys(`${NEW},${OLD}`), parseSecretKeys(NEW)]
/** More than one batch. */
const KEYS = 150
const facts = (counted: object) => ({ ...SEALED_COLUMNS[0], ...counted })
const note = sealingNote({ actor: { type: 'command', id: 'nora', name: 'nora' }, clock: systemClock, newId })

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

async function stored(): Promise<readonly (readonly [string, string, string])[]> {
  const { rows } = await store.database.run(
    sql`SELECT "tenant_id", "id", "private_jwk" FROM "signing_key" ORDER BY "tenant_id", "id"`
  )
  return rows.map(([tenantId, id, value]) => [String(tenantId), String(id), String(value)])
}

const opened = (keys: typeof old, rows: Awaited<ReturnType<typeof stored>>) =>
  rows.map(([tenantId, id, value]) =>
    unseal(keys, { table: 'signing_key', column: 'private_jwk', tenantId, id }, value)
  )

/** Returns the log lines of a start with these keys. */
async function warnings(keys: typeof old): Promise<readonly (readonly [string, object, string])[]> {
  const logged: [string, object, string][] = []
  const log = (level: string) => (facts: object, message: string) => void logged.push([level, facts, message])
  await warnOfStaleSecrets(store.database, keys, { warn: log('warn'), error: log('error') })
  return logged
}

test('no private key is stored as it is', async () => {
  const { kid } = await keyRing(store.database, systemClock, old).signing(TENANT)
  const [[, id, value] = []] = await stored()
  expect(id).toBe(kid)
  expect(value).toMatch(/^v1\./)
  expect(JSON.parse(String(opened(old, await stored())[0]))).toHaveProperty('d')
})

test('rotate seals all with the first key, whatever sealed them before, and no other key is needed then', async () => {
  await store.database.run(sql`INSERT INTO "signing_key" ("tenant_id", "id", "algorithm", "public_jwk", "private_jwk")
    SELECT ${OTHER_TENANT}, concat('K', n), 'EdDSA', '{}', concat('{"d": "', n, '"}')
    FROM generate_series(1, ${KEYS}::int) n`)
  const before = opened(old, await stored())
  expect(await warnings(both)).toEqual([
    ['warn', facts({ stale: KEYS + 1 }), expect.stringContaining('run secrets rotate')]
  ])
  // Two operators at the same time.
  const counts = await Promise.all([
    rotateSecrets(store.database, both, note),
    rotateSecrets(store.database, both, note)
  ])
  expect(counts[0] + counts[1]).toBe(KEYS + 1)
  expect(await warnings(fresh)).toEqual([])
  expect(opened(fresh, await stored())).toEqual(before)
  expect(await rotateSecrets(store.database, fresh, note)).toBe(0)
})

test('the audit of each tenant says who sealed how many of its secrets anew, and nothing of them', async () => {
  const { rows } = await store.database.run(sql`SELECT "tenant_id", sum(("after"->>'sealedAnew')::int),
      sum(jsonb_array_length("after"->'ids'))
    FROM "audit" WHERE "action" = 'rotate' AND "actor_name" = 'nora' AND "resource_type" = 'SealedSecrets' GROUP BY 1`)
  expect(new Map(rows.map(([tenant, ...counts]) => [tenant, counts]))).toEqual(
    new Map([
      [TENANT, ['1', '1']],
      [OTHER_TENANT, [`${KEYS}`, `${KEYS}`]]
    ])
  )
  const { rows: told } = await store.database.run(sql`SELECT FROM "audit" WHERE "after"::text ~ 'v1[.]|"d"'`)
  expect(told).toEqual([])
})

test('a value that no key opens stops the rotation, and stays as it is', async () => {
  const foreign = seal(parseSecretKeys(newSecretKey()), { ...SEALED_COLUMNS[0], tenantId: TENANT, id: 'lost' }, '{}')
  await store.database.run(sql`INSERT INTO "signing_key" ("tenant_id", "id", "algorithm", "public_jwk", "private_jwk")
    VALUES (${TENANT}, 'lost', 'EdDSA', '{}', ${foreign})`)
  await expect(rotateSecrets(store.database, fresh, note)).rejects.toThrow('which is not among SECRET_KEYS')
  expect((await stored()).find(([, id]) => id === 'lost')?.[2]).toBe(foreign)
  expect(await warnings(fresh)).toEqual([
    ['error', facts({ lost: 1 }), expect.stringMatching('not among SECRET_KEYS$')]
  ])
  await store.database.run(sql`DELETE FROM "signing_key" WHERE "id" = 'lost'`)
})

test('every column that holds a secret as it is, is one that is sealed', async () => {
  const { rows } = await store.database.run(sql`SELECT "table_name", "column_name" FROM "information_schema"."columns"
    WHERE "table_schema" = 'public' AND "column_name" ~ 'private|secret|password|token'
      AND "column_name" !~ '(_hash|_encoding|_until)$'`)
  const sealed = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`)
  expect(sealed).toEqual(expect.arrayContaining(rows.map((row) => row.join('.'))))
  for (const { table } of SEALED_COLUMNS) {
    await store.database.run(sql`SELECT "tenant_id", "id" FROM ${identifier(table)} LIMIT 0`)
  }
})
