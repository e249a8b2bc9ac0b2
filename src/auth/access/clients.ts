import type { Database } from '../../db/database.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { hashSecret } from '../keys/secret.ts'
import type { Scope } from './scopes.ts'

/** What a client may ask for; the first two work without a person's browser. */
export const GRANT_TYPES = ['password', 'client_credentials', 'refresh_token', 'authorization_code'] as const

export type GrantType = (typeof GRANT_TYPES)[number]

/** How a client sends passwords: as their lower-case hex SHA-256, or as they are. */
export const PASSWORD_ENCODINGS = ['sha256', 'plain'] as const

/** A program that asks for tokens, in one tenant (RFC 6749, section 2). */
export interface OauthClient {
  readonly tenantId: string
  /** Our id of the client; the one that requests name is `clientId`. */
  readonly id: string
  readonly clientId: string
  /** None for a public client (RFC 6749, section 2.1). */
  readonly secretHash: string | undefined
  readonly grantTypes: readonly GrantType[]
  readonly scopes: readonly Scope[]
  readonly passwordEncoding: (typeof PASSWORD_ENCODINGS)[number]
  readonly redirectUris: readonly string[]
  /** Whether client_credentials comes with a refresh token. */
  readonly refreshesClientCredentials: boolean
  /** The partner that the client belongs to. */
  readonly partnerId: string | undefined
}

/** A person with a password. */
export interface OauthUser {
  readonly tenantId: string
  readonly id: string
  readonly username: string
  readonly passwordHash: string
  readonly scopes: readonly Scope[]
  readonly partnerId: string | undefined
}

/** What a request shows besides the name of its client. */
export interface Shown {
  /** None of a public client. */
  readonly secret: string | undefined
  /** A code or a token that the client was given. */
  readonly given?: string | undefined
}

/**
 * The enabled client that a request names by its `clientId`, which is unique in the tenant only, or by our id of it,
 * which nobody chooses. Its secret tells whose client it is; of a public one what it was given does.
 */
export function findClient(
  database: Database,
  name: string,
  { secret, given }: Shown
): Promise<OauthClient | undefined> {
  const isShown = secret === undefined ? sql`"secret_hash" IS NULL` : sql`"secret_hash" = ${hashSecret(secret)}`
  const hash = given === undefined ? '' : hashSecret(given)
  return selectClient(
    database,
    sql`${isNamed(name)} AND ${isShown}`,
    sql`"id" = ${name} DESC, "id" IN (SELECT "client_id" FROM "oauth_authorization_code" WHERE "hash" = ${hash}
      UNION ALL
      SELECT g."client_id" FROM "oauth_refresh_token" r
      JOIN "oauth_grant" g ON g."tenant_id" = r."tenant_id" AND g."id" = r."grant_id" WHERE r."hash" = ${hash}) DESC, `
  )
}

/** The enabled client of this name that may return to an address; else one of this name. */
export function findReturningClient(
  database: Database,
  name: string,
  redirectUri: string
): Promise<OauthClient | undefined> {
  return selectClient(
    database,
    isNamed(name),
    sql`"id" = ${name} DESC, coalesce("redirect_uris" @> to_jsonb(${redirectUri}::text), false) DESC, `
  )
}

function isNamed(name: string): Sql {
  return sql`("client_id" = ${name} OR "id" = ${name})`
}

/** The enabled client with our id. */
export function clientById(database: Database, tenantId: string, id: string): Promise<OauthClient | undefined> {
  return selectClient(database, sql`"tenant_id" = ${tenantId} AND "id" = ${id}`, sql``)
}

/** Of several the first in this order, and then the oldest: nobody takes the place of one that is there. */
async function selectClient(database: Database, condition: Sql, order: Sql): Promise<OauthClient | undefined> {
  const { rows } = await database.run(
    sql`SELECT "tenant_id", "id", "client_id", "secret_hash", "grant_types", "scope", "password_encoding",
        "redirect_uris", "refreshes_client_credentials", "partner_id"
      FROM "oauth_client" WHERE ${condition} AND "is_enabled" ORDER BY ${order}"id" LIMIT 1`,
    { prepared: true }
  )
  const [row] = rows
  if (!row) return undefined
  const [tenantId, id, clientId, secretHash, grantTypes, scope, encoding, redirectUris, refreshes, partnerId] = row
  return {
    tenantId: String(tenantId),
    id: String(id),
    clientId: String(clientId),
    secretHash: secretHash ?? undefined,
    grantTypes: JSON.parse(grantTypes ?? '[]') as readonly GrantType[],
    scopes: JSON.parse(scope ?? '[]') as readonly Scope[],
    passwordEncoding: encoding === 'plain' ? 'plain' : 'sha256',
    redirectUris: JSON.parse(redirectUris ?? '[]') as readonly string[],
    refreshesClientCredentials: refreshes === 't',
    partnerId: partnerId ?? undefined
  }
}

/** The enabled user of this name in a tenant. */
export async function findUser(database: Database, tenantId: string, username: string): Promise<OauthUser | undefined> {
  const { rows } = await database.run(
    sql`SELECT "id", "password_hash", "scope", "partner_id" FROM "oauth_user"
      WHERE "tenant_id" = ${tenantId} AND "username" = ${username} AND "is_enabled"`,
    { prepared: true }
  )
  const [row] = rows
  if (!row) return undefined
  const [id, passwordHash, scope, partnerId] = row
  return {
    tenantId,
    id: String(id),
    username,
    passwordHash: String(passwordHash),
    scopes: JSON.parse(scope ?? '[]') as readonly Scope[],
    partnerId: partnerId ?? undefined
  }
}
