import { readable, tint } from '../content/colour.ts'
import { modulesOf, runsOf } from '../content/qr-code.ts'
import { type DueTexts, dueTexts, transferOf } from '../content/texts.ts'
import { fill } from '../content/vocabulary.ts'
import { COLUMNS, WIDTH } from './geometry.ts'
import type { Sheet } from './sheet.ts'
import { addPart, decorate, draw } from './tags.ts'
import { type Fitted, fitText, GREY, widthOf, write, writeFitted } from './text.ts'

const { left: LEFT, right: RIGHT } = COLUMNS
const PADDING = 12
const DUE_WIDTH = 150
const CODE_SIZE = 90
const HEAD_HEIGHT = 15
const ROW_GAP = 3

/** Draws the amount to pay, the day it is due and the transfer, or the amount given back. Returns its lower edge. */
export function drawDue(sheet: Sheet, top: number): number {
  const { pdf, content, words, format } = sheet
  const due = dueTexts(content, words, format)
  if (!due) return top
  const rows = measureTransfer(sheet)
  const code = content.due?.transfer?.code
  const transferHeight = rows.reduce((sum, { height }) => sum + height, HEAD_HEIGHT)
  const height = Math.max(84, rows.length > 0 ? transferHeight + 2 * PADDING - 4 : 0, code ? CODE_SIZE + 10 : 0)
  const { colour } = content.issuer.branding
  decorate(pdf, () => {
    pdf.rect(LEFT, top, WIDTH, height).fill(tint(colour, 0.08))
    pdf.rect(LEFT, top, 3, height).fill(colour)
  })
  drawAmount(sheet, due, top + PADDING)
  drawTransfer(sheet, rows, top + PADDING)
  if (code) drawCode(sheet, code, top + (height - CODE_SIZE) / 2)
  return top + height
}

function drawAmount({ pdf, content, root }: Sheet, due: DueTexts, top: number): void {
  const colour = readable(content.issuer.branding.colour)
  const x = LEFT + PADDING
  const head = fitText(pdf, due.head, DUE_WIDTH, { sizes: [9], lines: 2, colour: GREY })
  const amount = fitText(pdf, due.amount, DUE_WIDTH, { sizes: [20, 16, 13, 10], lines: 1, face: 'bold', colour })
  const part = addPart(pdf, root, 'Sect')
  let y = top
  const add = (fitted: Fitted, gap: number) => {
    const at = y
    draw(pdf, part, 'P', () => writeFitted(pdf, fitted, x, at))
    y += fitted.lines.length * fitted.leading + gap
  }
  add(head, 2)
  add(amount, 6)
  for (const [index, text] of due.by.entries()) {
    const style = index === 0 ? { colour: GREY } : { face: 'bold' as const }
    add(fitText(pdf, text, DUE_WIDTH, { sizes: [9], lines: 2, ...style }), 0)
  }
  part.end()
}

interface TransferRow {
  readonly label: string
  readonly value: Fitted
  readonly labelWidth: number
  readonly height: number
}

const TRANSFER_LEFT = LEFT + PADDING + DUE_WIDTH + 14

function measureTransfer({ pdf, content, words }: Sheet): readonly TransferRow[] {
  const rows = transferOf(content, words)
  const labelWidth = Math.max(0, ...rows.map(([label]) => widthOf(pdf, label, { size: 8 }))) + 8
  const right = RIGHT - PADDING - (content.due?.transfer?.code ? CODE_SIZE + 4 : 0)
  return rows.map(([label, text]) => {
    const value = fitText(pdf, text, right - TRANSFER_LEFT - labelWidth, { sizes: [9, 8, 7], lines: 1 })
    return { label, value, labelWidth, height: value.lines.length * value.leading + ROW_GAP }
  })
}

function drawTransfer({ pdf, content, words, root }: Sheet, rows: readonly TransferRow[], top: number): void {
  if (rows.length === 0) return
  const colour = readable(content.issuer.branding.colour)
  const part = addPart(pdf, root, 'Sect')
  draw(pdf, part, 'P', () => write(pdf, words.howToPay, TRANSFER_LEFT, top, { face: 'bold', colour }))
  let y = top + HEAD_HEIGHT
  for (const { label, value, labelWidth, height } of rows) {
    const at = y
    draw(pdf, part, 'P', () => {
      write(pdf, label, TRANSFER_LEFT, at + 1, { size: 8, colour: GREY })
      writeFitted(pdf, value, TRANSFER_LEFT + labelWidth, at)
    })
    y += height
  }
  part.end()
}

function drawCode({ pdf, content, words, format, root }: Sheet, code: string, top: number): void {
  const modules = modulesOf(code)
  const left = RIGHT - 4 - CODE_SIZE
  const size = CODE_SIZE / modules.length
  const alt = fill(words.codeFor, { amount: format.money(content.due?.amount ?? '0') })
  const drawing = () => {
    pdf.rect(left, top, CODE_SIZE, CODE_SIZE).fill('#ffffff')
    for (const [y, row] of modules.entries()) {
      for (const [start, end] of runsOf(row)) {
        pdf.rect(left + start * size, top + y * size, (end - start) * size, size)
      }
    }
    pdf.fill('#000000')
  }
  draw(pdf, root, 'Figure', drawing, { alt })
}
