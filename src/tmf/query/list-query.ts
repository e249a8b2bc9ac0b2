import { findingAt, listing } from '../../http/findings.ts'
import { FIELDS } from '../../messages/field.ts'
import type { Problem } from '../../messages/problem.ts'
import { QUERIES } from '../../messages/query.ts'
import type { Predicate } from '../declaration/predicate.ts'
import { instant, object } from '../declaration/shape.ts'
import { type Bound, bind } from './bind.ts'
import { parseQuery } from './query.ts'

export const DEFAULT_LIMIT = 100
export const LIMIT_MAX = 1_000

/** The rows that a page skips, and how many it has at most. */
export interface Range {
  readonly offset: number
  readonly limit: number
}

export interface PageOf<T> {
  readonly rows: readonly T[]
  /** The number of rows of all pages. */
  readonly total: number
}

/** A page of rows that have any of the values, for each named attribute, and whose instants are as they must be. */
export interface ListQuery<Name extends string> extends Range {
  readonly values: Readonly<Partial<Record<Name, readonly string[]>>>
  readonly instants: Bound
  readonly isPaged: boolean
  readonly link: string
}

/**
 * Reads the raw query of a paged list, filtered by equality of a few attributes, and by the order of instants. Throws
 * `invalidQuery` with the allowed parameters for any other: nothing is ignored.
 */
export function readListQuery<Name extends string>(
  raw: string,
  noun: string,
  names: readonly string[],
  instants: readonly string[] = []
): ListQuery<Name> {
  const { fields, where, sort, after, offset, limit, link } = parseQuery(raw)
  const refuse = (name: string) =>
    listing(QUERIES.onlyThese(noun, [...names, ...instants, 'offset']), [
      findingAt(name, noParameter([...names, ...instants, 'offset', 'limit']))
    ])
  const [other] = Object.entries({ fields, sort: sort[0], after }).find(([, given]) => given) ?? []
  if (other !== undefined) throw refuse(other)
  const terms = where?.op === 'and' ? where.terms : where ? [where] : []
  const [timed, others] = [true, false].map((isTimed) => terms.filter((term) => isOf(term, instants) === isTimed))
  return {
    values: Object.fromEntries(named(others ?? [], names, refuse)) as ListQuery<Name>['values'],
    instants: bind({ op: 'and', terms: timed ?? [] }, instantsShape(noun, instants)),
    offset: offset ?? 0,
    limit: Math.min(limit ?? DEFAULT_LIMIT, LIMIT_MAX),
    isPaged: offset !== undefined || limit !== undefined,
    link
  }
}

function isOf(term: Predicate, names: readonly string[]): boolean {
  return term.op === 'compare' && names.includes(term.path.join('.'))
}

function instantsShape(noun: string, names: readonly string[]) {
  return object(noun, Object.fromEntries(names.map((name) => [name, [instant, name] as const])))
}

function named(
  terms: readonly Predicate[],
  names: readonly string[],
  refuse: (name: string) => Problem
): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, readonly string[]>()
  for (const term of terms) {
    if (term.op !== 'compare') throw refuse('filter')
    const name = term.path.join('.')
    if (term.operator !== 'eq' || !names.includes(name)) throw refuse(name)
    values.set(name, term.values)
  }
  return values
}

/** Returns the fault of a parameter that is none of these. */
export function noParameter(names: readonly string[]): string {
  return FIELDS.noParameter(names.length === 0 ? '' : `; there are ${names.join(', ')}`)
}

/** Requires known values of a parameter, or none; `refuse` makes the problem. */
export function requireKnown<Value extends string>(
  name: string,
  values: readonly string[] | undefined,
  known: readonly Value[],
  refuse: (known: readonly Value[]) => Problem
): void {
  if (values?.every((value) => known.some((one) => one === value)) ?? true) return
  throw listing(refuse(known), [findingAt(name, FIELDS.oneOf(known))])
}
