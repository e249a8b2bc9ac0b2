import { isStorable } from '../../base/code-points.ts'
import { QUERIES } from '../../messages/query.ts'

/** Where a page begins: behind a row, given by what the sort compares. Opaque to clients, valid for one sort only. */
export interface Cursor {
  /** The `sort` it belongs to, as `describeSort` writes it. */
  readonly sort: string
  /** How many rows lie before the page, so that `prev` and `last` can be offered. */
  readonly position: number
  /** The values of the sort keys in that row, as Postgres prints them; null where the row has none. */
  readonly values: readonly (string | null)[]
  readonly id: string
  /** The estimate of all matches that the first page made, so that the next ones need not count again. */
  readonly total?: number | undefined
}

export function encodeCursor({ sort, position, values, id, total }: Cursor): string {
  const parts = [sort, position, values, id, ...(total === undefined ? [] : [total])]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** Reads a cursor back. Throws `invalidQuery` for anything that this server did not write. */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined
  const cursor = asCursor(parsed(Buffer.from(text, 'base64url').toString()))
  if (cursor) return cursor
  throw QUERIES.notACursor()
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function asCursor(value: unknown): Cursor | undefined {
  if (!Array.isArray(value) || value.length < 4 || value.length > 5) return undefined
  const [sort, position, values, id, total] = value
  const isText = (item: unknown) => item === null || (typeof item === 'string' && isStorable(item))
  const isSound =
    typeof sort === 'string' &&
    isCount(position) &&
    (total === undefined || isCount(total)) &&
    Array.isArray(values) &&
    values.every(isText) &&
    typeof id === 'string' &&
    isStorable(id)
  return isSound ? { sort, position, values, id, total } : undefined
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
