import type { Transaction } from '../db/database.ts'
import { pace } from '../pace/turns.ts'
import type { WriteContext } from '../tmf/write.ts'
import type { Column, Reading } from './cells.ts'
import type { FileRow } from './file/file.ts'
import type { Cells, RowFault } from './file/row.ts'
import type { Place } from './place.ts'

export const KINDS = ['bill', 'account', 'customer', 'payment'] as const

/** States that a stored bill may get. */
export const STORED_STATES = ['new', 'validated', 'sent'] as const
export const CONFLICTS = ['refuse', 'replace'] as const
export const PASTS = ['refuse', 'accept'] as const

/** How rows are stored. */
export interface StoreOptions {
  /** One row that is not stored keeps all others from it; then the transaction is rolled back. */
  readonly isStrict: boolean
  /** Nothing is to be stored; the transaction is rolled back all the same. */
  readonly isDry: boolean
  readonly state: (typeof STORED_STATES)[number]
  /** The fate of a row with a known key and other content. */
  readonly onConflict: (typeof CONFLICTS)[number]
  /** The fate of a new row that is due before today, or of a month before this one. */
  readonly past: (typeof PASTS)[number]
}

/** A row by its number, or its faults. */
export type Line<Content> =
  | { readonly line: number; readonly content: Content }
  | { readonly line: number; readonly faults: readonly RowFault[] }

/**
 * The fate of a row; `id` is what it made, now or before. `unmatched` is a payment that waits for a
 * person. `notStored` is a good row that others kept from being stored.
 */
export type Result =
  | {
      readonly line: number
      readonly status: 'created' | 'replaced' | 'duplicate' | 'unmatched'
      readonly id: string
    }
  | { readonly line: number; readonly status: 'conflict'; readonly id: string; readonly errors: readonly RowFault[] }
  | { readonly line: number; readonly status: 'refused'; readonly errors: readonly RowFault[] }
  | { readonly line: number; readonly status: 'notStored' }

export interface Amount {
  readonly unit: string
  /** Decimal text. */
  readonly value: string
}

/** The results of rows in their order, and the amounts of those created, by line. */
export interface Stored {
  readonly results: readonly Result[]
  readonly amounts: ReadonlyMap<number, Amount>
}

/** The key by which a row is known to its owner, and the hash of its content. */
export interface Identity {
  readonly key: string
  readonly contentHash: string
}

interface About {
  readonly name: (typeof KINDS)[number]
  /** Below the base path of billing, such as `billUpload`. */
  readonly path: string
  readonly scopes: { readonly read: readonly string[]; readonly write: readonly string[] }
  readonly columns: readonly Column<unknown>[]
  /** The path of what a row makes, below the base path of the API: `customerBill`. */
  readonly makes?: string
  /** Parts of an upload that are stored at the same time; one by default. */
  readonly lanes?: number
  /** Options of the kind beside those of every upload. */
  readonly takes: readonly ('state' | 'onConflict' | 'past')[]
  /** Bank statements are files of rows, too. */
  readonly takesStatements?: boolean
}

/** The meaning of rows, and the way in which they are stored. */
export interface Declared<Content> extends About {
  /** Reads the cells of a row, before the transaction; computes there what takes long. */
  read(
    cells: Cells,
    place: Place,
    reading: Reading
  ): { readonly content: Content } | { readonly faults: readonly RowFault[] }
  identity(content: Content): Identity
  /** Stores rows together, in one transaction: with their events, and one row of the audit for all. */
  store(
    tx: Transaction,
    context: WriteContext,
    place: Place,
    lines: readonly Line<Content>[],
    options: StoreOptions
  ): Promise<Stored>
}

/** A kind whatever its content is. */
export interface UploadKind extends About {
  /** Reads rows, in turns of the event loop. */
  prepare(rows: readonly FileRow[], place: Place, reading: Reading): Promise<Prepared>
}

/** Rows that were read. */
export interface Prepared {
  /** By line, of rows without a fault. */
  readonly identities: () => ReadonlyMap<number, Identity>
  store(tx: Transaction, context: WriteContext, options: StoreOptions): Promise<Stored>
}

export function uploadKind<Content>(declared: Declared<Content>): UploadKind {
  const { read, identity, store, ...about } = declared
  return {
    ...about,
    prepare: async (rows, place, reading) => {
      const turn = pace()
      const lines: Line<Content>[] = []
      for (const row of rows) {
        lines.push(lineOf(row, (cells) => read(cells, place, reading)))
        await turn()
      }
      return {
        identities: () =>
          new Map(lines.flatMap((line) => ('content' in line ? [[line.line, identity(line.content)] as const] : []))),
        store: (tx, context, options) => store(tx, context, place, lines, options)
      }
    }
  }
}

export function lineOf<Content>(
  row: FileRow,
  read: (cells: Cells) => { readonly content: Content } | { readonly faults: readonly RowFault[] }
): Line<Content> {
  const { line } = row
  return 'cells' in row ? { line, ...read(row.cells) } : { line, faults: row.faults }
}
