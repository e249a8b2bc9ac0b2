import { parse } from 'csv-parse/sync'
import { isFormula, quoted } from '../../http/csv.ts'

/** Splits a line of CSV. Throws for quotes that do not fit. */
export function splitLine(line: string, delimiter: string): readonly string[] {
  const [cells = []] = parse(line, { delimiter })
  return cells
}

export function joinCells(cells: readonly string[], delimiter: string): string {
  return cells.map(quoted).join(delimiter)
}

const APOSTROPHES = /^'*/
const NUMBER = /^[+-]?\d+(?:[.,]\d+)*$/

/** Puts an apostrophe before a text that a spreadsheet would run; `unguarded` takes it away again, and no other. */
export function guarded(text: string): string {
  return isFormula(text.replace(APOSTROPHES, '')) && !NUMBER.test(text) ? `'${text}` : text
}

export function unguarded(text: string): string {
  return text.startsWith("'") && isFormula(text.replace(APOSTROPHES, '')) ? text.slice(1) : text
}
