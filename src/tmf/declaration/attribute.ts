import { memberOf } from '../../base/unknown.ts'
import type { Stored } from './resource.ts'
import * as shapes from './shape.ts'

/**
 * One attribute of a resource: its JSON shape and its columns. `T` is the type of its values; `Required` says that
 * every document has one.
 */
export interface Attribute<T = unknown, Required extends boolean = boolean> extends shapes.Member, shapes.Of<T> {
  readonly required: Required
  readonly storage: Storage
  /** An index begins with this column: filters and sorts are fast, and their statements are prepared. */
  readonly indexed: boolean
  /** The index leaves out rows without a value: it serves no sorts. */
  readonly sparse: boolean
  /** Set by the server; a client's value is ignored. */
  readonly readOnly: boolean
}

export type Storage =
  | { readonly kind: 'scalar'; readonly column: string }
  | { readonly kind: 'money'; readonly unit: string; readonly value: string }
  | {
      readonly kind: 'reference'
      readonly id: string
      readonly rest?: string
      readonly to?: OwnTarget
      readonly isOpen?: true
    }
  | { readonly kind: 'json'; readonly column: string; readonly linked?: Linked }

/**
 * Adds addresses, which depend on the reader, to the JSON of a value; `item` is its resource's address, JSON-escaped.
 */
export type Linked = (json: string, item: string) => string

/** A referenced resource of this service. The database has the foreign key, this the further rules. */
export interface OwnTarget {
  readonly path: string
  /** A partner's row may refer to rows of the tenant. */
  readonly isShared?: boolean
  /** Throws a Problem if an existing resource may not be referenced. */
  readonly mayRefer?: (target: Stored) => void
}

type Option = 'required' | 'indexed' | 'sparse' | 'readOnly'
type IsRequired<O extends readonly Option[]> = 'required' extends O[number] ? true : false

/** Fits an index in any script: a B-tree entry is at most a third of a page. */
const INDEXED_MAX_LENGTH = 256

function scalars<T>(shapeOf: (isIndexed: boolean) => shapes.Scalar & shapes.Of<T>) {
  return <const O extends readonly Option[]>(column: string, description: string, ...options: O) => {
    const storage = { kind: 'scalar', column } as const
    return attribute(shapeOf(options.includes('indexed')), storage, description, options)
  }
}

export const text = scalars((isIndexed) => shapes.text(isIndexed ? INDEXED_MAX_LENGTH : undefined))
export const instant = scalars(() => shapes.instant)
export const integer = scalars(() => shapes.integer)
export const boolean = scalars(() => shapes.boolean)
export const uri = scalars(() => shapes.uri)

export function oneOf<const V extends string, const O extends readonly Option[]>(
  column: string,
  values: readonly V[],
  description: string,
  ...options: O
): Attribute<V, IsRequired<O>> {
  const shape: shapes.Scalar & shapes.Of<V> = { kind: 'oneOf', values }
  return attribute(shape, { kind: 'scalar', column }, description, options)
}

/** Declares an amount in `<column>_value` and `<column>_unit`. */
export function money(column: string, description: string): Attribute<shapes.ValueOf<typeof shapes.money>, false> {
  const storage = { kind: 'money', unit: `${column}_unit`, value: `${column}_value` } as const
  return attribute(shapes.money, storage, description, [])
}

/** Declares a jsonb column whose addresses are not stored: they depend on the reader and cannot be filtered. */
export function linkedJson<S extends shapes.Shape, const O extends readonly Option[]>(
  column: string,
  shape: S,
  linked: Linked,
  description: string,
  ...options: O
): Attribute<shapes.ValueOf<S>, IsRequired<O>> {
  return attribute(shape, { kind: 'json', column, linked }, description, options)
}

function shaped<Any extends shapes.Shape>(storageOf: (column: string) => Storage) {
  return <S extends Any, const O extends readonly Option[]>(
    column: string,
    shape: S,
    description: string,
    ...options: O
  ): Attribute<shapes.ValueOf<S>, IsRequired<O>> => attribute(shape, storageOf(column), description, options)
}

export const json = shaped<shapes.Shape>((column) => ({ kind: 'json', column }))
/** Declares a reference to another system: its id in `<column>_id`, the other members in jsonb. */
export const reference = shaped<shapes.ObjectShape>(referring)
/** Declares a reference to another system or, if a resolver knows it, to this service; see references.ts. */
export const openReference = shaped<shapes.ObjectShape>((column) => ({ ...referring(column), isOpen: true }))

function referring(column: string) {
  return { kind: 'reference', id: `${column}_id`, rest: column } as const
}

/** Declares a reference to a resource of this service: a foreign key in `<column>_id`; the server writes the href. */
export function ownReference<S extends shapes.ObjectShape, const O extends readonly Option[]>(
  column: string,
  shape: S,
  to: OwnTarget,
  description: string,
  ...options: O
): Attribute<shapes.ValueOf<S>, IsRequired<O>> {
  return attribute(shape, { ...referring(column), to }, description, options)
}

function attribute<S extends shapes.Shape, O extends readonly Option[]>(
  shape: S,
  storage: Storage,
  description: string,
  options: O
): Attribute<shapes.ValueOf<S>, IsRequired<O>> {
  const has = (option: Option) => options.includes(option)
  return {
    shape,
    storage,
    description,
    // IsRequired derives the same from the type of the options.
    required: has('required') as IsRequired<O>,
    indexed: has('indexed'),
    sparse: has('sparse'),
    readOnly: has('readOnly')
  }
}

/** The address of a row of this service without its id; see OWN_ROOT in representation.ts. */
const OWN_HREF = /^(~\/\w+)\/.*$/

/** In the order of `encode`. */
export function columnsOf({ storage }: Attribute): readonly string[] {
  switch (storage.kind) {
    case 'money':
      return [storage.value, storage.unit]
    case 'reference':
      return storage.rest === undefined ? [storage.id] : [storage.id, storage.rest]
    default:
      return [storage.column]
  }
}

/** Returns the values of an attribute's columns; undefined empties them. */
export function encode({ storage }: Attribute, value: unknown): readonly (string | null)[] {
  switch (storage.kind) {
    case 'scalar':
      return [value === undefined ? null : String(value)]
    case 'json':
      return [value === undefined ? null : JSON.stringify(value)]
    case 'money': {
      if (value === undefined) return [null, null]
      return [String(memberOf(value, 'value')), String(memberOf(value, 'unit'))]
    }
    case 'reference':
      return encodeReference(storage, value)
  }
}

function encodeReference({ to, isOpen }: Extract<Storage, { kind: 'reference' }>, value: unknown) {
  if (value === undefined) return [null, null]
  const { id, ...rest } = value as { id: string; href?: string }
  if (to) delete rest.href
  // The id has a column of its own.
  if (isOpen && rest.href) rest.href = rest.href.replace(OWN_HREF, '$1')
  return [id, Object.keys(rest).length > 0 ? JSON.stringify(rest) : null]
}
