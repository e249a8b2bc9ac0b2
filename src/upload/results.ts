import { isRecord } from '../base/unknown.ts'
import { FIELDS } from '../messages/field.ts'
import { faultText, type RowFault, rowFault } from './file/row.ts'
import type { Result } from './kind.ts'

export const STATUSES = ['created', 'replaced', 'duplicate', 'unmatched', 'conflict', 'refused', 'notStored'] as const

/** A result as it is kept: what a dry upload would have made has no id. */
export interface KeptResult {
  readonly line: number
  readonly status: Result['status']
  readonly id?: string | undefined
  readonly errors?: readonly RowFault[] | undefined
}

/** Tells the results of a row that is not stored: it goes back to the client. */
export function isLeft({ status }: Pick<Result, 'status'>): boolean {
  return status === 'conflict' || status === 'refused' || status === 'notStored'
}

export type Counts = Readonly<Record<Result['status'], number>>

export function countsOf(results: readonly KeptResult[]): Counts {
  const counts = { created: 0, replaced: 0, duplicate: 0, unmatched: 0, conflict: 0, refused: 0, notStored: 0 }
  for (const { status } of results) counts[status] += 1
  return counts
}

/** Tells the results of a row that made something. */
export function isMade({ status }: Pick<Result, 'status'>): boolean {
  return status === 'created' || status === 'unmatched'
}

/** Returns the ids of what these results made. */
export function madeBy(results: readonly KeptResult[]): ReadonlySet<string> {
  return new Set(results.filter(isMade).flatMap(({ id }) => id ?? []))
}

/** Leaves the ids of what was made in a transaction that was rolled back. */
export function notMade(results: readonly KeptResult[], made: ReadonlySet<string>): readonly KeptResult[] {
  return results.map(({ id, ...result }) => (id === undefined || made.has(id) ? result : { ...result, id }))
}

/** Returns results of rows of which others kept all from being stored: what was stored before is so still. */
export function undone(results: readonly KeptResult[], made: ReadonlySet<string>): readonly KeptResult[] {
  return notMade(results, made).map((result) => {
    const { line, status, id } = result
    return isLeft(result) || (status === 'duplicate' && id !== undefined) ? result : { line, status: 'notStored' }
  })
}

export function readResults(kept: string): readonly KeptResult[] {
  const results: unknown = JSON.parse(kept)
  if (Array.isArray(results) && results.every(isKept)) return results
  throw new Error('the database holds no results where those of a part must be')
}

function isKept(value: unknown): value is KeptResult {
  return isRecord(value) && typeof value.line === 'number' && STATUSES.some((status) => status === value.status)
}

/** Says why a row is not stored. */
export function errorText({ errors = [] }: KeptResult): string {
  return (errors.length > 0 ? errors : [rowFault(FIELDS.notStored())]).map(faultText).join('; ')
}
