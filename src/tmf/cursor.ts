import { Problem } from '../base/problem.ts'
import { isId } from '../base/ulid.ts'
import { isStorable } from './code-points.ts'

/** Where a page begins: behind a row, given by what the sort compares. Opaque to clients, valid for one sort only. */
export interface Cursor {
  /** The `sort` it belongs to, as `describeSort` writes it. */
  readonly sort: string
  /** How many rows lie before the page, so that `prev` and `last` can be offered. */
  readonly position: number
  /** The values of the sort keys in that row, as Postgres prints them; null where the row has none. */
  readonly values: readonly (string | null)[]
  readonly id: string
}

export function encodeCursor({ sort, position, values, id }: Cursor): string {
  return Buffer.from(JSON.stringify([sort, position, values, id])).toString('base64url')
}

/** Reads a cursor back. Throws `invalidQuery` for anything that this server did not write. */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined
  const cursor = asCursor(parsed(Buffer.from(text, 'base64url').toString()))
  if (cursor) return cursor
  throw new Problem('invalidQuery', 'after must be a cursor taken from the next link of a page')
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function asCursor(value: unknown): Cursor | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [sort, position, values, id] = value
  const isText = (item: unknown) => item === null || (typeof item === 'string' && isStorable(item))
  const isSound =
    typeof sort === 'string' &&
    Number.isSafeInteger(position) &&
    position >= 0 &&
    Array.isArray(values) &&
    values.every(isText) &&
    typeof id === 'string' &&
    isId(id)
  return isSound ? { sort, position, values, id } : undefined
}
