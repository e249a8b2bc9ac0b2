import { z } from 'zod'

export interface SsoSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly tenant: { readonly id: string } | { readonly claim: string }
  readonly scopeClaim: string
  readonly scopeMap: ReadonlyMap<string, readonly string[]>
  readonly partnerClaim: string | undefined
}

const claim = z.string().regex(/^[\w.:/-]{1,200}$/, 'must be the name of a claim')
const visible = z.string().regex(/^[\x21-\x7e]{1,512}$/, 'must be visible ASCII characters')

export const ssoVariables = {
  SSO_ISSUER: z
    .string()
    .refine(isIssuer, 'must be an https:// address without user, query and fragment (http:// on loopback only)')
    .optional(),
  SSO_CLIENT_ID: visible.optional(),
  SSO_CLIENT_SECRET: visible.optional(),
  SSO_TENANT: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be the id of a tenant')
    .optional(),
  SSO_TENANT_CLAIM: claim.optional(),
  SSO_SCOPE_CLAIM: claim.optional(),
  SSO_SCOPE_MAP: z.string().transform(scopeMap).optional(),
  SSO_PARTNER_CLAIM: claim.optional()
}

type Variables = { readonly [Name in keyof typeof ssoVariables]?: z.output<(typeof ssoVariables)[Name]> }

export function ssoSettings(variables: Variables): SsoSettings | undefined {
  const { SSO_ISSUER: issuer, SSO_CLIENT_ID: clientId, SSO_CLIENT_SECRET: clientSecret } = variables
  const { SSO_TENANT: id, SSO_TENANT_CLAIM: tenantClaim, SSO_PARTNER_CLAIM: partnerClaim } = variables
  const { SSO_SCOPE_CLAIM: scopeClaim, SSO_SCOPE_MAP: map } = variables
  const tenant = id === undefined ? tenantClaim && { claim: tenantClaim } : { id }
  // requireWhole refuses a configuration without one of them.
  if (!issuer || !clientId || !clientSecret || !tenant || !scopeClaim || !map) return undefined
  return { issuer, clientId, clientSecret, tenant, scopeClaim, scopeMap: map, partnerClaim }
}

/** Reports variables that SSO_ISSUER needs and lacks, or one too many. */
export function requireWhole(variables: Variables, context: z.RefinementCtx): void {
  if (variables.SSO_ISSUER === undefined) return
  const needed = ['SSO_CLIENT_ID', 'SSO_CLIENT_SECRET', 'SSO_SCOPE_CLAIM', 'SSO_SCOPE_MAP'] as const
  for (const name of needed) {
    if (variables[name] === undefined) mistake(context, name, 'is needed with SSO_ISSUER')
  }
  const hasTenant = variables.SSO_TENANT !== undefined
  if (hasTenant === (variables.SSO_TENANT_CLAIM !== undefined)) {
    mistake(context, 'SSO_TENANT', 'either it or SSO_TENANT_CLAIM is needed with SSO_ISSUER')
  }
}

function mistake(context: z.RefinementCtx, name: string, message: string): void {
  context.addIssue({ code: 'custom', path: [name], message })
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

function isIssuer(text: string): boolean {
  if (!URL.canParse(text) || /[?#@\s]/.test(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

const SCOPE_MAP = z.record(z.string().min(1), z.array(z.string().regex(/^[a-z]+(:[a-z]+)?$/)).min(1))

function scopeMap(text: string, context: z.RefinementCtx): ReadonlyMap<string, readonly string[]> {
  try {
    const map = new Map(Object.entries(SCOPE_MAP.parse(JSON.parse(text))))
    if (map.size > 0) return map
  } catch {
    // The original error may quote the value.
  }
  context.addIssue({ code: 'custom', message: 'must be JSON such as {"billing-staff": ["bill:read", "bill:write"]}' })
  return z.NEVER
}
