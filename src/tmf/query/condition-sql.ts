import { present } from '../../base/unknown.ts'
import { identifier, join, type Sql, sql } from '../../db/sql.ts'
import type { Attribute } from '../declaration/attribute.ts'
import type { OrderOperator, Path } from '../declaration/predicate.ts'
import type { Resource } from '../declaration/resource.ts'
import { jsonKind, type ScalarKind, scalarKind } from '../declaration/scalar.ts'
import { instant, type Scalar, type Shape } from '../declaration/shape.ts'
import type { Atom, Bound, Conjunction } from './bind.ts'

/** Returns the SQL of a bound predicate on a row of the resource's table. The twin of match.ts. */
export function conditionSql(resource: Resource, bound: Bound): Sql {
  return compile(bound, rowScope(resource))
}

/** Returns the SQL of a bound predicate on instants, by their names. */
export function instantsSql(columns: Readonly<Record<string, Sql>>, bound: Bound): Sql {
  const enter = ([name = '']: Path): Place => ({ kind: 'column', column: present(columns[name], name) })
  return compile(bound, { shape: instant, enter })
}

/** The start of paths: a row with its columns, or a jsonb value. */
interface Scope {
  readonly shape: Shape
  readonly enter: (path: Path) => Place
}

/** A value in SQL: a typed column, or a jsonb value with the rest of the path. */
type Place =
  | { readonly kind: 'column'; readonly column: Sql }
  | {
      readonly kind: 'json'
      readonly value: Sql
      readonly shape: Shape
      readonly rest: Path
      readonly indexed: boolean
    }
  /** A money or a reference as a whole: present if its main column is; its scope reads the members. */
  | { readonly kind: 'whole'; readonly column: Sql; readonly scope: Scope }

function compile(bound: Bound, scope: Scope): Sql {
  switch (bound.op) {
    case 'and':
    case 'or':
      return combined(
        bound.op,
        bound.terms.map((term) => compile(term, scope))
      )
    case 'not':
      // IS NOT TRUE, not NOT: a missing value equals nothing.
      return sql`(${compile(bound.term, scope)}) IS NOT TRUE`
    case 'test':
      return test(scope.enter(bound.path), bound.leaf, bound.anyOf)
    case 'exists':
      return exists(scope.enter(bound.path))
    case 'some':
      return some(scope.enter(bound.path), bound.where)
    case 'length':
      return lengthTest(scope.enter(bound.path), bound.operator, bound.value)
  }
}

function combined(operator: 'and' | 'or', terms: readonly Sql[]): Sql {
  if (terms.length === 0) return operator === 'and' ? sql`TRUE` : sql`FALSE`
  const [first] = terms
  if (first && terms.length === 1) return first
  return sql`(${join(terms, operator === 'and' ? sql` AND ` : sql` OR `)})`
}

function rowScope(resource: Resource): Scope {
  return {
    shape: resource.shape,
    enter: ([name = '', ...rest]) => attributePlace(present(resource.attributes.get(name), name), rest)
  }
}

const NOTHING = sql`NULL::jsonb`

function attributePlace(attribute: Attribute, rest: Path): Place {
  const { storage, shape } = attribute
  const [next] = rest
  const whole = (column: string): Place => {
    const scope: Scope = { shape, enter: (path) => attributePlace(attribute, path) }
    return { kind: 'whole', column: identifier(column), scope }
  }
  switch (storage.kind) {
    case 'scalar':
      return { kind: 'column', column: identifier(storage.column) }
    case 'json':
      return { kind: 'json', value: identifier(storage.column), shape, rest, indexed: true }
    case 'money':
      if (next === undefined) return whole(storage.value)
      return { kind: 'column', column: identifier(next === 'unit' ? storage.unit : storage.value) }
    case 'reference':
      if (next === undefined) return whole(storage.id)
      if (next === 'id') return { kind: 'column', column: identifier(storage.id) }
      return { kind: 'json', value: storage.rest ? identifier(storage.rest) : NOTHING, shape, rest, indexed: false }
  }
}

function elementScope(value: Sql, shape: Shape): Scope {
  return { shape, enter: (rest) => ({ kind: 'json', value, shape, rest, indexed: false }) }
}

function test(place: Place, leaf: Scalar, anyOf: readonly Conjunction[]): Sql {
  const kind = scalarKind(leaf)
  if (place.kind !== 'json') return alternatives(place.column, kind, anyOf)
  if (place.indexed) {
    const contained = anyOf.map((atoms) => containment(place.shape, place.rest, kind, atoms))
    if (contained.every((json) => json !== undefined)) {
      const terms = contained.flat().map((json) => sql`${place.value} @> ${JSON.stringify(json)}::jsonb`)
      return combined('or', terms)
    }
  }
  const inJson = jsonKind(leaf)
  return walk(place, (value) => alternatives(inJson.fromJson(value), inJson, anyOf))
}

