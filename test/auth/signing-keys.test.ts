import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LOOK_AGAIN_MS } from '../../src/auth/keys/looked-up.ts'
import type { SigningAlgorithm } from '../../src/auth/keys/signing-keys.ts'
import { keyRing, RETIRED_KEY_KEPT_S, rotateSigningKey } from '../../src/auth/keys/signing-keys.ts'
import { instantFromPostgres } from '../../src/base/instant.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { secrets } from '../support/config.ts'
import { createTestDatabase, OTHER_TENANT, type PlainDatabase, TENANT, type TestDatabase } from '../support/database.ts'

const START_MS = Date.parse('2026-11-21T10:00:00.000Z')

let held: TestDatabase
let database: PlainDatabase
let nowMs = START_MS
/** Statements that went through `counted`. */
let statements = 0
let counted: PlainDatabase
const clock = () => new Date(nowMs).toISOString()
const ringOf = (on = database) => keyRing(on, clock, secrets())

beforeAll(async () => {
  held = await createTestDatabase()
  database = held.database
  counted = {
    ...database,
    run: (statement) => {
      statements++
      return database.run(statement)
    }
  }
})
afterAll(() => held.drop())
beforeEach(async () => {
  await database.run(sql`DELETE FROM "signing_key"`)
  nowMs = START_MS
  statements = 0
})

const rotate = (algorithm: SigningAlgorithm = 'EdDSA', tenantId = TENANT) =>
  database.transaction((tx) => rotateSigningKey(tx, clock, secrets(), tenantId, algorithm))

async function keys(): Promise<{ tenantId: string; kid: string; retiredAt: string | undefined }[]> {
  const { rows } = await database.run(sql`SELECT "tenant_id", "id", "retired_at" FROM "signing_key" ORDER BY "id"`)
  return rows.map(([tenantId, kid, retiredAt]) => ({
    tenantId: String(tenantId),
    kid: String(kid),
    retiredAt: retiredAt ? instantFromPostgres(retiredAt) : undefined
  }))
}

describe('signing', () => {
  test('makes an EdDSA key when it is first needed, and one for each tenant', async () => {
    const ring = ringOf()
    const key = await ring.signing(TENANT)
    const other = await ring.signing(OTHER_TENANT)
    expect(key).toMatchObject({ algorithm: 'EdDSA', privateKey: { type: 'private', extractable: false } })
    expect(await keys()).toEqual([
      { tenantId: TENANT, kid: key.kid, retiredAt: undefined },
      { tenantId: OTHER_TENANT, kid: other.kid, retiredAt: undefined }
    ])
  })

  test('makes one key however many processes need the first at once', async () => {
    const rings = Array.from({ length: 24 }, () => ringOf())
    const signing = await Promise.all(rings.map((ring) => ring.signing(TENANT)))
    expect(new Set(signing.map(({ kid }) => kid)).size).toBe(1)
    expect(await keys()).toHaveLength(1)
  })

  test('looks once for all who ask at the same time, and again after a while', async () => {
    const ring = ringOf(counted)
    await ringOf().signing(TENANT)
    await Promise.all(Array.from({ length: 50 }, () => ring.signing(TENANT)))
    nowMs += LOOK_AGAIN_MS - 1
    await ring.signing(TENANT)
    expect(statements).toBe(1)
    nowMs += 1
    await ring.signing(TENANT)
    expect(statements).toBe(2)
  })

  test('is tried again after a failure', async () => {
    let isDown = true
    const ring = ringOf({
      ...database,
      run: (statement) => (isDown ? Promise.reject(new Error('down')) : database.run(statement))
    })
    await expect(ring.signing(TENANT)).rejects.toThrow('down')
    isDown = false
    expect(await ring.signing(TENANT)).toHaveProperty('kid')
  })

  test('makes no key for a tenant that does not exist', async () => {
    await expect(ringOf().signing('nobody')).rejects.toThrow('foreign key')
    expect(await keys()).toEqual([])
  })
})

describe('rotation', () => {
  test.each(['EdDSA', 'ES256'] as const)('to %s takes effect everywhere within five seconds', async (algorithm) => {
    const rings = [ringOf(), ringOf()]
    const [old] = await Promise.all(rings.map((ring) => ring.signing(TENANT)))
    const other = await rings[0]?.signing(OTHER_TENANT)
    const kid = await rotate(algorithm)
    nowMs += 5_000
    for (const ring of rings) expect(await ring.signing(TENANT)).toMatchObject({ kid, algorithm })
    expect(await keys()).toEqual([
      { tenantId: TENANT, kid: old?.kid, retiredAt: new Date(START_MS).toISOString() },
      { tenantId: OTHER_TENANT, kid: other?.kid, retiredAt: undefined },
      { tenantId: TENANT, kid, retiredAt: undefined }
    ])
  })

  test('leaves one key to sign with when many rotate at once while others need the first', async () => {
    const rotations = Array.from({ length: 6 }, () => rotate())
    const signing = Array.from({ length: 6 }, () => ringOf().signing(TENANT))
    await Promise.all([...rotations, ...signing])
    expect((await keys()).filter(({ retiredAt }) => retiredAt === undefined)).toHaveLength(1)
  })

  test('keeps a retired key until its last token has expired, and not longer', async () => {
    const fresh = () => ringOf()
    const ring = fresh()
    const old = await rotate()
    expect(await ring.verifying(old)).toMatchObject({ kid: old, tenantId: TENANT, retiredAt: undefined })
    await rotate('ES256')
    nowMs = START_MS + RETIRED_KEY_KEPT_S * 1_000 - 1
    expect(RETIRED_KEY_KEPT_S).toBeGreaterThan(3_600 + 60)
    for (const each of [ring, fresh()]) {
      expect(await each.verifying(old)).toMatchObject({ kid: old, retiredAt: new Date(START_MS).toISOString() })
      expect((await each.published()).map(({ kid }) => kid)).toContain(old)
    }
    // The ring still remembers the key and its retirement.
    nowMs += 1
    for (const each of [ring, fresh()]) expect(await each.verifying(old)).toBeUndefined()
    expect((await fresh().published()).map(({ kid }) => kid)).not.toContain(old)
  })
})

