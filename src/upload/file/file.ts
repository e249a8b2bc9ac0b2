import { isRecord } from '../../base/unknown.ts'
import type { Cells, RowFault } from './row.ts'

export const ROW_MAX_BYTES = 100_000

/** A row of data, numbered from 1 without a header: its cells as sent, or what was sent and why it cannot be read. */
export type FileRow =
  | { readonly line: number; readonly cells: Cells }
  | { readonly line: number; readonly sent: string; readonly faults: readonly RowFault[] }

/** The form of a file, in which rows that were not stored go back. */
export interface Layout {
  readonly format: 'csv' | 'ndjson' | 'json'
  readonly delimiter?: ',' | ';' | '\t' | undefined
  /** As written, without the column of errors. */
  readonly header?: readonly string[] | undefined
}

/** A file that arrives. */
export interface UploadFile {
  readonly layout: Layout
  readonly fileName?: string | undefined
  /** Groups of rows, each small enough for one turn, read on demand. Throws a Problem where reading ends. */
  readonly groups: AsyncIterable<readonly FileRow[]>
}

export function isFileRow(value: unknown): value is FileRow {
  return isRecord(value) && typeof value.line === 'number' && (isRecord(value.cells) || Array.isArray(value.faults))
}
