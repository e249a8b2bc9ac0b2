import { type Instant, later } from '../../base/instant.ts'
import type { Database, Queryable, Transaction } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { hashSecret, newSecret } from '../keys/secret.ts'
import type { Scope } from './scopes.ts'

/** For whom a grant is made. */
export interface Grantee {
  readonly tenantId: string
  /** Our id of the client; none for a person whom the identity provider sent. */
  readonly clientId: string | undefined
  readonly userId: string | undefined
  /** Who is let in, in words. */
  readonly subject: string
  readonly partnerId: string | undefined
}

/** What kind of actor a grant is for; a client that acts for itself is its own subject. */
export function actorTypeOf(
  { userId, subject }: { readonly userId?: string | null | undefined; readonly subject: string },
  clientName: string | undefined
): 'user' | 'client' | 'sso' {
  if (userId) return 'user'
  return subject === clientName ? 'client' : 'sso'
}

/**
 * For so long a used refresh token is taken again from its client: the answer to the first use may have been lost on
 * the way, and who sends it again is the one that it was for.
 */
const REPEATABLE_S = 10

/** A refresh token as it was found; one that may be repeated is not used. */
export interface FoundRefreshToken {
  readonly grantee: Grantee
  readonly grantId: string
  readonly hash: string
  readonly scopes: readonly Scope[]
  readonly isUsed: boolean
}

/** Opens a grant, whose tokens live until it expires or is revoked. */
export async function openGrant(
  tx: Transaction,
  grantId: string,
  { tenantId, clientId, userId, subject, partnerId }: Grantee,
  scopes: readonly Scope[],
  expiresAt: Instant
): Promise<void> {
  await tx.run(
    sql`INSERT INTO "oauth_grant"
        ("tenant_id", "id", "client_id", "user_id", "subject", "scope", "partner_id", "expires_at")
      VALUES (${tenantId}, ${grantId}, ${clientId}, ${userId}, ${subject}, ${JSON.stringify(scopes)}, ${partnerId},
        ${expiresAt})`,
    { prepared: true }
  )
}

/** Adds a refresh token to a grant, which lives at least as long, and answers the token. */
export async function addRefreshToken(
  tx: Transaction,
  tenantId: string,
  grantId: string,
  expiresAt: Instant
): Promise<string> {
  const token = newSecret()
  await tx.run(
    sql`INSERT INTO "oauth_refresh_token" ("tenant_id", "hash", "grant_id", "expires_at")
      VALUES (${tenantId}, ${hashSecret(token)}, ${grantId}, ${expiresAt})`,
    { prepared: true }
  )
  await tx.run(
    sql`UPDATE "oauth_grant" SET "expires_at" = greatest("expires_at", ${expiresAt}::timestamptz)
      WHERE "tenant_id" = ${tenantId} AND "id" = ${grantId}`,
    { prepared: true }
  )
  return token
}

/** Looks up a refresh token whose grant lives; an expired one is none. */
export async function findRefreshToken(
  queryable: Queryable,
  token: string,
  now: Instant
): Promise<FoundRefreshToken | undefined> {
  const hash = hashSecret(token)
  const { rows } = await queryable.run(
    sql`SELECT g."tenant_id", g."id", g."client_id", g."user_id", g."subject", g."partner_id", g."scope",
        coalesce(r."used_at" <= ${later(now, -REPEATABLE_S)}::timestamptz, false)
      FROM "oauth_refresh_token" r
      JOIN "oauth_grant" g ON g."tenant_id" = r."tenant_id" AND g."id" = r."grant_id"
      WHERE r."hash" = ${hash} AND r."expires_at" > ${now} AND g."revoked_at" IS NULL`,
    { prepared: true }
  )
  const [row] = rows
  if (!row) return undefined
  const [tenantId, grantId, clientId, userId, subject, partnerId, scope, isUsed] = row
  const grantee = {
    tenantId: String(tenantId),
    clientId: clientId ?? undefined,
    userId: userId ?? undefined,
    subject: String(subject),
    partnerId: partnerId ?? undefined
  }
  const scopes = JSON.parse(scope ?? '[]') as readonly Scope[]
  return { grantee, grantId: String(grantId), hash, scopes, isUsed: isUsed === 't' }
}

/** Uses a refresh token up; false when somebody did longer ago than it may be repeated. */
export async function useRefreshToken(
  tx: Transaction,
  { grantee, hash }: FoundRefreshToken,
  now: Instant
): Promise<boolean> {
  const { rowCount } = await tx.run(
    sql`UPDATE "oauth_refresh_token" SET "used_at" = coalesce("used_at", ${now}::timestamptz)
      WHERE "tenant_id" = ${grantee.tenantId} AND "hash" = ${hash}
        AND coalesce("used_at" > ${later(now, -REPEATABLE_S)}::timestamptz, true)`,
    { prepared: true }
  )
  return rowCount === 1
}

/** Ends a grant and with it all its tokens; ending it again changes nothing. */
export async function revokeGrant(database: Database, tenantId: string, grantId: string, now: Instant): Promise<void> {
  await database.run(
    sql`UPDATE "oauth_grant" SET "revoked_at" = ${now}
      WHERE "tenant_id" = ${tenantId} AND "id" = ${grantId} AND "revoked_at" IS NULL`,
    { prepared: true }
  )
}

/** The client and partner of a grant, whether it lives or not. */
export async function ownersOf(
  queryable: Queryable,
  tenantId: string,
  grantId: string
): Promise<Pick<Grantee, 'clientId' | 'partnerId'> | undefined> {
  const { rows } = await queryable.run(
    sql`SELECT "client_id", "partner_id" FROM "oauth_grant" WHERE "tenant_id" = ${tenantId} AND "id" = ${grantId}`,
    { prepared: true }
  )
  const [row] = rows
  return row && { clientId: row[0] ?? undefined, partnerId: row[1] ?? undefined }
}
