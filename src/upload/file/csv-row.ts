import { FIELDS } from '../../messages/field.ts'
import { joinCells, unguarded } from './csv-text.ts'
import type { FileRow } from './file.ts'
import { ERROR_COLUMN, type Header } from './header.ts'
import { rowFault } from './row.ts'

/** Returns a function that reads the cells of a row under a header. Leaves blank cells out. */
export function csvRows(header: Header): (line: number, sent: readonly string[]) => FileRow {
  const { names } = header
  const isReturned = areReturned(header)
  return (line, sent) => {
    if (sent.length !== names.length) return wrongLength(header, line, sent)
    const cells: Record<string, string> = {}
    for (let at = 0; at < names.length; at++) {
      const name = String(names[at])
      const text = String(sent[at])
      if (text !== '' && name !== ERROR_COLUMN) cells[name] = isReturned ? unguarded(text) : text
    }
    return { line, cells }
  }
}

/** Rows that were not stored come again. */
function areReturned({ names }: Header): boolean {
  return names.at(-1) === ERROR_COLUMN
}

function wrongLength(header: Header, line: number, sent: readonly string[]): FileRow {
  const { names, delimiter } = header
  const faults = [rowFault(FIELDS.cells(sent.length, names.length))]
  if (!areReturned(header)) return { line, sent: joinCells(sent, delimiter), faults }
  const own = sent.length > names.length ? sent.slice(0, -1) : sent
  return { line, sent: joinCells(own.map(unguarded), delimiter), faults }
}
