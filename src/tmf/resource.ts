import type { Author } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import { isId } from '../base/ulid.ts'
import type { Transaction } from '../db/database.ts'
import { type Attribute, columnsOf, text, uri } from './attribute.ts'
import { isStorable } from './code-points.ts'
import type { ObjectShape, Scalar } from './shape.ts'

/** A resource as its file in `resources/` declares it. */
export interface Spec {
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
  /** What is served. Operations beyond TMF678 v4 are marked as extensions. */
  readonly operations: Readonly<Partial<Record<Operation, 'standard' | 'extension'>>>
  readonly attributes: Readonly<Record<string, Attribute>>
  /** The attributes that PATCH may change; `allBut` opens the members of an own @type, too. */
  readonly patchable: readonly string[] | { readonly allBut: readonly string[] }
  readonly states?: StateMachine
  readonly events?: { readonly created: string; readonly stateChanged: string }
  /** Fills in what a newly posted document left out. */
  readonly complete?: (document: Document, context: Creation) => Document
  /**
   * Completes a document, or one that is changed, by what the database holds, before its rules are checked; throws a
   * Problem for what that forbids.
   */
  readonly consult?: (tx: Transaction, owner: Owner, document: Document, before?: Stored) => Promise<Document>
  /**
   * Does what else belongs to a document that was just created or changed, e.g. asks for the job that works it off; in
   * its transaction. Answers whether that wrote its row again. `before` is missing at creation.
   */
  readonly written?: (tx: Transaction, context: ChangeContext, after: Written, before?: Stored) => Promise<boolean>
  /**
   * Makes a change that all rules allow by itself, where more belongs to it than its row, which is locked; answers
   * whether it did.
   */
  readonly carryOut?: (tx: Transaction, context: ChangeContext, after: Document, before: Stored) => Promise<boolean>
  /** Rules between attributes; throws a Problem. `before` is missing at creation. */
  readonly check?: (after: Document, before?: Stored) => void
  /** Throws a Problem when a stored resource may not be changed or removed any more. */
  readonly mayChange?: (stored: Stored) => void
  readonly mayRemove?: (stored: Stored) => void
  /** Unique indexes by name: the attribute that they keep unique in the tenant. */
  readonly unique?: Readonly<Record<string, string>>
  /**
   * Takes many at once. `key` is the attribute by which a client names each: in `unique`, and no other index is; one
   * with a key that is known is stored already. Not for resources that have events or secrets.
   */
  readonly bulk?: { readonly key: string }
  /** What the answer to the creation shows once, and never again. */
  readonly secret?: Secret
  /** Columns no client sees, computed from the document at every write. */
  readonly internal?: {
    readonly columns: readonly string[]
    readonly derive: (after: Document, before?: Stored) => Readonly<Record<string, string | null>>
  }
}

/** A secret of a resource: its hash is kept, it itself is not. */
export interface Secret {
  /** The member of the answer, e.g. `key`. */
  readonly member: string
  /** The column of the hash. */
  readonly column: string
  /** Whether the client may choose it, by the same member of the posted body. */
  readonly isChosen: boolean
  /** Makes one. It may take long, so that it is done before the transaction. Throws a Problem for a bad choice. */
  readonly make: (chosen: unknown) => Promise<NewSecret>
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

export interface StateMachine {
  /** The attribute that holds the state; `state` when left out. */
  readonly attribute?: string
  readonly initial: string
  readonly transitions: Readonly<Record<string, readonly string[]>>
  /** States out of `transitions` that this very resource may not go to. */
  readonly barred?: (stored: Stored) => readonly string[]
}

/** A resource as JSON, without `href`: attribute name -> value. */
export type Document = Readonly<Record<string, unknown>>

/** A row: what clients see, and what only the server does. */
export interface Stored {
  readonly id: string
  readonly version: number
  readonly document: Document
  readonly internal: Readonly<Record<string, string | null>>
}

/** A row that was just written, as far as its writer knows it. */
export type Written = Pick<Stored, 'id' | 'document'>

/** What a new document may draw on to complete itself. */
export interface Creation {
  readonly id: string
  readonly now: string
  readonly newId: () => string
}

/** A resource as the machinery reads it. */
export interface Resource extends Omit<Spec, 'attributes' | 'patchable'> {
  readonly noun: string
  readonly patchable: readonly string[]
  /** Whether PATCH may change members that only an own @type allows. */
  readonly extensionsArePatchable: boolean
  /** All attributes by name, `id` first, the @-attributes last. */
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly shape: ObjectShape
  /** The columns of a full row: id, version, extension, then those of the attributes, then the internal ones. */
  readonly columns: readonly string[]
}

/** Columns every resource's table has in front of its own. */
export const LEADING_COLUMNS = ['id', 'version', 'extension'] as const

/** Turns a declaration into what the machinery reads. Maps, so that `constructor` is no attribute of anything. */
export function defineResource(spec: Spec): Resource {
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

function idOf({ clientId }: Spec): Attribute {
  if (!clientId) return text('id', 'Identifier, given by the server', 'indexed', 'readOnly')
  const options = clientId.isRequired ? (['required'] as const) : []
  return { ...text('id', 'Identifier, given by the client', 'indexed', ...options), shape: clientId.shape }
}

/** Whether text could be an id of a resource at all, or another of its names; what cannot needs no look-up. */
export function couldBeId({ clientId }: Resource, text: string): boolean {
  return clientId ? isStorable(text) : isId(text)
}

function patchability({ patchable, attributes }: Spec): Pick<Resource, 'patchable' | 'extensionsArePatchable'> {
  if (!('allBut' in patchable)) return { patchable, extensionsArePatchable: false }
  const open = Object.keys(attributes).filter((name) => !patchable.allBut.includes(name) && !attributes[name]?.readOnly)
  return { patchable: open, extensionsArePatchable: true }
}
