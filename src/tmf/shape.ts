/**
 * The shape of a JSON value: what a body may hold, what a filter may ask, what the OpenAPI document says.
 * Shapes know nothing of storage; see attribute.ts for the columns.
 */
export type Shape = Scalar | ObjectShape | ListShape

export type Scalar =
  | { readonly kind: 'text'; readonly maxLength: number; readonly pattern?: RegExp; readonly format?: string }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  | { readonly kind: 'instant' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'decimal' }
  | { readonly kind: 'any' }

export interface ObjectShape {
  readonly kind: 'object'
  /** Name of the type in the standard, e.g. `TaxItem`. */
  readonly name: string
  readonly members: ReadonlyMap<string, Member>
  /** Carries @type, @baseType and @schemaLocation, and with an own @type unknown members (TMF630 polymorphism). */
  readonly extensible: boolean
}

export interface ListShape {
  readonly kind: 'list'
  readonly of: Shape
  readonly minItems: number
}

export interface Member {
  readonly shape: Shape
  readonly required: boolean
  readonly description: string
}
