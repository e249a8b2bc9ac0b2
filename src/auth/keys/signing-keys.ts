import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import type { Instant } from '../../base/instant.ts'
import { type Place, type SecretKeys, seal, unseal } from '../../base/secret-keys.ts'
import { isId, newId } from '../../base/ulid.ts'
import type { Database, Queryable, Transaction } from '../../db/database.ts'
import { instant, json, oneOf, optional, rowOf, text } from '../../db/row.ts'
import type { SealedColumn } from '../../db/secrets.ts'
import { prepared, sql } from '../../db/sql.ts'
import { memory, shared } from './looked-up.ts'

export const ACCESS_TOKEN_LIFETIME_MAX_S = 3_600
/** Covers processes that still sign with a retired key, and differing clocks. */
const KEPT_MARGIN_S = 600
/** Time that a retired key still verifies: until its last token has expired. */
export const RETIRED_KEY_KEPT_S = ACCESS_TOKEN_LIFETIME_MAX_S + KEPT_MARGIN_S

export const ALGORITHMS = ['EdDSA', 'ES256'] as const
export type SigningAlgorithm = (typeof ALGORITHMS)[number]
export const FIRST_ALGORITHM: SigningAlgorithm = 'EdDSA'

const PUBLIC_JWK = z.object({ kty: z.enum(['OKP', 'EC']), crv: z.string(), x: z.string(), y: z.string().optional() })

const SIGNING = rowOf('signing_key', { id: text, algorithm: oneOf(ALGORITHMS), privateJwk: text })
const PUBLIC = { id: text, algorithm: oneOf(ALGORITHMS), publicJwk: json(PUBLIC_JWK) }
const PUBLISHED = rowOf('signing_key', PUBLIC)
const VERIFYING = rowOf('signing_key', { ...PUBLIC, tenantId: text, retiredAt: optional(instant) })

const COLUMN: SealedColumn = { table: 'signing_key', column: 'private_jwk' }

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: CryptoKey
}

export interface VerifyingKey {
  readonly kid: string
  readonly tenantId: string
  readonly algorithm: SigningAlgorithm
  readonly publicKey: CryptoKey
  readonly retiredAt: Instant | undefined
}

export interface KeyRing {
  /** Returns the tenant's present signing key; makes one if there is none. */
  signing(tenantId: string): Promise<SigningKey>
  verifying(kid: string): Promise<VerifyingKey | undefined>
  /** Returns all public keys that may still verify: the `keys` of a JWK Set (RFC 7517, section 5). */
  published(): Promise<readonly JWK[]>
}

export function keyRing(database: Database, clock: Clock, secrets: SecretKeys): KeyRing {
  return {
    signing: shared(clock, (tenantId) => currentKey(database, clock, secrets, tenantId)),
    verifying: verifier(database, clock),
    published: shared(clock, () => selectPublished(database, clock()))
  }
}

/**
 * Replaces the tenant's signing key and returns the new `kid`. Tokens of the old key stay valid until they expire. An
 * unknown tenant is a foreign key violation.
 */
export async function rotateSigningKey(
  tx: Transaction,
  clock: Clock,
  secrets: SecretKeys,
  tenantId: string,
  algorithm: SigningAlgorithm
): Promise<string> {
  await lock(tx, tenantId)
  await tx.run(
    sql`UPDATE "signing_key" SET "retired_at" = ${clock()} WHERE "tenant_id" = ${tenantId} AND "retired_at" IS NULL`
  )
  const { kid } = await insertKey(tx, clock(), secrets, tenantId, algorithm)
  return kid
}

/** Makes the key under a lock, so that several processes make one. */
async function currentKey(
  database: Database,
  clock: Clock,
  secrets: SecretKeys,
  tenantId: string
): Promise<SigningKey> {
  const found = await selectCurrent(database, secrets, tenantId)
  if (found) return found
  return database.transaction(async (tx) => {
    await lock(tx, tenantId)
    return (await selectCurrent(tx, secrets, tenantId)) ?? insertKey(tx, clock(), secrets, tenantId, FIRST_ALGORITHM)
  })
}

