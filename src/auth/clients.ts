import type { Database } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
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

/** The enabled client of this name, whose tenant is known by it alone. */
export function findClient(database: Database, clientId: string): Promise<OauthClient | undefined> {
  return selectClient(database, sql`"client_id" = ${clientId}`)
}

/** The enabled client with our id. */
export function clientById(database: Database, tenantId: string, id: string): Promise<OauthClient | undefined> {
  return selectClient(database, sql`"tenant_id" = ${tenantId} AND "id" = ${id}`)
}

async function selectClient(database: Database, condition: Sql): Promise<OauthClient | undefined> {
  const { rows } = await database.run(
    sql`SELECT "tenant_id", "id", "client_id", "secret_hash", "grant_types", "scope", "password_encoding",
        "redirect_uris", "refreshes_client_credentials", "partner_id"
      FROM "oauth_client" WHERE ${condition} AND "is_enabled"`,
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
