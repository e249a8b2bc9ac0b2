import { readable } from '../content/colour.ts'
import { COLUMNS, RULE } from './geometry.ts'
import type { Measured } from './pages.ts'
import type { TableRow } from './rows.ts'
import type { Sheet } from './sheet.ts'
import { addPart, decorate, draw, type Part } from './tags.ts'
import { GREY, INK, type Style, widthOf, wrap, write } from './text.ts'

export const CARRY_HEIGHT = 18

const TEXT_LINES_MAX = 4
const LEADING = 12
const GAP = 6

interface Look {
  /** Space above the text and below its last line. */
  readonly above: number
  readonly below: number
  readonly x: number
  readonly style: Style
  readonly cell: 'TH' | 'TD'
}

const bold = (size: number): Style => ({ face: 'bold', size })
const { left, text } = COLUMNS

const LOOKS: Readonly<Record<TableRow['kind'], Look>> = {
  head: { above: 0, below: 6, x: text, style: bold(8), cell: 'TH' },
  group: { above: 6, below: 2, x: left, style: bold(9.5), cell: 'TH' },
  product: { above: 3, below: 1, x: text, style: bold(9), cell: 'TH' },
  line: { above: 1, below: 1, x: text, style: {}, cell: 'TD' },
  rounding: { above: 4, below: 1, x: left, style: {}, cell: 'TD' },
  total: { above: 6, below: 3, x: left, style: bold(10), cell: 'TH' },
  taxHead: { above: 5, below: 1, x: text, style: { size: 8, colour: GREY }, cell: 'TH' },
  tax: { above: 1, below: 1, x: text, style: {}, cell: 'TD' },
  section: { above: 10, below: 2, x: left, style: bold(9.5), cell: 'TH' },
  balance: { above: 1, below: 1, x: text, style: {}, cell: 'TD' },
  balanceTotal: { above: 3, below: 2, x: text, style: bold(9), cell: 'TH' },
  note: { above: 4, below: 1, x: left, style: { size: 8, colour: GREY }, cell: 'TD' }
}
const COLOURED: readonly TableRow['kind'][] = ['head', 'group', 'section']

export function measure(pdf: PDFKit.PDFDocument, row: TableRow, density = 1): Measured {
  const look = LOOKS[row.kind]
  const width = (row.amount === '' && row.tax === '' ? COLUMNS.right : COLUMNS.textEnd) - look.x
  const names = wrap(pdf, row.text, width, row.kind === 'note' ? Number.POSITIVE_INFINITY : TEXT_LINES_MAX, look.style)
  if (row.kind !== 'line' || row.detail === '') return measured(row, names, [], density)
  const last = names.at(-1) ?? ''
  const isBeside = widthOf(pdf, last) + GAP + widthOf(pdf, row.detail) <= width
  return measured(row, names, isBeside ? [] : wrap(pdf, row.detail, width, TEXT_LINES_MAX), density)
}

function measured(row: TableRow, names: readonly string[], details: readonly string[], density: number): Measured {
  const { above, below } = LOOKS[row.kind]
  const lines = Math.max(names.length + details.length, 1)
  return { row, names, details, density, height: (above + lines * LEADING + below) * density }
}

export function denser(rows: readonly Measured[], density: number): readonly Measured[] {
  return rows.map(({ row, names, details }) => measured(row, names, details, density))
}

/** Returns the lower edge. */
export function drawHeadAgain(sheet: Sheet, measuredRow: Measured, top: number): number {
  const { row, height } = measuredRow
  decorate(sheet.pdf, () => {
    for (const cell of cellsOf(sheet, measuredRow, top)) cell()
  })
  drawGround(sheet, row, top, height)
  return top + height
}

export function drawCarry({ pdf }: Sheet, label: string, amount: string, y: number): number {
  const style = { face: 'bold', colour: GREY } as const
  decorate(pdf, () => {
    write(pdf, label, COLUMNS.text, y + 4, style)
    write(pdf, amount, COLUMNS.right, y + 4, { ...style, align: 'right' })
  })
  return y + CARRY_HEIGHT
}

/** Returns the lower edge. */
export function drawRow(sheet: Sheet, table: Part, measuredRow: Measured, top: number): number {
  const { pdf } = sheet
  const { row, height } = measuredRow
  drawGround(sheet, row, top, height)
  const part = addPart(pdf, table, 'TR')
  for (const cell of cellsOf(sheet, measuredRow, top)) draw(pdf, part, LOOKS[row.kind].cell, cell)
  part.end()
  return top + height
}

function cellsOf(
  { pdf, content }: Sheet,
  { row, names, details, density }: Measured,
  top: number
): readonly (() => void)[] {
  const { above, x, style } = LOOKS[row.kind]
  const y = top + above * density
  const leading = LEADING * density
  const colour = COLOURED.includes(row.kind) ? readable(content.issuer.branding.colour) : (style.colour ?? INK)
  const right = { ...style, colour, align: 'right' } as const
  const isBeside = row.kind === 'line' && details.length === 0
  return [
    () => write(pdf, row.date, COLUMNS.left, y, row.kind === 'head' ? { ...style, colour } : { colour: GREY }),
    () => {
      for (const [index, name] of names.entries()) write(pdf, name, x, y + index * leading, { ...style, colour })
      for (const [index, detail] of details.entries())
        write(pdf, detail, x, y + (names.length + index) * leading, { colour: GREY })
      if (isBeside) drawBeside(pdf, row, names, y + Math.max(names.length - 1, 0) * leading)
    },
    () => {
      if (row.kind !== 'line') write(pdf, row.detail, COLUMNS.base, y, right)
      write(pdf, row.tax, COLUMNS.tax, y, row.kind === 'line' ? { ...right, colour: GREY } : right)
    },
    () => write(pdf, row.amount, COLUMNS.right, y, right)
  ]
}

function drawBeside(pdf: PDFKit.PDFDocument, { detail }: TableRow, names: readonly string[], y: number): void {
  const x = COLUMNS.text + widthOf(pdf, names.at(-1) ?? '') + (names.length > 0 ? GAP : 0)
  write(pdf, detail, x, y, { colour: GREY })
}

function drawGround({ pdf, content }: Sheet, { kind }: TableRow, top: number, height: number): void {
  const { colour } = content.issuer.branding
  if (kind === 'head') rule(pdf, COLUMNS.left, top + height - 3, colour, 1)
  if (kind === 'total') rule(pdf, COLUMNS.left, top + 3, colour, 0.75)
  if (kind === 'balanceTotal') rule(pdf, COLUMNS.text, top + 1, RULE, 0.5)
}

function rule(pdf: PDFKit.PDFDocument, from: number, y: number, colour: string, width: number): void {
  decorate(pdf, () => pdf.moveTo(from, y).lineTo(COLUMNS.right, y).lineWidth(width).stroke(colour))
}
