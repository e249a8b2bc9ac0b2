import { UPLOADS } from '../../messages/upload.ts'
import { splitLine } from './csv-text.ts'
import { SHOWN_LENGTH } from './row.ts'

/** The separators of cells, in the order in which they are tried. */
const DELIMITERS = [',', ';', '\t'] as const

/** The last column of rows that were not stored. It is ignored when they come again. */
export const ERROR_COLUMN = 'error'

/** Has the text of a row that could not be read. */
export const SENT = 'sent'

/** A column, as far as the reading of files knows it. */
export interface FileColumn {
  readonly name: string
  readonly isRequired?: boolean | undefined
}

/** The first line of a CSV file. */
export interface Header {
  readonly delimiter: (typeof DELIMITERS)[number]
  /** As written. */
  readonly cells: readonly string[]
  /** The column of each cell. */
  readonly names: readonly string[]
}

const NAMED_MAX = 5

/** Reads the first line of a CSV file. Throws a Problem that says which columns there are. */
export function readHeader(line: string, columns: readonly FileColumn[]): Header {
  const known = new Set(columns.map(({ name }) => name))
  const headers = DELIMITERS.flatMap((delimiter) => headerOf(line, delimiter))
  const score = ({ names }: Header) => names.filter((name) => known.has(name)).length * MANY + names.length
  const [header] = headers.toSorted((a, b) => score(b) - score(a))
  if (!header) throw UPLOADS.headerQuote()
  requireColumns(header, columns)
  return header
}

/** Names that are known count for more than any number of cells. */
const MANY = 1_000_000

function headerOf(line: string, delimiter: (typeof DELIMITERS)[number]): readonly Header[] {
  try {
    const cells = splitLine(line, delimiter)
    return [{ delimiter, cells, names: cells.map(columnName) }]
  } catch {
    return []
  }
}

/** Returns the column that a cell of the header names, in any case and with blanks around it. */
export function columnName(cell: string): string {
  return cell.trim().toLowerCase()
}

function requireColumns({ cells, names }: Header, columns: readonly FileColumn[]): void {
  const known = columns.map(({ name }) => name)
  const unknown = cells.filter((_, at) => ![...known, ERROR_COLUMN].includes(String(names[at])))
  if (unknown.length > 0) throw UPLOADS.unknownColumns(shown(unknown), known)
  const repeated = names.filter((name, at) => names.indexOf(name) < at)
  if (repeated.length > 0) throw UPLOADS.repeatedColumns(shown(repeated))
  const required = columns.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  const missing = required.filter((name) => !names.includes(name))
  if (missing.length > 0) throw UPLOADS.missingColumns(missing, known)
}

function shown(cells: readonly string[]): readonly string[] {
  const names = [...new Set(cells)].map((cell) => (cell.trim() === '' ? '(a blank)' : cell.slice(0, SHOWN_LENGTH)))
  return names.length > NAMED_MAX ? [...names.slice(0, NAMED_MAX), `${names.length - NAMED_MAX} more`] : names
}
