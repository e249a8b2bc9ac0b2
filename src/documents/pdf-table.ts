import { readable, tint } from './colour.ts'
import type { Measured, TableRow } from './pdf-rows.ts'
import type { Sheet } from './pdf-sheet.ts'
import { GREY, INK, type Style, widthOf, wrap, write } from './pdf-text.ts'
import { fill } from './words.ts'

/** Where the columns of the table begin or end, in points from the left edge. */
export const COLUMNS = { left: 57, text: 118, textEnd: 400, base: 398, tax: 452, right: 544 } as const
export const CARRY_HEIGHT = 18

const TEXT_LINES_MAX = 4
const LEADING = 12
const GAP = 6
const RULE = '#c4c7cc'

interface Look {
  /** Above the text, and below its last line. */
  readonly above: number
  readonly below: number
  readonly x: number
  readonly style: Style
}

const bold = (size: number): Style => ({ face: 'bold', size })

const LOOKS: Readonly<Record<TableRow['kind'], Look>> = {
  group: { above: 10, below: 4, x: COLUMNS.left, style: bold(10.5) },
  product: { above: 4, below: 2, x: COLUMNS.text, style: bold(9) },
  line: { above: 1, below: 1, x: COLUMNS.text, style: {} },
  subtotal: { above: 4, below: 4, x: COLUMNS.text, style: bold(9) },
  groupTotal: { above: 4, below: 4, x: COLUMNS.left, style: bold(9) },
  total: { above: 7, below: 5, x: COLUMNS.left, style: bold(10) },
  taxHead: { above: 8, below: 2, x: COLUMNS.text, style: { size: 8, colour: GREY } },
  tax: { above: 1, below: 1, x: COLUMNS.text, style: {} },
  due: { above: 10, below: 12, x: COLUMNS.left + 8, style: bold(12) },
  note: { above: 2, below: 1, x: COLUMNS.left, style: {} }
}

/** A row with its text in lines, and the height of all of it. */
export function measure(pdf: PDFKit.PDFDocument, row: TableRow): Measured {
  const look = LOOKS[row.kind]
  const width = (row.amount === '' && row.tax === '' ? COLUMNS.right : COLUMNS.textEnd) - look.x
  const names = wrap(pdf, row.text, width, TEXT_LINES_MAX, look.style)
  if (row.kind !== 'line' || row.detail === '') return measured(row, names, [])
  const last = names.at(-1) ?? ''
  const isBeside = widthOf(pdf, last) + GAP + widthOf(pdf, row.detail) <= width
  return measured(row, names, isBeside ? [] : wrap(pdf, row.detail, width, TEXT_LINES_MAX))
}

function measured(row: TableRow, names: readonly string[], details: readonly string[]): Measured {
  const { above, below } = LOOKS[row.kind]
  const lines = Math.max(names.length + details.length, 1)
  return { row, names, details, height: above + lines * LEADING + below }
}

/** Draws the head of the table, whose height is fixed. */
export function drawHead({ pdf, view, words }: Sheet, y: number): void {
  const { colour } = view.issuer.branding
  const style = { face: 'bold', size: 8, colour: readable(colour) } as const
  write(pdf, words.date, COLUMNS.left, y, style)
  write(pdf, words.description, COLUMNS.text, y, style)
  write(pdf, words.tax, COLUMNS.tax, y, { ...style, align: 'right' })
  write(pdf, fill(words.amount, { currency: view.currency }), COLUMNS.right, y, { ...style, align: 'right' })
  rule(pdf, COLUMNS.left, y + 14, colour, 1)
}

/** Draws the sum with which a page begins or ends; answers where it ends. */
export function drawCarry({ pdf }: Sheet, text: string, amount: string, y: number): number {
  const style = { face: 'bold', colour: GREY } as const
  write(pdf, text, COLUMNS.text, y + 4, style)
  write(pdf, amount, COLUMNS.right, y + 4, { ...style, align: 'right' })
  return y + CARRY_HEIGHT
}

/** Draws a row; answers where it ends. */
export function drawRow(sheet: Sheet, { row, names, details, height }: Measured, top: number): number {
  const { pdf, view } = sheet
  const { above, x, style } = LOOKS[row.kind]
  const y = top + above
  const colour =
    row.kind === 'group' || row.kind === 'groupTotal' ? readable(view.issuer.branding.colour) : (style.colour ?? INK)
  drawGround(sheet, row, top, height)
  write(pdf, row.date, COLUMNS.left, y, { colour: GREY })
  for (const [index, name] of names.entries()) write(pdf, name, x, y + index * LEADING, { ...style, colour })
  for (const [index, detail] of details.entries()) {
    write(pdf, detail, x, y + (names.length + index) * LEADING, { colour: GREY })
  }
  if (details.length === 0) drawDetail(pdf, row, names, y)
  write(pdf, row.tax, COLUMNS.tax, y, { ...style, colour: row.kind === 'line' ? GREY : colour, align: 'right' })
  const end = row.kind === 'due' ? COLUMNS.right - 8 : COLUMNS.right
  write(pdf, row.amount, end, y, { ...style, colour, align: 'right' })
  return top + height
}

/** What stands beside the text: the rest of a line, or the base of a tax. */
function drawDetail(pdf: PDFKit.PDFDocument, row: TableRow, names: readonly string[], y: number): void {
  const { style } = LOOKS[row.kind]
  if (row.kind === 'line') {
    const x = COLUMNS.text + widthOf(pdf, names.at(-1) ?? '') + (names.length > 0 ? GAP : 0)
    write(pdf, row.detail, x, y + Math.max(names.length - 1, 0) * LEADING, { colour: GREY })
  } else write(pdf, row.detail, COLUMNS.base, y, { ...style, align: 'right' })
}

function drawGround({ pdf, view }: Sheet, { kind }: TableRow, top: number, height: number): void {
  const { colour } = view.issuer.branding
  if (kind === 'due') {
    pdf.rect(COLUMNS.left, top + 4, COLUMNS.right - COLUMNS.left, height - 8).fill(tint(colour, 0.1))
  }
  if (kind === 'subtotal') rule(pdf, COLUMNS.text, top + 1, RULE, 0.5)
  if (kind === 'groupTotal') rule(pdf, COLUMNS.left, top + 1, RULE, 0.5)
  if (kind === 'total') rule(pdf, COLUMNS.left, top + 3, colour, 0.75)
}

function rule(pdf: PDFKit.PDFDocument, from: number, y: number, colour: string, width: number): void {
  pdf.moveTo(from, y).lineTo(COLUMNS.right, y).lineWidth(width).stroke(colour)
}
