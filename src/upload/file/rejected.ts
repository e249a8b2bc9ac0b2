import { membersOf, repeatedNames } from '../../base/json-members.ts'
import { isRecord } from '../../base/unknown.ts'
import { objectOf } from '../../http/json.ts'
import { guarded, joinCells, splitLine } from './csv-text.ts'
import type { FileRow, Layout } from './file.ts'
import { columnName, ERROR_COLUMN, SENT } from './header.ts'

const MARK = '\uFEFF'

/** A row that was not stored, and why. */
export interface Rejected {
  readonly row: FileRow
  readonly error: string
}

/**
 * Writes rows that were not stored as a file of the same form, whose last column is the error. Opening that file reads
 * the same rows.
 */
export async function* rejectedFile(
  layout: Layout,
  groups: AsyncIterable<readonly Rejected[]>
): AsyncGenerator<string> {
  const { format } = layout
  if (format === 'csv') yield* csvFile(layout, groups)
  else if (format === 'json') yield* arrayOf(groups)
  else for await (const group of groups) yield group.map((rejected) => `${jsonOf(rejected)}\n`).join('')
}

/** Begins with a byte order mark: without it, spreadsheets take UTF-8 for something else. */
async function* csvFile(
  { header = [], delimiter = ',' }: Layout,
  groups: AsyncIterable<readonly Rejected[]>
): AsyncGenerator<string> {
  const lineOf = (cells: readonly string[]) => `${joinCells(cells, delimiter)}\r\n`
  const names = header.map(columnName)
  const cellsOf = (row: FileRow): readonly string[] => {
    if ('cells' in row) {
      const { cells } = row
      return names.map((name) => String(cells[name] ?? ''))
    }
    const sent = splitLine(row.sent, delimiter)
    return [...sent, ...names.slice(sent.length).map(() => '')]
  }
  yield MARK + lineOf([...header, ERROR_COLUMN])
  for await (const group of groups)
    yield group.map(({ row, error }) => lineOf([...cellsOf(row), error].map(guarded))).join('')
}

async function* arrayOf(groups: AsyncIterable<readonly Rejected[]>): AsyncGenerator<string> {
  let before = '[\n'
  for await (const group of groups) {
    for (const rejected of group) {
      yield before + jsonOf(rejected)
      before = ',\n'
    }
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

/** Keeps the digits of numbers that could not be read. What is no object, or has a name twice, comes as a text. */
function jsonOf({ row, error }: Rejected): string {
  if ('cells' in row) return JSON.stringify({ ...row.cells, [ERROR_COLUMN]: error })
  const sent =
    isObject(row.sent) && repeatedNames(row.sent).length === 0
      ? membersOf(row.sent)
      : [[SENT, JSON.stringify(row.sent)] as const]
  return objectOf({ ...Object.fromEntries(sent), [ERROR_COLUMN]: JSON.stringify(error) })
}

function isObject(text: string): boolean {
  try {
    return isRecord(JSON.parse(text))
  } catch {
    return false
  }
}
