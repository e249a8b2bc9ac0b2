import { jsonPath } from '../base/json-path.ts'
import { memberOf, present } from '../base/unknown.ts'
import type { Queryable, Transaction } from '../db/database.ts'
import { optional, scalar, text } from '../db/row.ts'
import { identifier, prepared, sql } from '../db/sql.ts'
import { BODIES } from '../messages/body.ts'
import { Problem } from '../messages/problem.ts'
import { isChanged } from './changes.ts'
import type { Document, Resource } from './declaration/resource.ts'
import { find } from './read.ts'
import { OWN_ROOT, readStored } from './representation.ts'
import type { View } from './view.ts'

/** The target of an open reference: a row of this service, with the path of its resource. */
export interface Referent {
  readonly path: string
  readonly id: string
  readonly name: string
}

/** Looks up the targets of a view's open references, by id; leaves out those of other systems. */
export type Resolve = (
  queryable: Queryable,
  view: View,
  ids: readonly string[]
) => Promise<ReadonlyMap<string, Referent>>

export interface ReferenceContext {
  readonly view: View
  readonly resources: ReadonlyMap<string, Resource>
  /** By type of open reference; a type without a resolver stays as it was sent. */
  readonly resolvers?: ReadonlyMap<string, Resolve>
}

/**
 * Resolves the open references of a document that differ from `before`. Each resolved one gets the target's own id, its
 * name and a `href` below OWN_ROOT.
 */
export async function resolved(
  queryable: Queryable,
  { view, resolvers }: ReferenceContext,
  { attributes }: Resource,
  document: Document,
  before: Document = {}
): Promise<Document> {
  const after: Record<string, unknown> = { ...document }
  for (const [name, { shape, storage }] of attributes) {
    const value = document[name]
    if (storage.kind !== 'reference' || !storage.isOpen || !isReference(value)) continue
    if (before[name] !== undefined && !isChanged(before[name], value)) continue
    const resolve = shape.kind === 'object' ? resolvers?.get(shape.name) : undefined
    after[name] = filledIn(value, (await resolve?.(queryable, view, [value.id]))?.get(value.id))
  }
  return after
}

interface OpenReference {
  readonly id: string
  readonly href?: string
  readonly name?: string
}

function isReference(value: unknown): value is OpenReference {
  return typeof memberOf(value, 'id') === 'string'
}

/** True if an open reference names a row of this service. */
export function isResolved(reference: unknown): boolean {
  return String(memberOf(reference, 'href')).startsWith(`${OWN_ROOT}/`)
}

function filledIn(value: OpenReference, referent: Referent | undefined): OpenReference {
  if (referent) {
    const { path, id, name } = referent
    return { ...value, id, name, href: `${OWN_ROOT}/${path}/${encodeURIComponent(id)}` }
  }
  if (!value.href?.startsWith(`${OWN_ROOT}/`)) return value
  // It was resolved before: the values filled in then do not describe the new target.
  const { href: _, name: __, ...rest } = value
  return rest
}

/**
 * Checks that each reference to a resource of this service names an existing row that may be referenced, and locks it.
 */
export async function checkReferences(
  tx: Transaction,
  { view, resources }: ReferenceContext,
  { attributes }: Resource,
  names: readonly string[],
  document: Document
): Promise<void> {
  for (const name of names) {
    const storage = attributes.get(name)?.storage
    const id = memberOf(document[name], 'id')
    if (storage?.kind !== 'reference' || !storage.to || typeof id !== 'string') continue
    const target = present(resources.get(storage.to.path), storage.to.path)
    const seen = storage.to.isShared ? { ...view, seesTenants: true } : view
    const row = await find(tx, target, seen, id, 'share').catch((error: unknown) => {
      if (!(error instanceof Problem) || error.kind !== 'notFound') throw error
      throw BODIES.unknownReference(jsonPath([name, 'id']), target.noun)
    })
    storage.to.mayRefer?.(readStored(target, row))
  }
}

/**
 * Returns the view for a row's changed references: a partner's row refers to rows of that partner, even if the provider
 * changes it.
 */
export async function ownView(
  tx: Transaction,
  { owner, table, attributes }: Resource,
  view: View,
  id: string,
  names: readonly string[]
): Promise<View> {
  const isReferring = names.some((name) => attributes.get(name)?.storage.kind === 'reference')
  if (owner === 'tenant' || view.partnerId !== undefined || !isReferring) return view
  const own = sql`"tenant_id" = ${view.tenantId} AND "id" = ${id}`
  const found = await tx.run(prepared`SELECT "partner_id" FROM ${identifier(table)} WHERE ${own}`)
  return { ...view, partnerId: scalar(found, optional(text)) }
}
