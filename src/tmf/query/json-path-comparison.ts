import type { Operator, Path, Predicate } from '../declaration/predicate.ts'
import { expected, type Token, unsupported } from './json-path-tokens.ts'

const MAX_LENGTH_DIGITS = 9

export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['==', 'eq'],
  ['!=', 'ne'],
  ['>', 'gt'],
  ['>=', 'gte'],
  ['<', 'lt'],
  ['<=', 'lte'],
  ['=~', 'regex']
])

/** A path through the document: names, then an optional condition on elements or call of length(). */
export interface Route {
  readonly kind: 'path'
  readonly path: Path
  readonly where?: Predicate
  readonly isLength?: boolean
}

/** A value as the client wrote it: strings without quotes, numbers with all digits. */
export interface Value {
  readonly kind: 'string' | 'number' | 'boolean' | 'null' | 'regex'
  readonly text: string
  /** Only with `regex`. */
  readonly ignoreCase?: boolean
}

/**
 * Builds `left operator right`. One side must be a path; a value on the left swaps the operator. `token` is the
 * operator in the text. Throws invalidQuery for nonsense, notImplemented for unsupported JSONPath.
 */
export function comparison(left: Route | Value, operator: Operator, right: Route | Value, token: Token): Predicate {
  if (left.kind === 'path') {
    return right.kind === 'path' ? unsupported('the comparison of two paths') : compare(left, operator, right, token)
  }
  if (right.kind !== 'path') return unsupported('the comparison of two values')
  if (operator === 'regex') return expected('another operator, or a path before it,', token)
  return compare(right, SWAPPED[operator], left, token)
}

const SWAPPED = { eq: 'eq', ne: 'ne', gt: 'lt', gte: 'lte', lt: 'gt', lte: 'gte' } as const

function compare({ path, where, isLength }: Route, operator: Operator, value: Value, token: Token): Predicate {
  if (where) return unsupported('the comparison of a [?( )]')
  if (isLength) return compareLength(path, operator, value, token)
  if (value.kind === 'null') return compareNull(path, operator, token)
  if (operator !== 'regex') {
    if (value.kind === 'regex') expected('=~, the only operator before a pattern,', token)
    return { op: 'compare', path, operator, values: [value.text] }
  }
  if (value.kind !== 'regex' && value.kind !== 'string') expected('an operator for a value that is no pattern', token)
  return { op: 'compare', path, operator, values: [value.text], ...(value.ignoreCase && { ignoreCase: true }) }
}

function compareLength(path: Path, operator: Operator, value: Value, token: Token): Predicate {
  if (operator === 'regex' || value.kind !== 'number' || !/^\d+$/.test(value.text))
    return expected('a comparison of length() with a whole number', token)
  if (value.text.length > MAX_LENGTH_DIGITS) expected(`a length of at most ${MAX_LENGTH_DIGITS} digits`, token)
  return { op: 'length', path, operator, value: Number(value.text) }
}

function compareNull(path: Path, operator: Operator, token: Token): Predicate {
  if (operator !== 'eq' && operator !== 'ne') expected('== or != before null', token)
  const exists: Predicate = { op: 'exists', path }
  return operator === 'eq' ? { op: 'not', term: exists } : exists
}
