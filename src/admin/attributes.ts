import { SCOPES } from '../auth/access/scopes.ts'
import { type Attribute, boolean, instant, json, ownReference, text } from '../tmf/declaration/attribute.ts'
import type { Description } from '../tmf/declaration/resource.ts'
import { link, list, object, oneOf, text as textShape } from '../tmf/declaration/shape.ts'

/** What all resources of the administration have in common: the tenant's own, for its administrators. */
export const ADMINISTRATION = {
  owner: 'tenant',
  scopes: { read: ['admin'], write: ['admin'] }
} as const satisfies Partial<Description>

/** All operations; none of them is of the standard. */
export const OPERATIONS = {
  list: 'extension',
  retrieve: 'extension',
  create: 'extension',
  patch: 'extension',
  remove: 'extension'
} as const satisfies Description['operations']

/** Identifiers that stand in URLs and requests as they are: of tenants and of clients. */
export const PLAIN_ID = /^\w[\w.-]{0,63}$/

export const lastUpdate = instant('last_update', 'When it was last changed', 'readOnly')
export const isEnabled = boolean('is_enabled', 'Whether it lets anybody in; true when left out')
export const scope = json('scope', list(oneOf(SCOPES)), 'What it may do at most', 'required')

const partnerRef = object('PartnerRef', {
  id: [textShape(256), 'Identifier of the partner', 'required'],
  href: [link, 'Where the partner is found']
})

/** Given once: what was let in as one partner must not go on as another, or as the provider. */
export const partner = ownReference(
  'partner',
  partnerRef,
  { path: 'partner' },
  'The partner whose rows alone it opens; without one it belongs to the provider',
  'indexed'
)

/** A text that every row has and that an index finds, of a certain form. */
export function identifying(
  column: string,
  pattern: RegExp,
  maxLength: number,
  description: string
): Attribute<string, true> {
  return { ...text(column, description, 'required', 'indexed'), shape: { kind: 'text', maxLength, pattern } }
}
