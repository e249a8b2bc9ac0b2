import { elementCutter } from '../../http/elements.ts'
import { inGroups, lineCutter } from '../../http/lines.ts'
import type { Line } from '../../http/pieces.ts'
import { FIELDS } from '../../messages/field.ts'
import { UPLOADS } from '../../messages/upload.ts'
import { type FileRow, ROW_MAX_BYTES } from './file.ts'
import { ERROR_COLUMN, SENT } from './header.ts'
import { jsonRow } from './json-row.ts'
import { type Progress, placeOf } from './progress.ts'
import { rowFault } from './row.ts'

/** Reads rows of JSON: the lines of a file, or the elements of its array, which are cut out while it arrives. */
export async function* jsonRows(
  chunks: AsyncIterable<Buffer>,
  format: 'ndjson' | 'json',
  progress: Progress
): AsyncGenerator<readonly FileRow[]> {
  const cutter = format === 'json' ? elementCutter(ROW_MAX_BYTES) : lineCutter(ROW_MAX_BYTES)
  const tooLong = () => UPLOADS.rowTooLong(placeOf(progress), ROW_MAX_BYTES)
  const read = (line: Line): FileRow => {
    progress.row = line.number
    if (!line.bytes) throw tooLong()
    progress.row++
    return withoutError(asSent(jsonRow(line)))
  }
  for await (const chunk of chunks) {
    for await (const group of inGroups(cutter.add(chunk))) yield group.map(read)
    if (cutter.isTooLong()) throw tooLong()
  }
  for await (const group of inGroups(cutter.end())) yield group.map(read)
}

/** A row that could not be read comes again as a text, which must have been mended. */
function asSent(row: FileRow): FileRow {
  if (!('cells' in row)) return row
  const { line, cells } = row
  const { [SENT]: sent, [ERROR_COLUMN]: _, ...others } = cells
  if (typeof sent !== 'string' || Object.keys(others).length > 0) return row
  const inner = jsonRow({ number: line, bytes: Buffer.from(sent) })
  return 'cells' in inner ? inner : { ...inner, faults: [rowFault(FIELDS.unmended(), SENT), ...inner.faults] }
}

/** A row that comes again says why it was not stored. */
function withoutError(row: FileRow): FileRow {
  if (!('cells' in row)) return row
  const { line, cells } = row
  if (!Object.hasOwn(cells, ERROR_COLUMN)) return row
  const { [ERROR_COLUMN]: _, ...own } = cells
  return { line, cells: own }
}