async function lock(tx: Transaction, tenantId: string): Promise<void> {
  await tx.run(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`signing key of ${tenantId}`}, 0))`)
}

async function selectCurrent(
  database: Queryable,
  secrets: SecretKeys,
  tenantId: string
): Promise<SigningKey | undefined> {
  const { rows } = await database.run(prepared`SELECT ${SIGNING.columns} FROM "signing_key"
      WHERE "tenant_id" = ${tenantId} AND "retired_at" IS NULL ORDER BY "created_at" DESC, "id" DESC LIMIT 1`)
  const [found] = rows.map(SIGNING.read)
  if (!found) return undefined
  const { id: kid, algorithm, privateJwk } = found
  const jwk = unseal(secrets, placeOf(tenantId, kid), privateJwk)
  return { kid, algorithm, privateKey: await imported(JSON.parse(jwk), algorithm) }
}

async function insertKey(
  tx: Transaction,
  now: Instant,
  secrets: SecretKeys,
  tenantId: string,
  algorithm: SigningAlgorithm
): Promise<SigningKey> {
  const kid = newId()
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const [publicJwk, privateJwk] = [
    JSON.stringify(await exportJWK(publicKey)),
    JSON.stringify(await exportJWK(privateKey))
  ]
  await tx.run(
    sql`INSERT INTO "signing_key" ("tenant_id", "id", "algorithm", "public_jwk", "private_jwk", "created_at")
      VALUES (${tenantId}, ${kid}, ${algorithm}, ${publicJwk}, ${seal(secrets, placeOf(tenantId, kid), privateJwk)},
        ${now})`
  )
  return { kid, algorithm, privateKey: await imported(JSON.parse(privateJwk), algorithm) }
}

function placeOf(tenantId: string, id: string): Place {
  return { ...COLUMN, tenantId, id }
}

/** Remembers keys and unknown ids apart, so that a flood of made-up ids does not evict keys. */
function verifier(database: Queryable, clock: Clock): KeyRing['verifying'] {
  const known = memory<VerifyingKey>(clock)
  const unknown = memory<true>(clock)
  const find = oneQueryAtATime((kids) => selectVerifying(database, kids))
  const keyNamed = async (kid: string): Promise<VerifyingKey | undefined> => {
    const remembered = known.get(kid)
    if (remembered || unknown.get(kid)) return remembered
    const key = await find(kid)
    if (key) known.set(kid, key)
    else unknown.set(kid, true)
    return key
  }
  return async (kid) => {
    const key = isId(kid) ? await keyNamed(kid) : undefined
    return key && isKept(key, clock()) ? key : undefined
  }
}

function isKept({ retiredAt }: VerifyingKey, now: Instant): boolean {
  return retiredAt === undefined || retiredAt > keptSince(now)
}

function keptSince(now: Instant): Instant {
  return new Date(Date.parse(now) - RETIRED_KEY_KEPT_S * 1_000).toISOString()
}

type Found = ReadonlyMap<string, VerifyingKey>

/** Collects ids asked for during a query into the next one: a flood of ids makes few queries. */
function oneQueryAtATime(
  select: (kids: readonly string[]) => Promise<Found>
): (kid: string) => Promise<VerifyingKey | undefined> {
  let running: Promise<unknown> = Promise.resolve()
  let next: { readonly kids: Set<string>; readonly found: Promise<Found> } | undefined
  const gather = () => {
    const kids = new Set<string>()
    const found = running.then(() => {
      next = undefined
      return select([...kids])
    })
    running = found.catch(() => undefined)
    return { kids, found }
  }
  return async (kid) => {
    next ??= gather()
    next.kids.add(kid)
    return (await next.found).get(kid)
  }
}

async function selectVerifying(database: Queryable, kids: readonly string[]): Promise<Found> {
  const { rows } = await database.run(
    prepared`SELECT ${VERIFYING.columns} FROM "signing_key" WHERE "id" = ANY(${kids})`
  )
  const keys = rows.map(VERIFYING.read).map(async ({ id: kid, publicJwk, ...key }) => {
    const publicKey = await imported(publicJwk, key.algorithm)
    return [kid, { kid, ...key, publicKey }] as const
  })
  return new Map(await Promise.all(keys))
}

async function selectPublished(database: Queryable, now: Instant): Promise<readonly JWK[]> {
  const { rows } = await database.run(prepared`SELECT ${PUBLISHED.columns} FROM "signing_key"
      WHERE "retired_at" IS NULL OR "retired_at" > ${keptSince(now)} ORDER BY "id"`)
  return rows.map(PUBLISHED.read).map(({ id, algorithm, publicJwk }) => {
    // Members are named one by one, so that no private one is ever published.
    const { kty, crv, x, y } = publicJwk
    return { kid: id, use: 'sig', alg: algorithm, kty, crv, x, ...(y !== undefined && { y }) }
  })
}

function imported(jwk: JWK & { kty: 'OKP' | 'EC' }, algorithm: SigningAlgorithm): Promise<CryptoKey> {
  return importJWK(jwk, algorithm)
}
