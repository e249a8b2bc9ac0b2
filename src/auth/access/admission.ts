import { instantFromPostgres } from '../../base/instant.ts'
import { Problem } from '../../base/problem.ts'
import type { Database } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { hashSecret } from '../keys/secret.ts'
import { type AddressList, parseAddressList } from './address-list.ts'
import { actorTypeOf } from './grants.ts'
import type { Principal } from './principal.ts'
import { covers, type Scope } from './scopes.ts'

/** A credential that is good at this moment, and whom it lets in. */
export interface Admission {
  readonly principal: Principal
  /** When it ends, in ms since 1970. */
  readonly expiresAtMs: number
  /** From where it may be used; from anywhere without a list. */
  readonly addresses: AddressList | undefined
}

/** What the admission of a token hangs on besides its signature. */
export interface GrantOfToken {
  readonly tenantId: string
  readonly grantId: string
  readonly scopes: readonly Scope[]
  /** In seconds since 1970. */
  readonly expiresAt: number
}

/**
 * Lets a token in while its grant lives: not revoked, its client and user there and enabled, and still allowed what the
 * token says. Throws `invalidCredentials`.
 */
export async function admitGrant(database: Database, token: GrantOfToken): Promise<Admission> {
  const { rows } = await database.run(
    sql`SELECT g."revoked_at", g."subject", g."client_id", c."client_id", c."is_enabled", c."scope",
        g."user_id", u."is_enabled", u."scope", g."partner_id", p."account_number",
        u."partner_id" IS NOT DISTINCT FROM g."partner_id"
      FROM "oauth_grant" g
      LEFT JOIN "oauth_client" c ON c."tenant_id" = g."tenant_id" AND c."id" = g."client_id"
      LEFT JOIN "oauth_user" u ON u."tenant_id" = g."tenant_id" AND u."id" = g."user_id"
      LEFT JOIN "partner" p ON p."tenant_id" = g."tenant_id" AND p."id" = g."partner_id"
      WHERE g."tenant_id" = ${token.tenantId} AND g."id" = ${token.grantId}`,
    { prepared: true }
  )
  const [row] = rows
  if (!row || row[0] !== null) throw new Problem('invalidCredentials', 'The token was revoked')
  const [, subject, clientId, clientName, clientEnabled, clientScope, userId, userEnabled, userScope] = row
  const [partnerId, accountNumber, isSamePartner] = row.slice(9)
  const bounds = [
    ...(clientId ? [{ isEnabled: clientEnabled, scope: clientScope }] : []),
    ...(userId ? [{ isEnabled: userEnabled, scope: userScope }] : [])
  ]
  const isAllowed = bounds.every(({ isEnabled, scope }) => isEnabled === 't' && coversAll(scope, token.scopes))
  if (!isAllowed || (userId && isSamePartner !== 't')) {
    throw new Problem('invalidCredentials', 'What this token was granted has been taken back')
  }
  const type = actorTypeOf({ userId, subject: String(subject) }, clientName ?? undefined)
  const actor = { type, id: { user: userId, client: clientId, sso: subject }[type] ?? '', name: String(subject) }
  const principal: Principal = {
    tenantId: token.tenantId,
    actor,
    scopes: token.scopes,
    partner: partnerId ? { id: partnerId, accountNumber: String(accountNumber) } : undefined,
    isProxy: false
  }
  return { principal, expiresAtMs: token.expiresAt * 1_000, addresses: undefined }
}

/** Whether a grant still lives and allows these scopes. */
export async function isGranted(database: Database, grant: Omit<GrantOfToken, 'expiresAt'>): Promise<boolean> {
  const admission = await admitGrant(database, { ...grant, expiresAt: 0 }).catch(unlessRefused)
  return admission !== undefined
}

/** What is refused is no credential; anything else is a failure. */
export function unlessRefused(error: unknown): undefined {
  if (error instanceof Problem && error.status === 401) return undefined
  throw error
}

function coversAll(granted: string | null | undefined, wanted: readonly Scope[]): boolean {
  const scopes = JSON.parse(granted ?? '[]') as readonly Scope[]
  return wanted.every((scope) => covers(scopes, scope))
}

/** Lets an API key in while it is enabled. Throws `invalidCredentials`. */
export async function admitApiKey(database: Database, key: string): Promise<Admission> {
  const { rows } = await database.run(
    sql`SELECT k."tenant_id", k."id", k."name", k."scope", k."allowed_addresses", k."expires_at", k."is_enabled",
        k."partner_id", p."account_number"
      FROM "api_key" k
      LEFT JOIN "partner" p ON p."tenant_id" = k."tenant_id" AND p."id" = k."partner_id"
      WHERE k."key_hash" = ${hashSecret(key)}`,
    { prepared: true }
  )
  const [row] = rows
  if (row?.[6] !== 't') throw new Problem('invalidCredentials', 'There is no such API key')
  const [tenantId, id, name, scope, addresses, expiresAt, , partnerId, accountNumber] = row
  const principal: Principal = {
    tenantId: String(tenantId),
    actor: { type: 'apiKey', id: String(id), name: String(name) },
    scopes: JSON.parse(scope ?? '[]') as readonly Scope[],
    partner: partnerId ? { id: partnerId, accountNumber: String(accountNumber) } : undefined,
    isProxy: false
  }
  return {
    principal,
    expiresAtMs: expiresAt ? Date.parse(instantFromPostgres(expiresAt)) : Number.POSITIVE_INFINITY,
    addresses: addresses ? storedList(addresses) : undefined
  }
}

/** A list that cannot be read any more lets nobody in. */
function storedList(json: string): AddressList {
  const list = parseAddressList(JSON.parse(json) as readonly string[])
  if ('faulty' in list) throw new Problem('invalidCredentials', 'The address list of this API key cannot be read')
  return list
}

/** Notes that a key was used. */
export async function noteUse(database: Database, { tenantId, actor }: Principal, now: string): Promise<void> {
  await database.run(
    sql`UPDATE "api_key" SET "last_used_at" = ${now} WHERE "tenant_id" = ${tenantId} AND "id" = ${actor.id}`,
    { prepared: true }
  )
}
