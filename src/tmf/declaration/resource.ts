import type { Author } from '../../audit/record.ts'
import type { Clock } from '../../base/clock.ts'
import { isStorable } from '../../base/code-points.ts'
import { isId } from '../../base/ulid.ts'
import type { Transaction } from '../../db/database.ts'
import { type Attribute, columnsOf, text, uri } from './attribute.ts'
import type { ObjectShape, Scalar, ValueOf } from './shape.ts'

export type Attributes = Readonly<Record<string, Attribute>>

/** A document with these attributes, as the rules of its resource see it. */
export type DocumentOf<A extends Attributes> = Document & {
  readonly [N in keyof A as true extends A[N]['required']
    ? false extends A[N]['required']
      ? never
      : N
    : never]: ValueOf<A[N]>
} & {
  readonly [N in keyof A as false extends A[N]['required'] ? N : never]?: ValueOf<A[N]>
}

/** What a resource does beside being stored and read. The rules see documents of type `D`. */
export interface Rules<D extends Document> {
  /** Fills in what a newly posted document left out. */
  complete?(document: D, context: Creation): Document
  /**
   * Completes a document, or one that is changed, by what the database holds, before its rules are checked; throws a
   * Problem for what that forbids.
   */
  consult?(tx: Transaction, owner: Owner, document: D, before?: Stored<D>): Promise<Document>
  /**
   * Does what else belongs to a document that was just created or changed, e.g. asks for the job that works it off; in
   * its transaction. Answers whether that wrote its row again. `before` is missing at creation.
   */
  written?(tx: Transaction, context: ChangeContext, after: Written<D>, before?: Stored<D>): Promise<boolean>
  /**
   * Makes a change that all rules allow by itself, where more belongs to it than its row, which is locked; answers
   * whether it did.
   */
  carryOut?(tx: Transaction, context: ChangeContext, after: D, before: Stored<D>): Promise<boolean>
  /** Makes a removal by itself, where more belongs to it than its row, which is locked; answers whether it did. */
  readonly carryOutRemoval?: (tx: Transaction, context: RemovalContext, stored: Stored) => Promise<boolean>
  /** Rules between attributes; throws a Problem. `before` is missing at creation. */
  check?(after: D, before?: Stored<D>): void
  /** Throws a Problem when a stored resource may not be changed or removed any more. */
  mayChange?(stored: Stored<D>): void
  mayRemove?(stored: Stored<D>): void
}

/** What a declaration says whatever its attributes are. */
export interface Description {
  /** Name of the type in the standard, e.g. `CustomerBill`. */
  readonly type: string
  /** Its segment in the URL, e.g. `customerBill`. */
  readonly path: string
  readonly table: string
  /** What messages call one of them; the path when left out. */
  readonly noun?: string
  /** The ids that clients give; the server gives one where a client may leave it out. Else all are the server's. */
  readonly clientId?: { readonly shape: Scalar; readonly isRequired: boolean }
  /** The table of all names by which one is found, its id among them: the column of the name, and that of the id. */
  readonly names?: { readonly table: string; readonly name: string; readonly id: string }
  /** Whether a row may belong to a channel partner, or to the tenant alone. */
  readonly owner: 'partner' | 'tenant'
  /** The scopes that open its operations, any of them. */
  readonly scopes: { readonly read: readonly string[]; readonly write: readonly string[] }
  readonly description: string
  /** Bodies for the documentation, which the demo data takes: of a creation, and of a patch of what that creates. */
  readonly examples?: { readonly create: object; readonly patch?: object }
  /** What is served. Operations beyond TMF678 v4 are marked as extensions. */
  readonly operations: Readonly<Partial<Record<Operation, 'standard' | 'extension'>>>
  readonly events?: { readonly created: string; readonly stateChanged: string; readonly removed?: string }
  /** Unique indexes by name: the attribute that they keep unique in the tenant. */
  readonly unique?: Readonly<Record<string, string>>
  /**
   * Takes many at once. `key` is the attribute by which a client names each: in `unique`, and no other index is; one
   * with a key that is known is stored already. Not for resources that have events or secrets.
   */
  readonly bulk?: { readonly key: string; readonly told?: Readonly<Record<'reference' | 'as', string>> }
  /** What the answer to the creation shows once, and never again. */
  readonly secret?: Secret
}

/**
 * A resource as its file declares it. The compiler holds its names to its attributes `A`, its states to the values of
 * the attribute `S`, and its events to its type `T`.
 */
