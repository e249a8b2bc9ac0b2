import { parseDay } from '../../base/instant.ts'
import { Problem } from '../../messages/problem.ts'
import { QUERIES } from '../../messages/query.ts'
import {
  type Comparison,
  type Operator,
  type OrderOperator,
  type Path,
  type Predicate,
  patternsIn
} from '../declaration/predicate.ts'
import { scalarKind } from '../declaration/scalar.ts'
import type { ObjectShape, Scalar, Shape } from '../declaration/shape.ts'
import { checkRegex } from './regex.ts'
import { suggestion } from './suggestion.ts'

/** A predicate with checked paths and values; the only source of SQL. */
export type Bound =
  | { readonly op: 'and' | 'or'; readonly terms: readonly Bound[] }
  | { readonly op: 'not'; readonly term: Bound }
  | { readonly op: 'test'; readonly path: Path; readonly leaf: Scalar; readonly anyOf: readonly Conjunction[] }
  | { readonly op: 'exists'; readonly path: Path }
  | { readonly op: 'some'; readonly path: Path; readonly where: Bound }
  | { readonly op: 'length'; readonly path: Path; readonly operator: OrderOperator; readonly value: number }

export type Conjunction = readonly Atom[]

export interface Atom {
  readonly operator: Exclude<Operator, 'ne'>
  /** Canonical text of the leaf's kind; for `regex` the pattern. */
  readonly value: string
  readonly ignoreCase?: boolean
}

/**
 * A connection of Postgres caches 32 compiled patterns. With more in one query it compiles each for every row, a
 * thousand times as slow.
 */
const PATTERNS_MAX = 8

/** Checks every path, operator and value; throws `invalidQuery` with the allowed ones. */
export function bind(predicate: Predicate, root: ObjectShape): Bound {
  if (patternsIn(predicate) > PATTERNS_MAX) {
    throw QUERIES.tooManyPatterns(PATTERNS_MAX)
  }
  return bound(predicate, root)
}

function bound(predicate: Predicate, root: ObjectShape): Bound {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return { op: predicate.op, terms: predicate.terms.map((term) => bound(term, root)) }
    case 'not':
      return { op: 'not', term: bound(predicate.term, root) }
    case 'exists':
      shapeAt(root, predicate.path)
      return predicate
    case 'length':
      if (shapeAt(root, predicate.path).kind !== 'list') throw QUERIES.notAList(predicate.path.join('.'))
      return predicate
    case 'some':
      return { ...predicate, where: bound(predicate.where, elementAt(root, predicate.path)) }
    case 'compare':
      return bindComparison(predicate, root)
  }
}

function bindComparison({ path, operator, values, ignoreCase }: Comparison, root: ObjectShape): Bound {
  const leaf = leafAt(root, path)
  const name = path.join('.')
  const { operators } = scalarKind(leaf)
  if (!operators.includes(operator)) throw QUERIES.wrongOperator(name, operator, operators)
  if (values.length > 1 && operator !== 'eq' && operator !== 'ne') {
    throw QUERIES.oneValueOnly(name, operator)
  }
  const anyOf = values.map((value) => {
    if (operator === 'regex')
      return [{ operator, value: checkedPattern(name, value), ...(ignoreCase && { ignoreCase }) }]
    return atoms(name, leaf, operator === 'ne' ? 'eq' : operator, value)
  })
  const test: Bound = { op: 'test', path, leaf, anyOf }
  return operator === 'ne' ? { op: 'not', term: test } : test
}

function checkedPattern(name: string, pattern: string): string {
  try {
    return checkRegex(pattern)
  } catch (error) {
    throw error instanceof Problem ? error.at(name) : error
  }
}

function atoms(name: string, leaf: Scalar, operator: Exclude<OrderOperator, 'ne'>, value: string): Conjunction {
  const day = leaf.kind === 'instant' ? parseDay(value) : undefined
  if (day) return DAY_ATOMS[operator](day)
  const kind = scalarKind(leaf)
  const parsed = kind.parse(value, leaf)
  if (parsed === undefined) throw QUERIES.wrongValue(name, kind.expects(leaf))
  return [{ operator, value: parsed }]
}

/** A date without a time means the whole UTC day, from its start to before the next midnight. */
const DAY_ATOMS: Readonly<
  Record<Exclude<OrderOperator, 'ne'>, (day: readonly [from: string, until: string]) => Conjunction>
> = {
  eq: ([from, until]) => [
    { operator: 'gte', value: from },
    { operator: 'lt', value: until }
  ],
  gt: ([, until]) => [{ operator: 'gte', value: until }],
  gte: ([from]) => [{ operator: 'gte', value: from }],
  lt: ([from]) => [{ operator: 'lt', value: from }],
  lte: ([, until]) => [{ operator: 'lt', value: until }]
}

export function leafAt(root: ObjectShape, path: Path): Scalar {
  const shape = entered(shapeAt(root, path))
  if (shape.kind !== 'object') return shape
  const names = [...shape.members.keys()].map((name) => `${path.join('.')}.${name}`)
  throw QUERIES.notAValue(path.join('.'), names)
}

function elementAt(root: ObjectShape, path: Path): ObjectShape {
  const shape = entered(shapeAt(root, path))
  if (shape.kind === 'object') return shape
  throw QUERIES.notObjects(path.join('.'))
}

/** Returns the shape at a path, through lists before the last step. Throws `invalidQuery` for an unknown path. */
export function shapeAt(root: ObjectShape, path: Path): Shape {
  let shape: Shape = root
  path.forEach((name, depth) => {
    const parent = entered(shape)
    const member = parent.kind === 'object' ? parent.members.get(name) : undefined
    if (!member) throw unknownAttribute(path.slice(0, depth).join('.'), name, parent)
    shape = member.shape
  })
  return shape
}

type NoList = Exclude<Shape, { kind: 'list' }>

function entered(shape: Shape): NoList {
  return shape.kind === 'list' ? entered(shape.of) : shape
}

function unknownAttribute(parent: string, name: string, shape: NoList): Problem {
  if (shape.kind !== 'object') return QUERIES.noMembers(parent, name, scalarKind(shape).operators)
  const owner = parent === '' ? shape.name : parent
  return QUERIES.unknownAttribute(owner, name, suggestion(name, [...shape.members.keys()]))
}
