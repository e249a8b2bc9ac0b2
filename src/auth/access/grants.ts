import { type Instant, later } from '../../base/instant.ts'
import type { Database, Queryable, Transaction } from '../../db/database.ts'
import { boolean, computed, optional, rowOf, text } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import { hashSecret, newSecret } from '../keys/secret.ts'
import { type Scope, scopeList } from './scopes.ts'

export interface Grantee {
  readonly tenantId: string
  readonly clientId: string | undefined
  readonly userId: string | undefined
  readonly subject: string
  readonly partnerId: string | undefined
}

/** Returns the kind of actor. A client that acts for itself is its own subject. */
export function actorTypeOf(
  { userId, subject }: { readonly userId?: string | undefined; readonly subject: string },
  clientName: string | undefined
): 'user' | 'client' | 'sso' {
  if (userId) return 'user'
  return subject === clientName ? 'client' : 'sso'
}

/** A used refresh token works again for this long: the client may have lost the first response. */
const REPEATABLE_S = 10

/** `isUsed` is false while the token may be used again. */
export interface FoundRefreshToken {
  readonly grantee: Grantee
  readonly grantId: string
  readonly hash: string
  readonly scopes: readonly Scope[]
  readonly isUsed: boolean
}

export async function openGrant(
  tx: Transaction,
  grantId: string,
  { tenantId, clientId, userId, subject, partnerId }: Grantee,
  scopes: readonly Scope[],
  expiresAt: Instant
): Promise<void> {
  await tx.run(prepared`INSERT INTO "oauth_grant"
        ("tenant_id", "id", "client_id", "user_id", "subject", "scope", "partner_id", "expires_at")
      VALUES (${tenantId}, ${grantId}, ${clientId}, ${userId}, ${subject}, ${JSON.stringify(scopes)}, ${partnerId},
        ${expiresAt})`)
}

/** Adds a refresh token and extends its grant to the same lifetime. Returns the token. */
export async function addRefreshToken(
  tx: Transaction,
  tenantId: string,
  grantId: string,
  expiresAt: Instant
): Promise<string> {
  const token = newSecret()
  await tx.run(prepared`INSERT INTO "oauth_refresh_token" ("tenant_id", "hash", "grant_id", "expires_at")
      VALUES (${tenantId}, ${hashSecret(token)}, ${grantId}, ${expiresAt})`)
  await tx.run(prepared`UPDATE "oauth_grant" SET "expires_at" = greatest("expires_at", ${expiresAt}::timestamptz)
      WHERE "tenant_id" = ${tenantId} AND "id" = ${grantId}`)
  return token
}

const GRANTEE = { clientId: optional(text), partnerId: optional(text) }
const GRANT = { ...GRANTEE, tenantId: text, id: text, userId: optional(text), subject: text, scope: scopeList }
const OWNERS = rowOf('oauth_grant', GRANTEE)

/** Finds a refresh token that has not expired and whose grant lives. */
export async function findRefreshToken(
  queryable: Queryable,
  token: string,
  now: Instant
): Promise<FoundRefreshToken | undefined> {
  const hash = hashSecret(token)
  const isUsed = sql`coalesce(r."used_at" <= ${later(now, -REPEATABLE_S)}::timestamptz, false)`
  const refreshed = rowOf('oauth_grant', { ...GRANT, isUsed: computed(boolean, isUsed) }, 'g')
  const { rows } = await queryable.run(prepared`SELECT ${refreshed.columns} FROM "oauth_refresh_token" r
      JOIN "oauth_grant" g ON g."tenant_id" = r."tenant_id" AND g."id" = r."grant_id"
      WHERE r."hash" = ${hash} AND r."expires_at" > ${now} AND g."revoked_at" IS NULL`)
  const [found] = rows.map(refreshed.read)
  if (!found) return undefined
  const { id: grantId, scope: scopes, isUsed: used, ...grantee } = found
  return { grantee, grantId, hash, scopes, isUsed: used }
}

/** Uses a refresh token up. Returns false if it was used too long ago to repeat. */
export async function useRefreshToken(
  tx: Transaction,
  { grantee, hash }: FoundRefreshToken,
  now: Instant
): Promise<boolean> {
  const { rowCount } =
    await tx.run(prepared`UPDATE "oauth_refresh_token" SET "used_at" = coalesce("used_at", ${now}::timestamptz)
      WHERE "tenant_id" = ${grantee.tenantId} AND "hash" = ${hash}
        AND coalesce("used_at" > ${later(now, -REPEATABLE_S)}::timestamptz, true)`)
  return rowCount === 1
}

/** Ends a grant with all its tokens; repeating it changes nothing. */
export async function revokeGrant(database: Database, tenantId: string, grantId: string, now: Instant): Promise<void> {
  await database.run(prepared`UPDATE "oauth_grant" SET "revoked_at" = ${now}
      WHERE "tenant_id" = ${tenantId} AND "id" = ${grantId} AND "revoked_at" IS NULL`)
}

export async function ownersOf(
  queryable: Queryable,
  tenantId: string,
  grantId: string
): Promise<Pick<Grantee, 'clientId' | 'partnerId'> | undefined> {
  const { rows } = await queryable.run(
    prepared`SELECT ${OWNERS.columns} FROM "oauth_grant" WHERE "tenant_id" = ${tenantId} AND "id" = ${grantId}`
  )
  return rows.map(OWNERS.read)[0]
}
