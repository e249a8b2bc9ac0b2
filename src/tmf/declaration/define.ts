import { type Attribute, columnsOf, text, uri } from './attribute.ts'
import {
  type Attributes,
  type Description,
  type Document,
  type DocumentOf,
  type Internal,
  LEADING_COLUMNS,
  type Resource,
  type Rules,
  type StateMachine
} from './resource.ts'
import type { ValueOf } from './shape.ts'

/** Private to this file: no other one makes a resource writable or replaces its hooks. */
const RULES = Symbol('rules')
const OWN_RULES = Symbol('own rules')

/** A resource with all its hooks. Only such a resource is written. */
export interface Served<D extends Document = Document> extends Resource<D> {
  readonly [RULES]: Rules<D>
}

/** A resource that lacks the hooks `H` of a higher room; it is read-only until `served` adds them. */
export interface Declared<D extends Document, H extends keyof Rules<D>> extends Resource<D> {
  readonly [OWN_RULES]: readonly [Rules<D>, awaited: readonly H[]]
}

/**
 * The declaration of a resource. The compiler checks its names against the attributes `A`, its states against the
 * values of the attribute `S`, and its events against its type `T`.
 */
export interface Spec<T extends string, A extends Attributes, S extends keyof A & string>
  extends Description,
    Rules<DocumentOf<A>> {
  readonly type: T
  readonly attributes: A
  /** The attributes that PATCH may change; `allBut` includes the members of sub-classes. */
  readonly patchable: readonly (keyof A & string)[] | { readonly allBut: readonly (keyof A & string)[] }
  readonly states?: StateMachine<ValueOf<A[S]> & string, DocumentOf<A>> & { readonly attribute?: S }
  readonly events?: NoInfer<{
    readonly created: `${T}CreateEvent`
    readonly stateChanged?: `${T}StateChangeEvent`
    readonly attributeValueChanged: `${T}AttributeValueChangeEvent`
    readonly removed: `${T}DeleteEvent`
  }>
  readonly unique?: Readonly<Record<string, `${(keyof A & string) | 'id'}${'' | ` ${'or' | 'and'} ${string}`}`>>
  readonly bulk?: { readonly key: keyof A & string; readonly told?: Readonly<Record<'reference' | 'as', string>> }
  readonly internal?: Internal<DocumentOf<A>>
}

/** Turns a declaration into the machinery's form. */
export function defineResource<
  const T extends string,
  const A extends Attributes,
  const S extends keyof A & string = 'state' & keyof A
>(spec: Spec<T, A, S>): Served<DocumentOf<A>> {
  const { resource, rules } = divided(spec)
  return { ...resource, [RULES]: rules }
}

/** The same without the hooks `awaited`. */
export function declareResource<
  const T extends string,
  const A extends Attributes,
  const H extends keyof Rules<DocumentOf<A>>,
  const S extends keyof A & string = 'state' & keyof A
>(awaited: readonly H[], spec: Spec<T, A, S>): Declared<DocumentOf<A>, H> {
  const { resource, rules } = divided(spec)
  return { ...resource, [OWN_RULES]: [rules, awaited] }
}

/** Makes a declared resource writable by adding the awaited hooks. */
export function served<D extends Document, H extends keyof Rules<D>>(
  { [OWN_RULES]: [own], ...resource }: Declared<D, H>,
  awaited: Required<Pick<Rules<D>, H>>
): Served<D> {
  return { ...resource, [RULES]: { ...own, ...awaited } }
}

export function rulesOf<D extends Document>(resource: Served<D>): Rules<D> {
  return resource[RULES]
}

/** Separates the hooks. Uses Maps, so that `constructor` is no attribute. */
function divided<T extends string, A extends Attributes, S extends keyof A & string>(
  spec: Spec<T, A, S>
): { readonly resource: Resource<DocumentOf<A>>; readonly rules: Rules<DocumentOf<A>> } {
  const { completePosted, completeChanged, completeFromDatabase, check, checkChange, checkRemoval, ...rest } = spec
  const { checkPosted, conceal, beforeChange, beforeRemoval, afterWrite, ...declaration } = rest
  const attributes = new Map<string, Attribute>([
    ['id', idOf(spec)],
    ...Object.entries(spec.attributes),
    ['@type', text('at_type', 'The sub-class of this object, when it is sub-classed')],
    ['@baseType', text('at_base_type', 'The super-class of this object, when it is sub-classed')],
    ['@schemaLocation', uri('at_schema_location', "Address of the sub-class's JSON schema")]
  ])
  const own = [...attributes].filter(([name]) => name !== 'id').flatMap(([, attribute]) => columnsOf(attribute))
  const resource = {
    ...declaration,
    noun: spec.noun ?? spec.path,
    ...patchability(spec),
    attributes,
    shape: { kind: 'object' as const, name: spec.type, extensible: true, members: attributes },
    columns: [...LEADING_COLUMNS, ...own, ...(spec.internal?.columns ?? [])]
  }
  const completions = { completePosted, completeChanged, completeFromDatabase }
  const checks = { checkPosted, check, checkChange, checkRemoval }
  return { resource, rules: { ...completions, ...checks, conceal, beforeChange, beforeRemoval, afterWrite } }
}

function idOf({ clientId }: Description): Attribute {
  if (!clientId) return text('id', 'Identifier, given by the server', 'indexed', 'readOnly')
  const options = clientId.isRequired ? (['required'] as const) : []
  return { ...text('id', 'Identifier, chosen by the client', 'indexed', ...options), shape: clientId.shape }
}

function patchability({
  patchable,
  attributes
}: {
  readonly patchable: readonly string[] | { readonly allBut: readonly string[] }
  readonly attributes: Attributes
}): Pick<Resource, 'patchable' | 'extensionsArePatchable'> {
  if (!('allBut' in patchable)) return { patchable, extensionsArePatchable: false }
  const open = Object.keys(attributes).filter((name) => !patchable.allBut.includes(name) && !attributes[name]?.readOnly)
  return { patchable: open, extensionsArePatchable: true }
}
