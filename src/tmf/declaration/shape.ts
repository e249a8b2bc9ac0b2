import type { Instant } from '../../base/instant.ts'

/**
 * The shape of a JSON value: what a body may hold, what a filter may ask, what the OpenAPI document says.
 * Shapes know nothing of storage; see attribute.ts for the columns and scalar.ts for what each scalar kind can do.
 */
export type Shape = Scalar | ObjectShape | ListShape

declare const VALUE: unique symbol

/** Tells the compiler the type of the values; nothing of it is there at run time. */
export interface Of<T> {
  readonly [VALUE]?: T
}

/** The type of the values of a shape or an attribute. */
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
  /** Carries @type, @baseType and @schemaLocation, and with an own @type unknown members (TMF630 polymorphism). */
  readonly extensible: boolean
  /** The member that a body may give alone, as a text in place of the object. */
  readonly shorthand?: string
  /** Two members, instants: where both are there, the last must not be before the first. */
  readonly ordered?: readonly [first: string, last: string]
  /** A member that must be there where another one says so. */
  readonly needed?: Needed
}

/** `member` is required where `when` is one of the values. */
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

/** A member as an author writes it: shape, description, and whether it must be there when its parent is. */
type MemberSpec = readonly [shape: Shape, description: string, required?: 'required']
type MemberSpecs = Readonly<Record<string, MemberSpec>>

/** The object that some members make. */
type ObjectOf<M extends MemberSpecs> = {
  readonly [N in keyof M as M[N] extends readonly [Shape, string, 'required'] ? N : never]: ValueOf<M[N][0]>
} & {
  readonly [N in keyof M as M[N] extends readonly [Shape, string, 'required'] ? never : N]?: ValueOf<M[N][0]>
}

const TEXT_MAX_LENGTH = 4096
/** Of a list that says nothing else. */
export const ITEMS_MAX = 10_000
const URI_MAX_LENGTH = 2048

export const text = (maxLength = TEXT_MAX_LENGTH): Scalar & Of<string> => ({ kind: 'text', maxLength })
/** A text that matches. */
export const pattern = (regex: RegExp, maxLength: number): Scalar & Of<string> => ({
  kind: 'text',
  maxLength,
  pattern: regex
})
export const uri: Scalar & Of<string> = { kind: 'text', maxLength: URI_MAX_LENGTH, format: 'uri' }
/** Where something is found, as its owner writes it: an http, https or urn address, or a relative one. */
export const link: Scalar & Of<string> = { kind: 'text', maxLength: URI_MAX_LENGTH, format: 'uri-reference' }
/** Bytes as base64 (RFC 4648, section 4). */
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

/** An object of the standard that may be sub-classed: it carries the @-attributes. */
export function object<const M extends MemberSpecs>(name: string, members: M): ObjectShape & Of<ObjectOf<M>> {
  return { kind: 'object', name, extensible: true, members: new Map([...memberMap(members), ...META]) }
}

/** An object of the standard without @-attributes: Money, Quantity, TimePeriod. */
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

/** The polymorphism attributes that every extensible object carries (TMF630 part 2). */
export const META: ReadonlyMap<string, Member> = memberMap({
  '@type': [text(256), 'The sub-class of this object, when it is sub-classed'],
  '@baseType': [text(256), 'The super-class of this object, when it is sub-classed'],
  '@schemaLocation': [uri, 'Where the JSON schema of the sub-class is found']
})

/** Three letters of ISO 4217. */
export const currency = pattern(/^[A-Z]{3}$/, 3)

export const money = plainObject('Money', {
  unit: [currency, 'Currency, three letters of ISO 4217', 'required'],
  value: [decimal, 'Amount, exact, at most 15 significant digits', 'required']
})

export const quantity = plainObject('Quantity', {
  amount: [decimal, 'How much', 'required'],
  units: [text(64), 'Unit of the amount', 'required']
})

const period = plainObject('TimePeriod', {
  startDateTime: [instant, 'Start of the period, inclusive'],
  endDateTime: [instant, 'End of the period']
})
export const timePeriod: typeof period = { ...period, ordered: ['startDateTime', 'endDateTime'] }

/** Whether the instants of an object, in the form in which they are kept, come in the order that its shape asks for. */
export function isOrdered({ ordered }: ObjectShape, value: Readonly<Record<string, unknown>>): boolean {
  if (!ordered) return true
  const [first, last] = ordered.map((name) => value[name])
  // Instants are kept as texts of one length.
  return typeof first !== 'string' || typeof last !== 'string' || first <= last
}

/** Whether an object has the member that another one of its members asks for. */
export function hasNeeded({ needed }: ObjectShape, value: Readonly<Record<string, unknown>>): boolean {
  if (!needed?.isOneOf.includes(String(value[needed.when]))) return true
  const member = value[needed.member]
  return typeof member === 'string' ? member.trim() !== '' : member !== undefined
}

/** Whether an object's members, each sound by itself, go together. */
export function isConsistent(shape: ObjectShape, value: Readonly<Record<string, unknown>>): boolean {
  return isOrdered(shape, value) && hasNeeded(shape, value)
}
