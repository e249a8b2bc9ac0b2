import { someOf } from '../../db/row.ts'

export const SCOPE_DESCRIPTIONS = {
  trust: 'Everything of the tenant, or of the partner',
  'bill:read': 'Read bills, rates, requests for bills and cycles',
  'bill:write': 'Create, change and delete them',
  'billing:run': 'Run the billing',
  'account:read': 'Read customers, accounts and balances',
  'account:write': 'Create and change them, and pay',
  'correction:approve': 'Approve and reject corrections above the limit of the tenant',
  'event:read': 'Read events, and who is subscribed to them',
  'event:write': 'Subscribe to events, and change and end subscriptions',
  partner: 'Act as a channel partner',
  admin: 'Manage users, clients, keys, partners and the settings of the tenant, and read the audit'
} as const

export type Scope = keyof typeof SCOPE_DESCRIPTIONS

export const SCOPES: readonly Scope[] = Object.keys(SCOPE_DESCRIPTIONS).filter(isScope)

/** Includes every other scope of its tenant, or of its partner. */
const ALL = 'trust'

export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPE_DESCRIPTIONS, text)
}

/** Reads a stored list; drops names that are no longer scopes. */
export const scopeList = someOf(SCOPES)

/** Takes `trust` for every scope. */
export function covers(granted: Iterable<Scope>, wanted: Scope): boolean {
  for (const scope of granted) if (scope === wanted || scope === ALL) return true
  return false
}

/** Returns the scopes in both lists, taking `trust` for all, in the order of SCOPES. */
export function common(one: readonly Scope[], other: readonly Scope[]): readonly Scope[] {
  return SCOPES.filter((scope) => covers(one, scope) && covers(other, scope)).filter(
    (scope) => one.includes(scope) || other.includes(scope)
  )
}
