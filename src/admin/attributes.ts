import { SCOPES } from '../auth/access/scopes.ts'
import { type Attribute, boolean, instant, json, ownReference, text } from '../tmf/declaration/attribute.ts'
import { type Description, EXTENSIONS } from '../tmf/declaration/resource.ts'
import { link, list, object, oneOf, text as textShape } from '../tmf/declaration/shape.ts'

/** Shared by all resources of the administration: they belong to the tenant and its administrators. */
export const ADMINISTRATION = {
  owner: 'tenant',
  scopes: { read: ['admin'], write: ['admin'] },
  operations: EXTENSIONS
} as const satisfies Partial<Description>

/** Identifiers of tenants and clients, safe in URLs and requests. */
export const PLAIN_ID = /^\w[\w.-]{0,63}$/

export const lastUpdate = instant('last_update', 'When it was last changed', 'readOnly')
export const isEnabled = boolean('is_enabled', 'Enabled for signing in; true by default')
export const scope = json('scope', list(oneOf(SCOPES)), 'Its widest scopes', 'required')

const partnerRef = object('PartnerRef', {
  id: [textShape(256), 'Identifier of the partner', 'required'],
  href: [link, 'Where the partner is found']
})

/** Set once: a credential of one partner must not become another's, or the provider's. */
export const partner = ownReference(
  'partner',
  partnerRef,
  { path: 'partner' },
  "The partner whose rows it opens; the provider's by default",
  'indexed'
)

export function identifying(
  column: string,
  pattern: RegExp,
  maxLength: number,
  description: string
): Attribute<string, true> {
  return { ...text(column, description, 'required', 'indexed'), shape: { kind: 'text', maxLength, pattern } }
}
