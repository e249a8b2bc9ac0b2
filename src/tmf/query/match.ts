import { memberOf } from '../../base/unknown.ts'
import type { Path } from '../declaration/predicate.ts'
import { scalarKind } from '../declaration/scalar.ts'
import type { Scalar } from '../declaration/shape.ts'
import type { Atom, Bound } from './bind.ts'
import { type Effort, spend } from './effort.ts'
import { regexMatches } from './regex.ts'

/** A comparison of a value costs as much as some steps of a pattern. */
const COMPARISON = 10

/**
 * Matches a document, or an element of a list. The twin of condition-sql.ts. Throws `TooMuchEffort` when the effort is
 * spent.
 */
export function match(bound: Bound, value: unknown, effort?: Effort): boolean {
  switch (bound.op) {
    case 'and':
      return bound.terms.every((term) => match(term, value, effort))
    case 'or':
      return bound.terms.some((term) => match(term, value, effort))
    case 'not':
      return !match(bound.term, value, effort)
    case 'exists':
      return valuesAt(value, bound.path).length > 0
    case 'some':
      return elementsAt(value, bound.path).some((element) => match(bound.where, element, effort))
    case 'length':
      return valuesAt(value, bound.path).some(
        (found) => Array.isArray(found) && ORDER[bound.operator](found.length - bound.value)
      )
    case 'test':
      return elementsAt(value, bound.path).some((found) => meets(found, bound, effort))
  }
}

/** Returns the values at a path, through lists before its last step. */
function valuesAt(value: unknown, path: Path): readonly unknown[] {
  const [name, ...rest] = path
  if (name === undefined) return value === undefined || value === null ? [] : [value]
  return elements(value).flatMap((element) => valuesAt(member(element, name), rest))
}

function elementsAt(value: unknown, path: Path): readonly unknown[] {
  return valuesAt(value, path).flatMap(elements)
}

function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.flatMap(elements) : [value]
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return memberOf(value, name)
}

type Test = Extract<Bound, { readonly op: 'test' }>

function meets(value: unknown, { leaf, anyOf }: Test, effort: Effort | undefined): boolean {
  const text = scalarKind(leaf).textOf(value)
  return text !== undefined && anyOf.some((atoms) => atoms.every((atom) => atomHolds(text, leaf, atom, effort)))
}

function atomHolds(
  text: string,
  leaf: Scalar,
  { operator, value, ignoreCase }: Atom,
  effort: Effort | undefined
): boolean {
  spend(effort, COMPARISON)
  if (operator === 'regex') return regexMatches(value, text, ignoreCase ?? false, effort)
  return ORDER[operator](scalarKind(leaf).compare(text, value))
}

const ORDER: Readonly<Record<'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte', (difference: number) => boolean>> = {
  eq: (difference) => difference === 0,
  ne: (difference) => difference !== 0,
  gt: (difference) => difference > 0,
  gte: (difference) => difference >= 0,
  lt: (difference) => difference < 0,
  lte: (difference) => difference <= 0
}
