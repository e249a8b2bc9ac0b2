import { isStorable } from '../../base/code-points.ts'
import { QUERIES } from '../../messages/query.ts'

/**
 * The start of a page: the row before it, by the values that the sort compares. Opaque to clients, valid for one sort.
 */
export interface Cursor {
  readonly sort: string
  /** The number of rows before the page, for `prev` and `last`. */
  readonly position: number
  /** The row's values of the sort keys, as Postgres prints them; null for none. */
  readonly values: readonly (string | null)[]
  readonly id: string
  /** The first page's estimate of all matches, so that later pages need not count. */
  readonly total?: number | undefined
}

export function encodeCursor({ sort, position, values, id, total }: Cursor): string {
  const parts = [sort, position, values, id, ...(total === undefined ? [] : [total])]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** Throws `invalidQuery` for text that this server did not write. */
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
