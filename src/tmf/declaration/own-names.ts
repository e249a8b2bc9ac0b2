import { type Sql, sql } from '../../db/sql.ts'
import { BODIES } from '../../messages/body.ts'
import type { Owner } from './resource.ts'

/** A partner's ids begin with its own id, which the server made. */
const OF_PARTNER = /^([0-9A-HJKMNP-TV-Z]{26}):/

/**
 * Returns the id of a row that its owner calls `name`: the name itself for the provider; with the partner's id in front
 * for a partner, so that names never clash. Throws `invalidField` for a name with another's prefix.
 */
export function ownId({ partnerId }: Owner, name: string): string {
  const [, owner] = OF_PARTNER.exec(name) ?? []
  if (owner === partnerId) return name
  if (owner === undefined) return `${partnerId}:${name}`
  throw BODIES.likePartnerId()
}

export function ownName(id: string): string {
  return id.replace(OF_PARTNER, '')
}

/** Empty for the provider. */
export function nameSpace({ partnerId }: Owner): string {
  return partnerId ?? ''
}

export function candidateIds({ partnerId }: Owner, name: string): readonly string[] {
  return partnerId === undefined ? [name] : [`${partnerId}:${name}`, name]
}

/**
 * Selects, from a table of names `n`, those in which a view's names are found. `ORDER BY n."name_space" DESC` prefers a
 * partner's own; the others are ids of all rows, which still must be in view.
 */
export function inNameSpaces({ partnerId }: Owner): Sql {
  return partnerId === undefined ? sql`n."name_space" = ''` : sql`n."name_space" IN (${partnerId}, '')`
}
