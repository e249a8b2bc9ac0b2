import { plainText } from '../../base/plain-text.ts'
import type { Database } from '../../db/database.ts'
import { boolean, oneOf, optional, rowOf, someOf, text, texts } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { hashSecret } from '../keys/secret.ts'
import { type Scope, scopeList } from './scopes.ts'

/** What a client may ask for. The first two need no browser. */
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
 * Returns the enabled client that a request names by its `clientId`, which is unique in the tenant only, or by our id.
 * The secret tells whose client it is; for a public client, the code or token that it was given does.
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

/** Returns the enabled client of this name that may return to an address, or else another one of this name. */
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

export function clientById(database: Database, tenantId: string, id: string): Promise<OauthClient | undefined> {
  return selectClient(database, sql`"tenant_id" = ${tenantId} AND "id" = ${id}`, sql``)
}

const CLIENT = rowOf('oauth_client', {
  tenantId: text,
  id: text,
  clientId: text,
  secretHash: optional(text),
  grantTypes: someOf(GRANT_TYPES),
  scope: scopeList,
  passwordEncoding: oneOf(PASSWORD_ENCODINGS),
  redirectUris: optional(texts),
  refreshesClientCredentials: boolean,
  partnerId: optional(text)
})

/** Of several, takes the first in this order, then the oldest: a newer client never takes the place of an older one. */
async function selectClient(database: Database, condition: Sql, order: Sql): Promise<OauthClient | undefined> {
  const { rows } = await database.run(
    sql`SELECT ${CLIENT.columns} FROM "oauth_client" WHERE ${condition} AND "is_enabled" ORDER BY ${order}"id" LIMIT 1`,
    { prepared: true }
  )
  const [found] = rows.map(CLIENT.read)
  if (!found) return undefined
  const { scope: scopes, redirectUris = [], ...rest } = found
  return { ...rest, scopes, redirectUris }
}

const USER = rowOf('oauth_user', {
  id: text,
  username: text,
  passwordHash: text,
  scope: scopeList,
  partnerId: optional(text)
})

/** Returns the enabled user of this name in a tenant, in whatever Unicode form and with whatever blanks it is sent. */
export async function findUser(database: Database, tenantId: string, username: string): Promise<OauthUser | undefined> {
  const { rows } = await database.run(
    sql`SELECT ${USER.columns} FROM "oauth_user"
      WHERE "tenant_id" = ${tenantId} AND "username" IN (${username}, ${plainText(username)}) AND "is_enabled"
      ORDER BY "username" = ${username} DESC LIMIT 1`,
    { prepared: true }
  )
  const [found] = rows.map(USER.read)
  if (!found) return undefined
  const { scope: scopes, ...rest } = found
  return { ...rest, tenantId, scopes }
}
