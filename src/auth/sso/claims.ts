import type { JWTPayload } from 'jose'
import { StartError } from '../../base/start-error.ts'
import type { Database } from '../../db/database.ts'
import { prepared } from '../../db/sql.ts'
import { SSO } from '../../messages/sso.ts'
import { partnerNumbered } from '../access/access.ts'
import { isScope, SCOPES, type Scope } from '../access/scopes.ts'
import type { Subject } from '../sign-in/sign-in.ts'
import type { SsoSettings } from './settings.ts'

const TENANT_ID = /^[\w.-]{1,64}$/
/** OpenID Connect Core 1.0, section 2. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/
/** Longer values match nothing here. */
const TEXT_LENGTH_MAX = 256

/** Throws a StartError for an unknown scope. */
export function requireKnownScopes({ scopeMap }: SsoSettings): void {
  for (const scope of [...scopeMap.values()].flat()) {
    if (!isScope(scope)) throw new StartError(`The configuration is wrong. SSO_SCOPE_MAP: ${scope} is no scope`)
  }
}

/**
 * Returns the subject of a verified ID token's claims. Throws `forbidden` if they name no existing tenant or partner,
 * or no role with a scope.
 */
export async function subjectOf(database: Database, settings: SsoSettings, claims: JWTPayload): Promise<Subject> {
  if (!SUBJECT.test(claims.sub ?? '')) throw SSO.noSubject()
  const scopes = scopesOf(settings, claims)
  if (scopes.length === 0) throw SSO.noRole()
  const tenantId = await tenantOf(database, settings, claims)
  const partnerId = await partnerOf(database, settings, claims, tenantId)
  // At many providers people can change their other claims, such as name or address.
  const subject = `sso:${claims.sub}`
  return { grantee: { tenantId, clientId: undefined, userId: undefined, subject, partnerId }, scopes }
}

function scopesOf({ scopeClaim, scopeMap }: SsoSettings, claims: JWTPayload): readonly Scope[] {
  const roles = [claimOf(claims, scopeClaim)].flat()
  const granted = roles.flatMap((role) => (typeof role === 'string' ? (scopeMap.get(role) ?? []) : []))
  return SCOPES.filter((scope) => granted.includes(scope))
}

async function tenantOf(database: Database, { tenant }: SsoSettings, claims: JWTPayload): Promise<string> {
  const id = 'id' in tenant ? tenant.id : textOf(claims, tenant.claim)
  const isThere = id !== undefined && TENANT_ID.test(id) && (await hasTenant(database, id))
  if (!isThere) throw SSO.unknownTenant()
  return id
}

async function hasTenant(database: Database, id: string): Promise<boolean> {
  const { rowCount } = await database.run(prepared`SELECT FROM "tenant" WHERE "id" = ${id}`)
  return rowCount > 0
}

/** A person with the claim belongs to a partner; without it, to the provider. */
async function partnerOf(
  database: Database,
  { partnerClaim }: SsoSettings,
  claims: JWTPayload,
  tenantId: string
): Promise<string | undefined> {
  if (partnerClaim === undefined || claimOf(claims, partnerClaim) === undefined) return undefined
  const partner = await partnerNumbered(database, tenantId, textOf(claims, partnerClaim) ?? '')
  if (!partner) throw SSO.unknownPartner()
  return partner.id
}

function textOf(claims: JWTPayload, name: string): string | undefined {
  const value = claimOf(claims, name)
  return typeof value === 'string' && value.length <= TEXT_LENGTH_MAX && !value.includes('\0') ? value : undefined
}

/** Reads own members only, so that names such as `constructor` are not found. */
function claimOf(claims: JWTPayload, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}
