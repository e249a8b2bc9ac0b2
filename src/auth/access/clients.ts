import { plainText } from '../../base/plain-text.ts'
import type { Database } from '../../db/database.ts'
import { boolean, oneOf, optional, rowOf, someOf, text, texts } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { hashSecret } from '../keys/secret.ts'
import { type Scope, scopeList } from './scopes.ts'

export const GRANT_TYPES = ['password', 'client_credentials', 'refresh_token', 'authorization_code'] as const

export type GrantType = (typeof GRANT_TYPES)[number]

/** As lower-case hex SHA-256, or in plain text. */
export const PASSWORD_ENCODINGS = ['sha256', 'plain'] as const

export interface OauthClient extends Omit<ReturnType<typeof CLIENT.read>, 'scope'> {
  readonly scopes: readonly Scope[]
  readonly redirectUris: readonly string[]
}

export interface OauthUser extends Omit<ReturnType<typeof USER.read>, 'scope'> {
  readonly scopes: readonly Scope[]
}

export interface Shown {
  readonly secret: string | undefined
  readonly given?: string | undefined
}

/**
 * Finds an enabled client by its `clientId`, which is unique in its tenant only, or by its id. The secret picks the
 * tenant; for a public client, the given code or token does.
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

/** Finds an enabled client of this name that may return to an address, else another one of this name. */
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

/** Takes the first by `order`, then the oldest: a newer client never replaces an older one. */
async function selectClient(database: Database, condition: Sql, order: Sql): Promise<OauthClient | undefined> {
  const { rows } = await database.run(
    prepared`SELECT ${CLIENT.columns} FROM "oauth_client"
      WHERE ${condition} AND "is_enabled" ORDER BY ${order}"id" LIMIT 1`
  )
  const [found] = rows.map(CLIENT.read)
  if (!found) return undefined
  const { scope: scopes, redirectUris = [], ...rest } = found
  return { ...rest, scopes, redirectUris }
}

const USER = rowOf('oauth_user', {
  tenantId: text,
  id: text,
  username: text,
  passwordHash: text,
  scope: scopeList,
  partnerId: optional(text)
})

/** Finds an enabled user by name, in any Unicode form and with any blanks. */
export async function findUser(database: Database, tenantId: string, username: string): Promise<OauthUser | undefined> {
  const { rows } = await database.run(prepared`SELECT ${USER.columns} FROM "oauth_user"
      WHERE "tenant_id" = ${tenantId} AND "username" IN (${username}, ${plainText(username)}) AND "is_enabled"
      ORDER BY "username" = ${username} DESC LIMIT 1`)
  const [found] = rows.map(USER.read)
  if (!found) return undefined
  const { scope: scopes, ...rest } = found
  return { ...rest, scopes }
}
