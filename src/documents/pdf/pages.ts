import Big from 'big.js'
import type { TableRow } from './rows.ts'

/** A row whose text and detail are broken into lines (none for a detail beside the text), with its height in points. */
export interface Measured {
  readonly row: TableRow
  readonly names: readonly string[]
  readonly details: readonly string[]
  /** The share of the normal space between lines; 1 for all of it. */
  readonly density: number
  readonly height: number
}

/** The rows of one page. If lines go on, the page begins and ends with the sum so far. */
export interface Page {
  readonly rows: readonly Measured[]
  readonly brought: string | undefined
  readonly carried: string | undefined
}

export interface Heights {
  readonly first: number
  readonly further: number
  readonly carry: number
}

/** Rows that belong to the row before: no page begins with one. */
const CLOSING: readonly TableRow['kind'][] = ['rounding', 'total', 'balanceTotal', 'note']

export function withTotalsKept(rows: readonly TableRow[]): readonly TableRow[] {
  return rows.map((row, at) => {
    const next = rows[at + 1]
    return next && CLOSING.includes(next.kind) ? { ...row, isKept: true } : row
  })
}

export function heightOf(rows: readonly Measured[]): number {
  return rows.reduce((sum, { height }) => sum + height, 0)
}

/**
 * Divides rows among pages. A kept row stays with the next one, so no heading ends a page. If lines go on, the page
 * ends with the sum so far and the next one begins with it, each `carryHeight` high.
 */
export function paginate(rows: readonly Measured[], heights: Heights, write: (sum: string) => string): readonly Page[] {
  const pages: Page[] = []
  const lastLine = rows.findLastIndex(({ row: { value } }) => value !== undefined)
  let sum = new Big(0)
  let brought: string | undefined
  for (let at = 0; at < rows.length || pages.length === 0; ) {
    const page = pages.length === 0 ? heights.first : heights.further
    const end = pageEnd(rows, at, page - (brought === undefined ? 0 : heights.carry), heights.carry)
    const own = rows.slice(at, end)
    for (const { row: of } of own) sum = sum.plus(of.value ?? '0')
    const carried = end <= lastLine ? write(sum.toFixed()) : undefined
    pages.push({ rows: own, brought, carried })
    brought = carried
    at = end
  }
  return pages
}

/** Returns the end of the page that begins with row `start`, at least `start + 1`. The last page carries no sum. */
function pageEnd(rows: readonly Measured[], start: number, height: number, carry: number): number {
  if (fitting(rows, start, height) === rows.length) return rows.length
  const end = fitting(rows, start, height - carry)
  let kept = end
  while (kept > start && rows[kept - 1]?.row.isKept) kept--
  return Math.max(kept > start ? kept : end, start + 1)
}

/** Returns the end of the rows from `start` that fit into `height`. */
function fitting(rows: readonly Measured[], start: number, height: number): number {
  let used = 0
  let end = start
  while (end < rows.length) {
    used += rows[end]?.height ?? 0
    if (used > height) break
    end++
  }
  return end
}
