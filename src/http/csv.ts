/** A cell: a text, nothing, or what is written as it is, such as a decimal or an instant of ours. */
export type Cell = string | undefined | { readonly exact: string | undefined }

/** What some dialect of CSV takes for a separator, a quote or the end of a line. */
const SPLITTING = /[,;|"\t\n\v\f\r\u0085\u2028\u2029]/
/** How a formula begins for some spreadsheet: by its sign, also in full width, or by a blank that is cut off first. */
const FORMULA = /^[=+\-@＝＋－＠\p{Z}\p{Cc}\p{Cf}]/u

/**
 * One line of CSV (RFC 4180) with its end. Whatever a reader with another separator would split is quoted; a text that
 * a spreadsheet could take for a formula begins with an apostrophe.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(written).join()}\r\n`
}

function written(cell: Cell): string {
  if (typeof cell === 'object') return cell.exact ?? ''
  if (cell === undefined) return ''
  const guarded = FORMULA.test(cell) ? `'${cell}` : cell
  return SPLITTING.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}
