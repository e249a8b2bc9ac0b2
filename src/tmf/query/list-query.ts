import type { Problem } from '../../messages/problem.ts'
import { QUERIES } from '../../messages/query.ts'
import type { Predicate } from '../declaration/predicate.ts'
import { parseQuery } from './query.ts'

export const DEFAULT_LIMIT = 100
export const LIMIT_MAX = 1_000

/** A page of rows that have any of the values, for each named attribute. */
export interface ListQuery<Name extends string> {
  readonly values: Readonly<Partial<Record<Name, readonly string[]>>>
  readonly offset: number
  readonly limit: number
  readonly isPaged: boolean
  readonly link: string
}

/**
 * Reads the raw query of a paged list, filtered by equality of a few attributes. Throws `invalidQuery` with the allowed
 * parameters for any other: nothing is ignored.
 */
export function readListQuery<Name extends string>(
  raw: string,
  noun: string,
  names: readonly string[]
): ListQuery<Name> {
  const { fields, where, sort, after, offset, limit, link } = parseQuery(raw)
  const refusal = () => QUERIES.onlyThese(noun, [...names, 'offset'])
  if (fields || sort.length > 0 || after) throw refusal()
  return {
    values: Object.fromEntries(named(where, names, refusal)) as ListQuery<Name>['values'],
    offset: offset ?? 0,
    limit: Math.min(limit ?? DEFAULT_LIMIT, LIMIT_MAX),
    isPaged: offset !== undefined || limit !== undefined,
    link
  }
}

function named(
  where: Predicate | undefined,
  names: readonly string[],
  refusal: () => Problem
): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, readonly string[]>()
  for (const term of where?.op === 'and' ? where.terms : where ? [where] : []) {
    if (term.op !== 'compare' || term.operator !== 'eq') throw refusal()
    const name = term.path.join('.')
    if (!names.includes(name)) throw refusal()
    values.set(name, term.values)
  }
  return values
}
