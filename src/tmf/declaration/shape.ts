import type { Instant } from '../../base/instant.ts'

/**
 * The shape of a JSON value, for bodies, filters and the OpenAPI document. Shapes know nothing of storage: attribute.ts
 * has the columns, scalar.ts the kinds of scalars.
 */
export type Shape = Scalar | ObjectShape | ListShape

declare const VALUE: unique symbol

/** Carries the type of values for the compiler; empty at run time. */
export interface Of<T> {
  readonly [VALUE]?: T
}

export type ValueOf<S> = S extends Of<infer T> ? T : unknown

export type Scalar =
  | {
      readonly kind: 'text'
      readonly minLength?: number
      readonly maxLength: number
      readonly pattern?: RegExp
      readonly format?: string
    }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  | { readonly kind: 'instant' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly minimum?: number; readonly maximum?: number }
  | { readonly kind: 'decimal'; readonly minimum?: number; readonly maximum?: number }
  | { readonly kind: 'any' }

export interface ObjectShape {
  readonly kind: 'object'
  /** Name of the type in the standard, e.g. `TaxItem`. */
  readonly name: string
  readonly members: ReadonlyMap<string, Member>
  /**
   * Has @type, @baseType and @schemaLocation, and with a @type of a sub-class unknown members (TMF630 polymorphism).
   */
  readonly extensible: boolean
  /** A text in a body may stand for an object with this member only. */
  readonly shorthand?: string
  /** Two instants: if both are present, the last must not be before the first. */
  readonly ordered?: readonly [first: string, last: string]
  readonly needed?: Needed
}

/** `member` is required if `when` is one of the values. */
export interface Needed {
  readonly member: string
  readonly when: string
  readonly isOneOf: readonly string[]
}

export interface ListShape {
  readonly kind: 'list'
  readonly of: Shape
  readonly maxItems?: number
}

export interface Member {
  readonly shape: Shape
  readonly description: string
  readonly required: boolean
}

/** As an author writes it: shape, description, and if its parent requires it. */
type MemberSpecs = Readonly<Record<string, readonly [shape: Shape, description: string, required?: 'required']>>

type ObjectOf<M extends MemberSpecs> = {
  readonly [N in keyof M as M[N] extends readonly [Shape, string, 'required'] ? N : never]: ValueOf<M[N][0]>
} & {
  readonly [N in keyof M as M[N] extends readonly [Shape, string, 'required'] ? never : N]?: ValueOf<M[N][0]>
}

const TEXT_MAX_LENGTH = 4096
/** The members of a document are bounded, too; see http/body.ts. */
export const ITEMS_MAX = 10_000
const URI_MAX_LENGTH = 2048

export const text = (maxLength = TEXT_MAX_LENGTH): Scalar & Of<string> => ({ kind: 'text', maxLength })
export const pattern = (regex: RegExp, maxLength: number): Scalar & Of<string> => ({
  kind: 'text',
  maxLength,
  pattern: regex
})
export const uri: Scalar & Of<string> = { kind: 'text', maxLength: URI_MAX_LENGTH, format: 'uri' }
/** An address as its owner writes it: http, https or urn, or a relative one. */
export const link: Scalar & Of<string> = { kind: 'text', maxLength: URI_MAX_LENGTH, format: 'uri-reference' }
/** Base64 (RFC 4648, section 4). */
export const base64 = (maxLength: number): Scalar & Of<string> => ({ kind: 'text', maxLength, format: 'byte' })
export const instant: Scalar & Of<Instant> = { kind: 'instant' }
export const oneOf = <const V extends string>(values: readonly V[]): Scalar & Of<V> => ({ kind: 'oneOf', values })
export const boolean: Scalar & Of<boolean> = { kind: 'boolean' }
export const integer: Scalar & Of<number> = { kind: 'integer' }
export const decimal: Scalar & Of<number> = { kind: 'decimal' }
export const any: Scalar & Of<unknown> = { kind: 'any' }
export const list = <S extends Shape>(of: S, maxItems?: number): ListShape & Of<readonly ValueOf<S>[]> => ({
  kind: 'list',
  of,
  ...(maxItems && { maxItems })
})

/** Declares an object of the standard that may be sub-classed: it has the @-attributes. */
export function object<const M extends MemberSpecs>(name: string, members: M): ObjectShape & Of<ObjectOf<M>> {
  return { kind: 'object', name, extensible: true, members: new Map([...memberMap(members), ...META]) }
}

/** Declares an object of the standard without @-attributes: Money, Quantity, TimePeriod. */
export function plainObject<const M extends MemberSpecs>(name: string, members: M): ObjectShape & Of<ObjectOf<M>> {
  return { kind: 'object', name, extensible: false, members: memberMap(members) }
}

function memberMap(members: MemberSpecs): Map<string, Member> {
  return new Map(
    Object.entries(members).map(([name, [shape, description, required]]) => [
      name,
      { shape, description, required: required === 'required' }
    ])
  )
}

/** The polymorphism attributes of every extensible object (TMF630 part 2). */
export const META: ReadonlyMap<string, Member> = memberMap({
  '@type': [text(256), 'The sub-class of this object, when it is sub-classed'],
  '@baseType': [text(256), 'The super-class of this object, when it is sub-classed'],
  '@schemaLocation': [uri, "Address of the sub-class's JSON schema"]
})

export const currency = pattern(/^[A-Z]{3}$/, 3)

export const money = plainObject('Money', {
  unit: [currency, 'Currency, three letters of ISO 4217', 'required'],
  value: [decimal, 'Amount, exact, at most 15 significant digits', 'required']
})

export const quantity = plainObject('Quantity', {
  amount: [decimal, 'Amount', 'required'],
  units: [text(64), 'Unit of the amount', 'required']
})

const period = plainObject('TimePeriod', {
  startDateTime: [instant, 'Start of the period, inclusive'],
  endDateTime: [instant, 'End of the period']
})
export const timePeriod: typeof period = { ...period, ordered: ['startDateTime', 'endDateTime'] }

/** Takes instants in their stored form. */
export function isOrdered({ ordered }: ObjectShape, value: Readonly<Record<string, unknown>>): boolean {
  if (!ordered) return true
  const [first, last] = ordered.map((name) => value[name])
  // Stored instants are texts of one length.
  return typeof first !== 'string' || typeof last !== 'string' || first <= last
}

export function hasNeeded({ needed }: ObjectShape, value: Readonly<Record<string, unknown>>): boolean {
  if (!needed?.isOneOf.includes(String(value[needed.when]))) return true
  const member = value[needed.member]
  return typeof member === 'string' ? member.trim() !== '' : member !== undefined
}

export function isConsistent(shape: ObjectShape, value: Readonly<Record<string, unknown>>): boolean {
  return isOrdered(shape, value) && hasNeeded(shape, value)
}
