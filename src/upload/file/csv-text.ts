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

const APOSTROPHES = /^'+/

/** Takes away the apostrophe that keeps a spreadsheet from running a text. */
export function unguarded(text: string): string {
  return text.startsWith("'") && isFormula(text.replace(APOSTROPHES, '')) ? text.slice(1) : text
}
