import type { Action, Author, Change } from '../../audit/record.ts'
import type { Clock } from '../../base/clock.ts'
import { isStorable } from '../../base/code-points.ts'
import { isId } from '../../base/ulid.ts'
import type { Transaction } from '../../db/database.ts'
import type { Attribute } from './attribute.ts'
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

/**
 * Hooks of a resource, named after when they run. `D` is the type of its documents. All but the first run in the
 * transaction of the change. All may throw a Problem; `before` is undefined at creation.
 */
export interface Rules<D extends Document> {
  /** Checks a posted document before the transaction, such as a name that must be looked up. */
  checkPosted?(document: D): Promise<void>
  /** Fills in missing attributes of a posted document. Pure. */
  completePosted?(document: D, context: Creation): Document
  /** Completes a changed document. Pure. */
  completeChanged?(after: D, before: D): Document
  /** Completes a new or changed document from the database, which it only reads, before its rules are checked. */
  completeFromDatabase?(tx: Transaction, owner: Owner, document: D, before?: Stored<D>): Promise<Document>
  /** Checks attributes against each other. Pure. */
  check?(after: D, before?: Stored<D>): void
  /** Takes out of a checked document what is never shown again. `before` has the columns as they are. Pure. */
  conceal?(document: D, row: RowKey, before?: Stored<D>): Concealed
  /** Refuses changes, or the removal, of a closed resource. Pure. */
  checkChange?(stored: Stored<D>): void
  checkRemoval?(stored: Stored<D>): void
  /** Writes other rows before an allowed change; the row is locked. Returns what to write and record with it. */
  beforeChange?(tx: Transaction, context: HookContext, after: D, before: Stored<D>): Promise<Addition | undefined>
  /** Removes, frees or changes rows before an allowed removal; the row is locked. Returns what to record. */
  beforeRemoval?(tx: Transaction, context: HookContext, stored: Stored<D>): Promise<Recorded | undefined>
  /** Writes anything after a row was written, that row included: it is read again. */
  readonly afterWrite?: AfterWrite<D>
}

export interface AfterWrite<D extends Document> {
  /** Selects the written rows for which the hook runs. */
  when(after: D, before?: Stored<D>): boolean
  run(tx: Transaction, context: HookContext, after: Written<D>, before?: Stored<D>): Promise<void>
}

/** The document as it is shown and recorded, and the columns of what was taken out of it, sealed. */
export interface Concealed {
  readonly document: Document
  readonly columns: Readonly<Record<string, string | null>>
}

export interface RowKey {
  readonly tenantId: string
  readonly id: string
}

/** Additions to a change: columns of its row, and the action and further members of its audit row. */
export interface Addition {
  readonly columns?: Readonly<Record<string, string | null>>
  readonly action?: Action
  readonly after?: object
}

/** Kept of a removal by the audit, instead of the whole document. */
export type Recorded = Omit<Change, 'resourceType' | 'resourceId'>

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
  /** Names of operations that the standard does not form from verb and type. */
  readonly operationIds?: Readonly<Partial<Record<Operation, string>>>
  readonly events?: EventNames
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
 * The types of a resource's events. Each change, and so each version, is one event: `stateChanged` if the state did,
 * whatever changed with it, else `attributeValueChanged`.
 */
export interface EventNames {
  readonly created: string
  readonly stateChanged?: string
  readonly attributeValueChanged: string
  readonly removed: string
}

/** Columns hidden from clients, computed from the document at every write. */
export interface Internal<D extends Document> {
  readonly columns: readonly string[]
  derive(after: D, before?: Stored<D>): Readonly<Record<string, string | null>>
}

export interface Secret {
  readonly member: string
  readonly column: string
  /** The form of a secret that the client chooses, by the same member of the body; undefined if it cannot. */
  readonly chosen?: Scalar
  /** Makes a secret, before the transaction, since it may take long. Throws a Problem for a bad choice. */
  readonly make: (chosen: unknown) => Promise<NewSecret>
  /** Making one is expensive, such as a password's hash. */
  readonly isSlow?: boolean
  readonly isFor?: (document: Document) => boolean
  /** Seals a secret that the server needs again, for its row; without it the column keeps what `make` made. */
  readonly seal?: (row: RowKey, kept: string) => string
}

/** The hash, or the text for `seal`, and the secret to show once unless the client chose it. */
export interface NewSecret {
  readonly kept: string
  readonly shown: string | undefined
}

/** All operations; those of the standard are named beside it. */
export const EXTENSIONS = {
  list: 'extension',
  retrieve: 'extension',
  create: 'extension',
  patch: 'extension',
  remove: 'extension'
} as const

export type Operation = keyof typeof EXTENSIONS

/** The owner of a document: the tenant, or with `partnerId` that partner. */
export interface Owner {
  readonly tenantId: string
  readonly partnerId?: string | undefined
}

export interface ChangeContext {
  readonly author: Author
  readonly clock: Clock
  readonly newId: () => string
  /** See EventContext in event.ts. */
  readonly correlationId?: string | undefined
}

export interface HookContext extends ChangeContext {
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

export interface Stored<D extends Document = Document> {
  readonly id: string
  readonly version: number
  readonly document: D
  readonly internal: Readonly<Record<string, string | null>>
}

export type Written<D extends Document = Document> = Pick<Stored<D>, 'id' | 'document'>

export interface Creation {
  readonly id: string
  readonly now: string
  readonly newId: () => string
}

/** The machinery's form of a declaration; `D` is the type of its documents. `Served` has the hooks. */
export interface Resource<D extends Document = Document> extends Description {
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

export const LEADING_COLUMNS = ['id', 'version', 'extension'] as const

export function couldBeId({ clientId }: Resource, text: string): boolean {
  return clientId ? isStorable(text) : isId(text)
}