function alternatives(operand: Sql, kind: ScalarKind, anyOf: readonly Conjunction[]): Sql {
  const terms = anyOf.map((atoms) =>
    combined(
      'and',
      atoms.map((atom) => atomTest(operand, kind, atom))
    )
  )
  return combined('or', terms)
}

function atomTest(operand: Sql, kind: ScalarKind, { operator, value, ignoreCase }: Atom): Sql {
  if (operator === 'regex') return ignoreCase ? sql`${operand} ~* ${value}` : sql`${operand} ~ ${value}`
  return sql`${operand} ${SYMBOLS[operator]} ${kind.parameter(value)}`
}

const SYMBOLS: Readonly<Record<OrderOperator, Sql>> = {
  eq: sql`=`,
  ne: sql`<>`,
  gt: sql`>`,
  gte: sql`>=`,
  lt: sql`<`,
  lte: sql`<=`
}

/** Returns jsonb values whose containment means equality at the path, so that a GIN index serves it; else undefined. */
function containment(shape: Shape, path: Path, kind: ScalarKind, atoms: Conjunction): readonly unknown[] | undefined {
  const [atom] = atoms
  if (atom?.operator !== 'eq' || atoms.length !== 1) return undefined
  const forms = kind.jsonForms(atom.value)
  return forms.length === 0 ? undefined : forms.map((form) => nest(shape, path, form))
}

function nest(shape: Shape, path: Path, leaf: unknown): unknown {
  if (shape.kind === 'list') return [nest(shape.of, path, leaf)]
  const [name, ...rest] = path
  if (name === undefined || shape.kind !== 'object') return leaf
  return { [name]: nest(memberShape(shape, name), rest, leaf) }
}

function exists(place: Place): Sql {
  if (place.kind !== 'json') return sql`${place.column} IS NOT NULL`
  return walk(place, (value) => sql`${value} IS NOT NULL`, 'stop at the list')
}

function some(place: Place, inner: Bound): Sql {
  // A missing value meets no condition.
  if (place.kind === 'whole') return sql`(${place.column} IS NOT NULL AND ${compile(inner, place.scope)})`
  if (place.kind === 'column') throw new Error('a plain value has no attributes')
  return walk(place, (value, shape) => sql`(${value} IS NOT NULL AND ${compile(inner, elementScope(value, shape))})`)
}

function lengthTest(place: Place, operator: OrderOperator, value: number): Sql {
  if (place.kind !== 'json') throw new Error('a list is kept as json')
  const counted = (list: Sql) => sql`jsonb_array_length(${list}) ${SYMBOLS[operator]} ${value}::int`
  return walk(place, counted, 'stop at the list')
}

/**
 * Follows the rest of a place's path; at each list some element must meet the condition. Enters the last list, too,
 * unless the condition is about the list itself.
 */
function walk(
  { value, shape, rest }: { value: Sql; shape: Shape; rest: Path },
  condition: (value: Sql, shape: Shape) => Sql,
  end: 'enter the list' | 'stop at the list' = 'enter the list'
): Sql {
  const [name, ...further] = rest
  if (shape.kind === 'list' && (name !== undefined || end === 'enter the list')) {
    const inner = walk({ value: sql`"element"."value"`, shape: shape.of, rest }, condition, end)
    return sql`EXISTS (SELECT FROM jsonb_array_elements(${value}) AS "element"("value") WHERE ${inner})`
  }
  if (name === undefined) return condition(value, shape)
  return walk(
    { value: sql`(${value} -> ${name}::text)`, shape: memberShape(shape, name), rest: further },
    condition,
    end
  )
}

function memberShape(shape: Shape, name: string): Shape {
  const member = shape.kind === 'object' ? shape.members.get(name) : undefined
  if (!member) throw new Error(`unbound path at ${name}`)
  return member.shape
}

/** Returns the compared value of a row, as SQL, and its kind. */
export function sortOperand(resource: Resource, path: Path, leaf: Scalar): { operand: Sql; kind: ScalarKind } {
  const place = rowScope(resource).enter(path)
  if (place.kind !== 'json') return { operand: place.column, kind: scalarKind(leaf) }
  const kind = jsonKind(leaf)
  return { operand: walk(place, (value) => kind.fromJson(value)), kind }
}
