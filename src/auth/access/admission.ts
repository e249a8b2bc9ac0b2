import type { Database } from '../../db/database.ts'
import { boolean, computed, instant, optional, rowOf, text, texts } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import { ACCESS } from '../../messages/access.ts'
import { Problem } from '../../messages/problem.ts'
import { hashSecret } from '../keys/secret.ts'
import { type AddressList, parseAddressList } from './address-list.ts'
import { actorTypeOf } from './grants.ts'
import type { Principal } from './principal.ts'
import { covers, type Scope, scopeList } from './scopes.ts'

export interface Admission {
  readonly principal: Principal
  /** In ms since 1970. */
  readonly expiresAtMs: number
  /** Undefined allows any address. */
  readonly addresses: AddressList | undefined
}

export interface GrantOfToken {
  readonly tenantId: string
  readonly grantId: string
  readonly scopes: readonly Scope[]
  /** In seconds since 1970. */
  readonly expiresAt: number
}

const GRANT = rowOf(
  'oauth_grant',
  {
    revokedAt: optional(instant),
    subject: text,
    clientId: optional(text),
    clientName: computed(optional(text), sql`c."client_id"`),
    isClientEnabled: computed(optional(boolean), sql`c."is_enabled"`),
    clientScopes: computed(optional(scopeList), sql`c."scope"`),
    userId: optional(text),
    isUserEnabled: computed(optional(boolean), sql`u."is_enabled"`),
    userScopes: computed(optional(scopeList), sql`u."scope"`),
    partnerId: optional(text),
    accountNumber: computed(optional(text), sql`p."account_number"`),
    isPartnerOfUser: computed(boolean, sql`u."partner_id" IS NOT DISTINCT FROM g."partner_id"`)
  },
  'g'
)

/**
 * Admits a token while its grant is not revoked and its client and user exist, are enabled and still have the token's
 * scopes. Throws `invalidCredentials`.
 */
export async function admitGrant(database: Database, token: GrantOfToken): Promise<Admission> {
  const { rows } = await database.run(prepared`SELECT ${GRANT.columns}
      FROM "oauth_grant" g
      LEFT JOIN "oauth_client" c ON c."tenant_id" = g."tenant_id" AND c."id" = g."client_id"
      LEFT JOIN "oauth_user" u ON u."tenant_id" = g."tenant_id" AND u."id" = g."user_id"
      LEFT JOIN "partner" p ON p."tenant_id" = g."tenant_id" AND p."id" = g."partner_id"
      WHERE g."tenant_id" = ${token.tenantId} AND g."id" = ${token.grantId}`)
  const [grant] = rows.map(GRANT.read)
  if (!grant || grant.revokedAt !== undefined) throw ACCESS.tokenRevoked()
  const { subject, clientId, clientName, userId } = grant
  if (!isAllowed(grant, token.scopes)) throw ACCESS.grantTakenBack()
  const type = actorTypeOf({ userId, subject }, clientName)
  const actor = { type, id: { user: userId, client: clientId, sso: subject }[type] ?? '', name: subject }
  const principal: Principal = {
    tenantId: token.tenantId,
    actor,
    scopes: token.scopes,
    partner: partnerOf(grant),
    isProxy: false
  }
  return { principal, expiresAtMs: token.expiresAt * 1_000, addresses: undefined }
}

export async function isGranted(database: Database, grant: Omit<GrantOfToken, 'expiresAt'>): Promise<boolean> {
  const admission = await admitGrant(database, { ...grant, expiresAt: 0 }).catch(unlessRefused)
  return admission !== undefined
}

/** Turns a refusal into undefined and throws any other error. */
export function unlessRefused(error: unknown): undefined {
  if (error instanceof Problem && error.status === 401) return undefined
  throw error
}

function isAllowed(grant: ReturnType<typeof GRANT.read>, wanted: readonly Scope[]): boolean {
  const { clientId, isClientEnabled, clientScopes, userId, isUserEnabled, userScopes, isPartnerOfUser } = grant
  const isAllowedClient = clientId === undefined || (isClientEnabled === true && coversAll(clientScopes, wanted))
  const isAllowedUser = userId === undefined || (isUserEnabled === true && coversAll(userScopes, wanted))
  return isAllowedClient && isAllowedUser && (userId === undefined || isPartnerOfUser)
}

function coversAll(granted: readonly Scope[] = [], wanted: readonly Scope[]): boolean {
  return wanted.every((scope) => covers(granted, scope))
}

function partnerOf({ partnerId, accountNumber }: ReturnType<typeof KEY.read | typeof GRANT.read>) {
  if (partnerId === undefined) return undefined
  if (accountNumber === undefined) throw new Error(`the partner ${partnerId} of a credential is missing`)
  return { id: partnerId, accountNumber }
}

const KEY = rowOf(
  'api_key',
  {
    tenantId: text,
    id: text,
    name: text,
    scope: scopeList,
    allowedAddresses: optional(texts),
    expiresAt: optional(instant),
    isEnabled: boolean,
    partnerId: optional(text),
    accountNumber: computed(optional(text), sql`p."account_number"`)
  },
  'k'
)

/** Admits an enabled API key. Throws `invalidCredentials`. */
export async function admitApiKey(database: Database, key: string): Promise<Admission> {
  const { rows } = await database.run(prepared`SELECT ${KEY.columns}
      FROM "api_key" k
      LEFT JOIN "partner" p ON p."tenant_id" = k."tenant_id" AND p."id" = k."partner_id"
      WHERE k."key_hash" = ${hashSecret(key)}`)
  const [found] = rows.map(KEY.read)
  if (!found?.isEnabled) throw ACCESS.unknownKey()
  const { tenantId, id, name, scope: scopes, allowedAddresses, expiresAt } = found
  const actor = { type: 'apiKey', id, name } as const
  return {
    principal: { tenantId, actor, scopes, partner: partnerOf(found), isProxy: false },
    expiresAtMs: expiresAt ? Date.parse(expiresAt) : Number.POSITIVE_INFINITY,
    addresses: allowedAddresses && storedList(allowedAddresses)
  }
}

/** An unreadable list admits nobody. */
function storedList(stored: readonly string[]): AddressList {
  const list = parseAddressList(stored)
  if ('faulty' in list) throw ACCESS.unreadableAddresses()
  return list
}

export async function noteUse(database: Database, { tenantId, actor }: Principal, now: string): Promise<void> {
  await database.run(
    prepared`UPDATE "api_key" SET "last_used_at" = ${now} WHERE "tenant_id" = ${tenantId} AND "id" = ${actor.id}`
  )
}