describe('verifying', () => {
  test.each([
    ['nothing', ''],
    ['SQL', "' OR '1'='1"],
    ['a path', '../../etc/passwd'],
    ['NUL', '\0'.repeat(26)],
    ['10 kB', 'A'.repeat(10_240)],
    ['an id in lower case', newId().toLowerCase()],
    ['an id and a line feed', `${newId()}\n`]
  ])('asks no database for a key id that is %s', async (_, kid) => {
    expect(await ringOf(counted).verifying(kid)).toBeUndefined()
    expect(statements).toBe(0)
  })

  test('remembers a key, and looks again after a while whether it is still there', async () => {
    const ring = ringOf(counted)
    const kid = await rotate()
    for (let times = 0; times < 3; times++) expect(await ring.verifying(kid)).toMatchObject({ kid, tenantId: TENANT })
    expect(statements).toBe(1)
    await database.run(sql`DELETE FROM "signing_key" WHERE "id" = ${kid}`)
    nowMs += LOOK_AGAIN_MS
    expect(await ring.verifying(kid)).toBeUndefined()
    expect(statements).toBe(2)
  })

  test('looks for an unknown key once in a while', async () => {
    const ring = ringOf(counted)
    const kid = newId()
    for (let times = 0; times < 3; times++) expect(await ring.verifying(kid)).toBeUndefined()
    nowMs += LOOK_AGAIN_MS - 1
    await ring.verifying(kid)
    expect(statements).toBe(1)
    nowMs += 1
    await ring.verifying(kid)
    expect(statements).toBe(2)
  })

  test('answers a flood of made-up ids with one query at a time, and knows the real key among them', async () => {
    const kid = await rotate()
    let [running, most] = [0, 0]
    const run: PlainDatabase['run'] = async (...args) => {
      most = Math.max(most, ++running)
      return counted.run(...args).finally(() => running--)
    }
    const ring = ringOf({ ...counted, run })
    const asked: Promise<unknown>[] = []
    for (let round = 0; round < 20; round++) {
      asked.push(...Array.from({ length: 100 }, () => ring.verifying(newId())))
      await new Promise(setImmediate)
    }
    expect(await ring.verifying(kid)).toMatchObject({ kid })
    expect(new Set(await Promise.all(asked))).toEqual(new Set([undefined]))
    expect(most).toBe(1)
  })

  test('forgets no key for a flood of made-up ids', async () => {
    const ring = ringOf(counted)
    const kid = await rotate()
    await ring.verifying(kid)
    await Promise.all(Array.from({ length: 11_000 }, () => ring.verifying(newId())))
    statements = 0
    await ring.verifying(kid)
    expect(statements).toBe(0)
  })

  test('is tried again after a failure', async () => {
    let isDown = true
    const run: PlainDatabase['run'] = (...args) => (isDown ? Promise.reject(new Error('down')) : database.run(...args))
    const ring = ringOf({ ...database, run })
    const kid = await rotate()
    await expect(ring.verifying(kid)).rejects.toThrow('down')
    isDown = false
    expect(await ring.verifying(kid)).toMatchObject({ kid })
  })
})

describe('published', () => {
  test('has the public members of the keys of all tenants, in order, and nothing else', async () => {
    const kids = [await rotate('EdDSA'), await rotate('ES256', OTHER_TENANT), await rotate('ES256')]
    const coordinate = expect.stringMatching(/^[\w-]{43}$/)
    const curve = { kty: 'EC', crv: 'P-256', x: coordinate, y: coordinate, alg: 'ES256', use: 'sig' }
    expect(await ringOf().published()).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: coordinate, alg: 'EdDSA', use: 'sig', kid: kids[0] },
      { ...curve, kid: kids[1] },
      { ...curve, kid: kids[2] }
    ])
  })

  test('has no private member even where a row has one', async () => {
    await rotate('ES256')
    await database.run(sql`UPDATE "signing_key" SET "public_jwk" = "public_jwk" || '{"d": "private"}'`)
    const [key = {}] = await ringOf().published()
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })

  test('is looked up once in a while however often it is asked for', async () => {
    await rotate()
    const ring = ringOf(counted)
    await Promise.all(Array.from({ length: 50 }, () => ring.published()))
    expect(statements).toBe(1)
    const kid = await rotate()
    nowMs += LOOK_AGAIN_MS
    expect((await ring.published()).map((key) => key.kid)).toContain(kid)
    expect(statements).toBe(2)
  })
})