export interface Spec<T extends string, A extends Attributes, S extends keyof A & string>
  extends Description,
    Rules<DocumentOf<A>> {
  readonly type: T
  readonly attributes: A
  /** The attributes that PATCH may change; `allBut` opens the members of an own @type, too. */
  readonly patchable: readonly (keyof A & string)[] | { readonly allBut: readonly (keyof A & string)[] }
  readonly states?: StateMachine<ValueOf<A[S]> & string, DocumentOf<A>> & { readonly attribute?: S }
  readonly events?: NoInfer<{
    readonly created: `${T}CreateEvent`
    readonly stateChanged: `${T}StateChangeEvent`
    readonly removed?: `${T}DeleteEvent`
  }>
  readonly unique?: Readonly<Record<string, `${(keyof A & string) | 'id'}${'' | ` or ${string}`}`>>
  readonly bulk?: { readonly key: keyof A & string; readonly told?: Readonly<Record<'reference' | 'as', string>> }
  /** Columns no client sees, computed from the document at every write. */
  readonly internal?: Internal<DocumentOf<A>>
}

interface Internal<D extends Document> {
  readonly columns: readonly string[]
  derive(after: D, before?: Stored<D>): Readonly<Record<string, string | null>>
}

/** A secret of a resource: its hash is kept, it itself is not. */
export interface Secret {
  /** The member of the answer, e.g. `key`. */
  readonly member: string
  /** The column of the hash. */
  readonly column: string
  /** The form of one that the client chooses, by the same member of the posted body; left out where it cannot. */
  readonly chosen?: Scalar
  /** Makes one. It may take long, so that it is done before the transaction. Throws a Problem for a bad choice. */
  readonly make: (chosen: unknown) => Promise<NewSecret>
  /** Whether to make one is expensive, such as a password's hash. */
  readonly isSlow?: boolean
  /** Whether a document has a use for one; left out where each has. */
  readonly isFor?: (document: Document) => boolean
}

/** The hash that is kept, and the secret that is shown this once: none that the client chose. */
export interface NewSecret {
  readonly hash: string
  readonly shown: string | undefined
}

export type Operation = 'list' | 'retrieve' | 'create' | 'patch' | 'remove'

/** Whose a document is: the tenant's or, with a partner, that partner's. */
export interface Owner {
  readonly tenantId: string
  readonly partnerId?: string | undefined
}

/** Who changes something, and when. */
export interface ChangeContext {
  readonly author: Author
  readonly clock: Clock
  readonly newId: () => string
}

/** The same, and whose rows the requester sees. */
export interface RemovalContext extends ChangeContext {
  readonly view: Owner
}

export interface StateMachine<V extends string = string, D extends Document = Document> {
  /** The attribute that holds the state; `state` when left out. */
  readonly attribute?: string
  readonly initial: V
  readonly transitions: Readonly<Record<V, readonly V[]>>
  /** States out of `transitions` that this very resource may not go to. */
  barred?(stored: Stored<D>): readonly V[]
}

/** A resource as JSON, without `href`: attribute name -> value. */
export type Document = Readonly<Record<string, unknown>>

/** A row: what clients see, and what only the server does. */
export interface Stored<D extends Document = Document> {
  readonly id: string
  readonly version: number
  readonly document: D
  readonly internal: Readonly<Record<string, string | null>>
}

/** A row that was just written, as far as its writer knows it. */
export type Written<D extends Document = Document> = Pick<Stored<D>, 'id' | 'document'>

/** What a new document may draw on to complete itself. */
export interface Creation {
  readonly id: string
  readonly now: string
  readonly newId: () => string
}

/** A resource as the machinery reads it; its documents are of type `D`. */
export interface Resource<D extends Document = Document> extends Description, Rules<D> {
  readonly noun: string
  readonly patchable: readonly string[]
  /** Whether PATCH may change members that only an own @type allows. */
  readonly extensionsArePatchable: boolean
  readonly states?: StateMachine<string, D>
  readonly internal?: Internal<D>
  /** All attributes by name, `id` first, the @-attributes last. */
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly shape: ObjectShape
  /** The columns of a full row: id, version, extension, then those of the attributes, then the internal ones. */
  readonly columns: readonly string[]
}

/** Columns every resource's table has in front of its own. */
export const LEADING_COLUMNS = ['id', 'version', 'extension'] as const

/** Turns a declaration into what the machinery reads. Maps, so that `constructor` is no attribute of anything. */
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

/** Whether text could be an id of a resource at all, or another of its names; what cannot needs no look-up. */
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
