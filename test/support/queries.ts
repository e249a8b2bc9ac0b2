import fc from 'fast-check'
import { OPERATORS, type Operator, type Path } from '../../src/tmf/declaration/predicate.ts'
import type { Resource } from '../../src/tmf/declaration/resource.ts'
import { scalarKind } from '../../src/tmf/declaration/scalar.ts'
import type { ObjectShape, Scalar, Shape } from '../../src/tmf/declaration/shape.ts'
import { scalarOf } from './arbitrary.ts'

export interface Leaf {
  readonly path: Path
  readonly shape: Scalar
  readonly isInList: boolean
}

export function leavesOf(shape: Shape, path: Path = [], isInList = false): Leaf[] {
  if (shape.kind === 'list') return leavesOf(shape.of, path, true)
  if (shape.kind !== 'object') return [{ path, shape, isInList }]
  return [...shape.members].flatMap(([name, member]) => leavesOf(member.shape, [...path, name], isInList))
}

/** Makes conditions on any attribute in any spelling, joined by & and ;. Their paths begin with `root`. */
export function queryOf({ shape }: Resource, root: Path = []): fc.Arbitrary<string> {
  const leaves = leavesOf(shape).map((leaf) => ({ ...leaf, path: [...root, ...leaf.path] }))
  const basic = fc.constantFrom(...leaves).chain(conditionOf)
  const filters = objectsIn(shape).map((inner) => ({ ...inner, path: [...root, ...inner.path] }))
  const filter = filters.length > 0 ? [fc.constantFrom(...filters).chain(filterOf)] : []
  const part = fc.oneof({ weight: 4, arbitrary: basic }, ...filter)
  return fc
    .array(fc.tuple(part, fc.constantFrom('&', ';')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map(([text, separator], at) => (at === 0 ? text : separator + text)).join(''))
}

const SPELLINGS: Readonly<Record<Operator, readonly string[]>> = {
  eq: ['=', '.eq=', '==', '%3D%3D'],
  ne: ['.ne=', '!=', '%21%3D'],
  gt: ['.gt=', '>', '%3E'],
  gte: ['.gte=', '>=', '%3E%3D', '%3E='],
  lt: ['.lt=', '<', '%3C'],
  lte: ['.lte=', '<=', '%3C%3D'],
  regex: ['.regex=', '*=', '%3D~']
}
const PATTERNS = ['a', '^a', 'b$', '.', 'A|b', '[a-b]+', '^$', '\\d']

function conditionOf({ path, shape }: Leaf): fc.Arbitrary<string> {
  const operators = OPERATORS.filter((operator) => scalarKind(shape).operators.includes(operator))
  return fc.constantFrom(...operators).chain((operator) => {
    const value = operator === 'regex' ? fc.constantFrom(...PATTERNS) : filterValue(shape)
    const count = operator === 'eq' || operator === 'ne' ? 3 : 1
    return fc
      .tuple(fc.constantFrom(...SPELLINGS[operator]), fc.array(value, { minLength: 1, maxLength: count }))
      .map(([symbol, values]) => `${path.join('.')}${symbol}${values.map(encodeURIComponent).join()}`)
  })
}

/** Includes days for instants. */
function filterValue(shape: Scalar): fc.Arbitrary<string> {
  const value = scalarOf(shape).map((sample) => (typeof sample === 'object' ? '{}' : String(sample)))
  return shape.kind === 'instant' ? fc.oneof(value, fc.constantFrom('2026-01-15', '2026-01-16')) : value
}

interface Inner {
  readonly path: Path
  readonly element: ObjectShape
}

/** Returns the objects in a shape, those in lists included. */
function objectsIn(shape: Shape, path: Path = []): Inner[] {
  const inner = shape.kind === 'list' ? shape.of : shape
  if (inner.kind !== 'object') return []
  const further = [...inner.members].flatMap(([name, member]) => objectsIn(member.shape, [...path, name]))
  return path.length === 0 ? further : [{ path, element: inner }, ...further]
}

/** Two conditions on the same object. */
function filterOf({ path, element }: Inner): fc.Arbitrary<string> {
  const leaves = leavesOf(element).filter(({ isInList }) => !isInList)
  const term = fc.constantFrom(...leaves).chain(({ path: inner, shape }) =>
    fc.tuple(filterValue(shape), fc.constantFrom('==', '!='), fc.constantFrom('', '!')).map(([value, symbol, not]) => {
      const steps = inner.map((name) => `['${name}']`).join('')
      return `${not}(@${steps} ${symbol} ${JSON.stringify(value)})`
    })
  )
  const root = `$[?(@${path.map((name) => `.${name}`).join('')}`
  return fc
    .tuple(term, fc.constantFrom('&&', '||'), term)
    .map(([left, operator, right]) => `filter=${encodeURIComponent(`${root}[?(${left} ${operator} ${right})])]`)}`)
}
