import { memberOf } from '../../base/unknown.ts'
import type { Stored } from './resource.ts'
import * as shapes from './shape.ts'

/**
 * One attribute of a resource: its shape in JSON and where it is kept. `T` is the type of its values, `Required`
 * whether every document has one.
 */
export interface Attribute<T = unknown, Required extends boolean = boolean> extends shapes.Member, shapes.Of<T> {
  readonly required: Required
  readonly storage: Storage
  /** An index begins with this column: filters and sorts on it are quick, and their statements are prepared. */
  readonly indexed: boolean
  /** The server's own; what a client sends for it is left aside. */
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

/** Writes addresses that depend on who reads into the JSON of a value; `item` is that of its resource, JSON-escaped. */
export type Linked = (json: string, item: string) => string

/** What an attribute refers to inside this service: the foreign key is the database's, the further rule is ours. */
export interface OwnTarget {
  readonly path: string
  /** Whether what is the tenant's alone may be referred to by a partner's row, too. */
  readonly isShared?: boolean
  /** Throws a Problem when the resource, though it exists, may not be referred to. */
  readonly mayRefer?: (target: Stored) => void
}

type Option = 'required' | 'indexed' | 'readOnly'
type IsRequired<O extends readonly Option[]> = 'required' extends O[number] ? true : false

/** What an index can hold in any script: a B-tree entry is at most a third of a page. */
const INDEXED_MAX_LENGTH = 256

/** Declares the attributes of one scalar shape. */
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

/** An amount with its currency, in `<column>_value` and `<column>_unit`. */
export function money(column: string, description: string): Attribute<shapes.ValueOf<typeof shapes.money>, false> {
  const storage = { kind: 'money', unit: `${column}_unit`, value: `${column}_value` } as const
  return attribute(shapes.money, storage, description, [])
}

/** A nested value or a list in one jsonb column. */
export function json<S extends shapes.Shape, const O extends readonly Option[]>(
  column: string,
  shape: S,
  description: string,
  ...options: O
): Attribute<shapes.ValueOf<S>, IsRequired<O>> {
  return attribute(shape, { kind: 'json', column }, description, options)
}

/** The same, with addresses that are not stored: they are written for whoever reads it, and cannot be filtered by. */
export function linkedJson<S extends shapes.Shape>(
  column: string,
  shape: S,
  linked: Linked,
  description: string
): Attribute<shapes.ValueOf<S>, false> {
  return attribute(shape, { kind: 'json', column, linked }, description, [])
}

/** A reference to something another system owns: its id in `<column>_id`, the other members in jsonb. */
export function reference<S extends shapes.ObjectShape, const O extends readonly Option[]>(
  column: string,
  shape: S,
  description: string,
  ...options: O
): Attribute<shapes.ValueOf<S>, IsRequired<O>> {
  return attribute(shape, { kind: 'reference', id: `${column}_id`, rest: column }, description, options)
}

/** A reference to what may be another system's or, if a resolver knows it, our own; see references.ts. */
export function openReference<S extends shapes.ObjectShape, const O extends readonly Option[]>(
  column: string,
  shape: S,
  description: string,
  ...options: O
): Attribute<shapes.ValueOf<S>, IsRequired<O>> {
  const storage = { kind: 'reference', id: `${column}_id`, rest: column, isOpen: true } as const
  return attribute(shape, storage, description, options)
}

/** A reference to a resource of this service: a foreign key in `<column>_id`; the href is ours to write. */
export function ownReference<S extends shapes.ObjectShape, const O extends readonly Option[]>(
  column: string,
  shape: S,
  to: OwnTarget,
  description: string,
  ...options: O
): Attribute<shapes.ValueOf<S>, IsRequired<O>> {
  return attribute(shape, { kind: 'reference', id: `${column}_id`, rest: column, to }, description, options)
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
    // Whether the list of options has it is what IsRequired says of their type.
    required: has('required') as IsRequired<O>,
    indexed: has('indexed'),
    readOnly: has('readOnly')
  }
}

/** The address of something of ours below its own id; see OWN_ROOT in representation.ts. */
const OWN_HREF = /^(~\/\w+)\/.*$/

/** The columns of an attribute, in the order in which its values are written and read. */
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

/** The values of an attribute's columns for a value of a document; undefined empties them. */
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
  // The id is in a column of its own.
  if (isOpen && rest.href) rest.href = rest.href.replace(OWN_HREF, '$1')
  return [id, Object.keys(rest).length > 0 ? JSON.stringify(rest) : null]
}
