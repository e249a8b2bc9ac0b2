import { Problem } from '../../base/problem.ts'
import { type Sql, sql } from '../../db/sql.ts'
import type { Owner } from './resource.ts'

/** An id that a partner gave begins with the partner's own, which the server made and nobody chooses. */
const OF_PARTNER = /^([0-9A-HJKMNP-TV-Z]{26}):/

/**
 * The id of a row whose client calls it `name`: that name for the provider, and for a partner with its own id in front,
 * so that nobody's names meet another's. Throws `invalidField` for a name that begins like another's.
 */
export function ownId({ partnerId }: Owner, name: string): string {
  const [, owner] = OF_PARTNER.exec(name) ?? []
  if (owner === partnerId) return name
  if (owner === undefined) return `${partnerId}:${name}`
  throw new Problem('invalidField', '$.id must not begin like an id that a partner gave')
}

/** What whoever gave this id calls the row: a partner without its own id in front. */
export function ownName(id: string): string {
  return id.replace(OF_PARTNER, '')
}

/** The name space in which what a requester calls something is found; the provider's is the empty one. */
export function nameSpace({ partnerId }: Owner): string {
  return partnerId ?? ''
}

/** The ids that a name could stand for, in a view's own name space first. */
export function candidateIds({ partnerId }: Owner, name: string): readonly string[] {
  return partnerId === undefined ? [name] : [`${partnerId}:${name}`, name]
}

/**
 * In SQL over a table of names `n`: those in which a view's names are found. A partner's own are preferred by
 * `ORDER BY n."name_space" DESC`; the others are the ids of all rows, which tell nothing without being in view.
 */
export function inNameSpaces({ partnerId }: Owner): Sql {
  return partnerId === undefined ? sql`n."name_space" = ''` : sql`n."name_space" IN (${partnerId}, '')`
}
