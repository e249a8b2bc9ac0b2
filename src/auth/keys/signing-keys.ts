import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Clock } from '../../base/clock.ts'
import { type Instant, instantFromPostgres } from '../../base/instant.ts'
import { type Place, type SecretKeys, seal, unseal } from '../../base/secret-keys.ts'
import { isId, newId } from '../../base/ulid.ts'
import type { Database, Queryable, Transaction } from '../../db/database.ts'
import type { SealedColumn } from '../../db/secrets.ts'
import { sql } from '../../db/sql.ts'
import { memory, shared } from './looked-up.ts'

/** The longest an access token lives. */
export const ACCESS_TOKEN_LIFETIME_MAX_S = 3_600
/** A process may sign with a retired key until it looks again, and the clocks of two processes differ. */
const KEPT_MARGIN_S = 600
/** How long a retired key still verifies: until the last token it signed has expired. */
export const RETIRED_KEY_KEPT_S = ACCESS_TOKEN_LIFETIME_MAX_S + KEPT_MARGIN_S

const ALGORITHMS = ['EdDSA', 'ES256'] as const
export type SigningAlgorithm = (typeof ALGORITHMS)[number]
/** Of a key that is made because there is none yet. */
const FIRST_ALGORITHM: SigningAlgorithm = 'EdDSA'

const COLUMN: SealedColumn = { table: 'signing_key', column: 'private_jwk' }

/** The private half of a tenant's key. */
export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: CryptoKey
}

/** The public half of a key, and whose it is. */
export interface VerifyingKey {
  readonly kid: string
  readonly tenantId: string
  readonly algorithm: SigningAlgorithm
  readonly publicKey: CryptoKey
  readonly retiredAt: Instant | undefined
}

/** The keys of all tenants, as one process sees them. */
export interface KeyRing {
  /** The key that signs for the tenant now; made when there is none. */
  signing(tenantId: string): Promise<SigningKey>
  /** The key that a token names, undefined when there is none or it was retired too long ago. */
  verifying(kid: string): Promise<VerifyingKey | undefined>
  /** The public keys of all tenants that may still verify, by `kid`: the `keys` of a JWK Set (RFC 7517, section 5). */
  published(): Promise<readonly JWK[]>
}

/** The ring of this process. What it knows of the database is never older than LOOK_AGAIN_MS. */
export function keyRing(database: Database, clock: Clock, secrets: SecretKeys): KeyRing {
  return {
    signing: shared(clock, (tenantId) => currentKey(database, clock, secrets, tenantId)),
    verifying: verifier(database, clock),
    published: shared(clock, () => selectPublished(database, clock()))
  }
}

/**
 * Retires what the tenant signs with and makes a new key, whose `kid` is answered. Tokens of the retired one stay valid
 * until they expire. A tenant that does not exist is a foreign key violation.
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

/** Several processes may find none at once; the lock lets one of them make it, and the others find it then. */
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
  const { rows } = await database.run(
    sql`SELECT "id", "algorithm", "private_jwk" FROM "signing_key"
      WHERE "tenant_id" = ${tenantId} AND "retired_at" IS NULL ORDER BY "created_at" DESC, "id" DESC LIMIT 1`,
    { prepared: true }
  )
  const [row] = rows
  if (!row) return undefined
  const [kid = '', name, stored = ''] = row.map(String)
  const algorithm = algorithmNamed(name)
  const jwk = unseal(secrets, placeOf(tenantId, kid), stored)
  return { kid, algorithm, privateKey: await imported(jwk, algorithm) }
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
  return { kid, algorithm, privateKey: await imported(privateJwk, algorithm) }
}

function placeOf(tenantId: string, id: string): Place {
  return { ...COLUMN, tenantId, id }
}

/** Keys and made-up ids are remembered apart, so that a flood of the latter cannot crowd out the former. */
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

/** Keys that were retired at this instant or before verify no more. */
function keptSince(now: Instant): Instant {
  return new Date(Date.parse(now) - RETIRED_KEY_KEPT_S * 1_000).toISOString()
}

type Found = ReadonlyMap<string, VerifyingKey>

/** Whoever asks while a query runs waits for the next one, which asks for all: a flood of ids is not one of queries. */
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
    sql`SELECT "id", "tenant_id", "algorithm", "public_jwk", "retired_at" FROM "signing_key" WHERE "id" = ANY(${kids})`,
    { prepared: true }
  )
  const keys = rows.map(async ([id, tenantId, name, jwk, retired]): Promise<readonly [string, VerifyingKey]> => {
    const [kid, algorithm] = [String(id), algorithmNamed(name)]
    const retiredAt = retired ? instantFromPostgres(retired) : undefined
    const publicKey = await imported(jwk, algorithm)
    return [kid, { kid, tenantId: String(tenantId), algorithm, publicKey, retiredAt }]
  })
  return new Map(await Promise.all(keys))
}

async function selectPublished(database: Queryable, now: Instant): Promise<readonly JWK[]> {
  const { rows } = await database.run(
    sql`SELECT "id", "algorithm", "public_jwk" FROM "signing_key"
      WHERE "retired_at" IS NULL OR "retired_at" > ${keptSince(now)} ORDER BY "id"`,
    { prepared: true }
  )
  return rows.map(([id, name, jwk]) => {
    // Members are named one by one, so that no private one is ever published.
    const { kty, crv, x, y }: JWK = JSON.parse(String(jwk))
    return { kid: String(id), use: 'sig', alg: algorithmNamed(name), kty, crv, x, ...(y !== undefined && { y }) }
  })
}

function algorithmNamed(name: string | null | undefined): SigningAlgorithm {
  const algorithm = ALGORITHMS.find((known) => known === name)
  if (!algorithm) throw new Error(`signing keys cannot be of the algorithm ${name}`)
  return algorithm
}

function imported(jwk: string | null | undefined, algorithm: SigningAlgorithm): Promise<CryptoKey> {
  const parsed: JWK & { kty: 'OKP' | 'EC' } = JSON.parse(String(jwk))
  return importJWK(parsed, algorithm)
}
