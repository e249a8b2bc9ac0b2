import type { Author } from '../../audit/record.ts'
import type { Clock } from '../../base/clock.ts'
import { isStorable } from '../../base/code-points.ts'
import { isId } from '../../base/ulid.ts'
import type { Transaction } from '../../db/database.ts'
import { type Attribute, columnsOf, text, uri } from './attribute.ts'
import type { ObjectShape, Scalar, ValueOf } from './shape.ts'

export type Attributes = Readonly<Record<string, Attribute>>

export type DocumentOf<A extends Attributes> = Document & {
  readonly [N in keyof A as true extends A[N]['required']
    ? false extends A[N]['required']
      ? never
      : N
    : never]: ValueOf<A[N]>
} & {
  readonly [N in keyof A as false extends A[N]['required'] ? N : never]?: ValueOf<A[N]>
}

/** Hooks of a resource. `D` is the type of its documents. */
export interface Rules<D extends Document> {
  /** Fills in missing attributes of a posted document. */
  complete?(document: D, context: Creation): Document
  /** Completes a new or changed document from the database before its rules are checked. Throws a Problem. */
  consult?(tx: Transaction, owner: Owner, document: D, before?: Stored<D>): Promise<Document>
  /**
   * Runs in the transaction after a document was written, e.g. to ask for a job. Returns true if it wrote the row
   * again. `before` is undefined at creation.
   */
  written?(tx: Transaction, context: ChangeContext, after: Written<D>, before?: Stored<D>): Promise<boolean>
  /**
   * Carries out an allowed change that needs more than its row, which is locked. Returns false to leave it to the
   * machinery.
   */
  carryOut?(tx: Transaction, context: ChangeContext, after: D, before: Stored<D>): Promise<boolean>
  /**
   * Carries out a removal that needs more than its row, which is locked. Returns false to leave it to the machinery.
   */
  readonly carryOutRemoval?: (tx: Transaction, context: RemovalContext, stored: Stored) => Promise<boolean>
  /** Checks attributes against each other; throws a Problem. `before` is undefined at creation. */
  check?(after: D, before?: Stored<D>): void
  /** Throws a Problem if the resource is closed to changes or removal. */
  mayChange?(stored: Stored<D>): void
  mayRemove?(stored: Stored<D>): void
}

/** The part of a declaration that does not depend on its attributes. */
export interface Description {
  readonly type: string
  readonly path: string
  readonly table: string
  /** Its name in messages; `path` by default. */
  readonly noun?: string
  /** The clients' ids; the server makes one that a client may leave out. Undefined: the server makes all. */
  readonly clientId?: { readonly shape: Scalar; readonly isRequired: boolean }
  /** The table of all names of a row, its id included, with the columns of name and id. */
  readonly names?: { readonly table: string; readonly name: string; readonly id: string }
  /** The owner of rows: a partner or the tenant, or the tenant only. */
  readonly owner: 'partner' | 'tenant'
  /** Any of the scopes opens the operations. */
  readonly scopes: { readonly read: readonly string[]; readonly write: readonly string[] }
  readonly description: string
  /** Bodies for the documentation that work on the demo data: a creation, and a patch of the created row. */
  readonly examples?: { readonly create: object; readonly patch?: object }
  /** Operations beyond TMF678 v4 are extensions. */
  readonly operations: Readonly<Partial<Record<Operation, 'standard' | 'extension'>>>
  readonly events?: { readonly created: string; readonly stateChanged: string; readonly removed?: string }
  /** Unique indexes by name, with the attribute they keep unique in the tenant. */
  readonly unique?: Readonly<Record<string, string>>
  /**
   * Takes many documents at once. The client names each by the attribute `key`, the only one in `unique`; a known key
   * is stored already. Not for resources with events or secrets.
   */
  readonly bulk?: { readonly key: string; readonly told?: Readonly<Record<'reference' | 'as', string>> }
  /** Shown once, in the response to the creation. */
  readonly secret?: Secret
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
    readonly stateChanged: `${T}StateChangeEvent`
    readonly removed?: `${T}DeleteEvent`
  }>
  readonly unique?: Readonly<Record<string, `${(keyof A & string) | 'id'}${'' | ` or ${string}`}`>>
  readonly bulk?: { readonly key: keyof A & string; readonly told?: Readonly<Record<'reference' | 'as', string>> }
  /** Columns hidden from clients, computed from the document at every write. */
  readonly internal?: Internal<DocumentOf<A>>
}

interface Internal<D extends Document> {
  readonly columns: readonly string[]
  derive(after: D, before?: Stored<D>): Readonly<Record<string, string | null>>
}

