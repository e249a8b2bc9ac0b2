import { createPrivateKey, type JsonWebKey, sign } from 'node:crypto'
import { type Claims, signAccessToken, verifyAccessToken } from '../../src/auth/access/access-token.ts'
import { type KeyRing, keyRing } from '../../src/auth/keys/signing-keys.ts'
import { unseal } from '../../src/base/secret-keys.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { Problem } from '../../src/messages/problem.ts'
import { secrets } from '../support/config.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'

export const ISSUER = 'https://bills.example.com'
export const START_MS = Date.parse('2026-11-21T10:00:00.000Z')
export const NOW_S = START_MS / 1_000
export const LIFETIME_S = 3_600
export const CLAIMS: Claims = {
  tenantId: TENANT,
  grantId: newId(),
  subject: 'admin',
  actorType: 'user',
  clientId: 'demo',
  scopes: ['bill:read', 'trust'],
  partnerId: newId()
}

export interface Parts {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/** Issues and checks tokens at START_MS. */
export interface TokenBench {
  readonly held: TestDatabase
  readonly ring: KeyRing
  readonly clock: () => string
  issue(claims?: Partial<Claims>, lifetimeS?: number): Promise<string>
  /** Returns `valid`, or kind and message of the refusal; rethrows any other error. */
  verdict(token: string, issuer?: string): Promise<string>
  /** Runs work at another time. */
  at<T>(ms: number, work: () => Promise<T>): Promise<T>
  /** Returns the private key, as a thief could use it. */
  privateKeyOf(kid: string): Promise<JsonWebKey>
}

export async function tokenBench(): Promise<TokenBench> {
  const held = await createTestDatabase()
  let nowMs = START_MS
  const clock = () => new Date(nowMs).toISOString()
  const ring = keyRing(held.database, clock, secrets())
  return {
    held,
    ring,
    clock,
    issue: (claims = {}, lifetimeS = LIFETIME_S) =>
      signAccessToken(ring, clock, { ...CLAIMS, ...claims }, { issuer: ISSUER, lifetimeS }),
    verdict: (token, issuer = ISSUER) =>
      verifyAccessToken(ring, clock, token, { issuer }).then(() => 'valid', refusalOf),
    at: async (ms, work) => {
      nowMs = ms
      try {
        return await work()
      } finally {
        nowMs = START_MS
      }
    },
    privateKeyOf: async (kid) => {
      const { rows } = await held.database.run(
        sql`SELECT "tenant_id", "private_jwk" FROM "signing_key" WHERE "id" = ${kid}`
      )
      const [tenantId, stored] = (rows[0] ?? []).map(String)
      const place = { table: 'signing_key', column: 'private_jwk', tenantId: String(tenantId), id: kid }
      return JSON.parse(unseal(secrets(), place, String(stored)))
    }
  }
}

function refusalOf(error: unknown): string {
  if (error instanceof Problem) return `${error.kind}: ${error.message}`
  throw error
}

export function partsOf(token: string): Parts {
  const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  return { header: JSON.parse(String(header)), payload: JSON.parse(String(payload)) }
}

/** Returns the signed part of a token. */
export function signingInput({ header, payload }: Parts): string {
  return [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
}

/** Signs any token with Ed25519. */
export function signed(parts: Parts, key: JsonWebKey): string {
  const input = signingInput(parts)
  return `${input}.${sign(null, Buffer.from(input), createPrivateKey({ key, format: 'jwk' })).toString('base64url')}`
}
