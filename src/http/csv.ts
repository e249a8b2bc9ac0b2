/** A cell: a text, nothing, or an exact value written as it is, such as a decimal or an instant. */
export type Cell = string | undefined | { readonly exact: string | undefined }

/** Separators, quotes and line ends in any dialect of CSV. */
const SPLITTING = /[,;|"\t\n\v\f\r\u0085\u2028\u2029]/
/** Starts of formulas in spreadsheets: a sign, also in full width, or a blank that the spreadsheet trims. */
const FORMULA = /^[=+\-@＝＋－＠\p{Z}\p{Cc}\p{Cf}]/u

/**
 * Returns a line of CSV (RFC 4180) with its end. Quotes any text that a reader with another separator would split;
 * prefixes a text that looks like a formula with an apostrophe.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(written).join()}\r\n`
}

function written(cell: Cell): string {
  if (typeof cell === 'object') return cell.exact ?? ''
  if (cell === undefined) return ''
  return quoted(isFormula(cell) ? `'${cell}` : cell)
}

/** Tells a text that a spreadsheet would run. */
export function isFormula(text: string): boolean {
  return FORMULA.test(text)
}

/** Quotes a text that a reader with any separator would split. */
export function quoted(text: string): string {
  return SPLITTING.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