/** A secret of a resource; only its hash is stored. */
export interface Secret {
  /** The member in the response, e.g. `key`. */
  readonly member: string
  readonly column: string
  /** The form of a secret that the client chooses, by the same member of the body; undefined if it cannot. */
  readonly chosen?: Scalar
  /** Makes a secret, before the transaction, since it may take long. Throws a Problem for a bad choice. */
  readonly make: (chosen: unknown) => Promise<NewSecret>
  /** Making one is expensive, such as a password's hash. */
  readonly isSlow?: boolean
  /** Says if a document has a secret; by default each has. */
  readonly isFor?: (document: Document) => boolean
}

/** The stored hash, and the secret to show once unless the client chose it. */
export interface NewSecret {
  readonly hash: string
  readonly shown: string | undefined
}

export type Operation = 'list' | 'retrieve' | 'create' | 'patch' | 'remove'

/** The owner of a document: the tenant, or with `partnerId` that partner. */
export interface Owner {
  readonly tenantId: string
  readonly partnerId?: string | undefined
}

/** The author and the time of a change. */
export interface ChangeContext {
  readonly author: Author
  readonly clock: Clock
  readonly newId: () => string
}

export interface RemovalContext extends ChangeContext {
  readonly view: Owner
}

export interface StateMachine<V extends string = string, D extends Document = Document> {
  /** The attribute that holds the state; `state` by default. */
  readonly attribute?: string
  readonly initial: V
  readonly transitions: Readonly<Record<V, readonly V[]>>
  /** Returns states in `transitions` that this resource may not enter. */
  barred?(stored: Stored<D>): readonly V[]
}

/** A resource as JSON, without `href`: attribute name -> value. */
export type Document = Readonly<Record<string, unknown>>

/** A row: the visible document and the internal columns. */
export interface Stored<D extends Document = Document> {
  readonly id: string
  readonly version: number
  readonly document: D
  readonly internal: Readonly<Record<string, string | null>>
}

/** A row just written, as far as its writer knows it. */
export type Written<D extends Document = Document> = Pick<Stored<D>, 'id' | 'document'>

/** Values for completing a new document. */
export interface Creation {
  readonly id: string
  readonly now: string
  readonly newId: () => string
}

/** The machinery's form of a declaration; `D` is the type of its documents. */
export interface Resource<D extends Document = Document> extends Description, Rules<D> {
  readonly noun: string
  readonly patchable: readonly string[]
  /** PATCH may change members of sub-classes. */
  readonly extensionsArePatchable: boolean
  readonly states?: StateMachine<string, D>
  readonly internal?: Internal<D>
  /** All attributes by name, `id` first, the @-attributes last. */
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly shape: ObjectShape
  /** The columns of a full row: id, version, extension, then those of the attributes, then the internal ones. */
  readonly columns: readonly string[]
}

/** The first columns of every resource's table. */
export const LEADING_COLUMNS = ['id', 'version', 'extension'] as const

/** Turns a declaration into the machinery's form. Uses Maps, so that `constructor` is no attribute. */
export function defineResource<
  const T extends string,
  const A extends Attributes,
  const S extends keyof A & string = 'state' & keyof A
>(spec: Spec<T, A, S>): Resource<DocumentOf<A>> {
  const attributes = new Map<string, Attribute>([
    ['id', idOf(spec)],
    ...Object.entries(spec.attributes),
    ['@type', text('at_type', 'The sub-class of this object, when it is sub-classed')],
    ['@baseType', text('at_base_type', 'The super-class of this object, when it is sub-classed')],
    ['@schemaLocation', uri('at_schema_location', 'Where the JSON schema of the sub-class is found')]
  ])
  const own = [...attributes].filter(([name]) => name !== 'id').flatMap(([, attribute]) => columnsOf(attribute))
  return {
    ...spec,
    noun: spec.noun ?? spec.path,
    ...patchability(spec),
    attributes,
    shape: { kind: 'object', name: spec.type, extensible: true, members: attributes },
    columns: [...LEADING_COLUMNS, ...own, ...(spec.internal?.columns ?? [])]
  }
}

function idOf({ clientId }: Description): Attribute {
  if (!clientId) return text('id', 'Identifier, given by the server', 'indexed', 'readOnly')
  const options = clientId.isRequired ? (['required'] as const) : []
  return { ...text('id', 'Identifier, given by the client', 'indexed', ...options), shape: clientId.shape }
}

export function couldBeId({ clientId }: Resource, text: string): boolean {
  return clientId ? isStorable(text) : isId(text)
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
