import { readable } from './colour.ts'
import type { Page, TableRow } from './pdf-rows.ts'
import type { Sheet } from './pdf-sheet.ts'
import { CARRY_HEIGHT, COLUMNS, drawCarry, drawHead, drawRow } from './pdf-table.ts'
import { clip, GREY, widthOf, wrap, write } from './pdf-text.ts'
import { addressLines, factsOf, oneLine, titleOf } from './texts.ts'
import { fill } from './words.ts'

/** A4 in points. The address stands where the window of an envelope is (DIN 5008, form B). */
const [WIDTH, LEFT, RIGHT] = [595.28, COLUMNS.left, COLUMNS.right]
const ADDRESS_TOP = 132
const ADDRESS_WIDTH = 215
const FACTS_LEFT = 292
const TITLE_TOP = 276
const FIRST_TABLE_TOP = 308
const FURTHER_TABLE_TOP = 66
const HEAD_HEIGHT = 22
const TABLE_BOTTOM = 772
const FOOTER_TOP = 784
const LOGO = { width: 150, height: 54, top: 32 }

/** How much room the rows of a page have. */
export const HEIGHTS = {
  first: TABLE_BOTTOM - FIRST_TABLE_TOP - HEAD_HEIGHT,
  further: TABLE_BOTTOM - FURTHER_TABLE_TOP - HEAD_HEIGHT,
  carry: CARRY_HEIGHT
} as const

/** What stands under the head of the table; sums alone need none. */
const OF_THE_TABLE: readonly TableRow['kind'][] = ['group', 'product', 'line', 'subtotal', 'groupTotal']

/** Draws one page onto the current page of a PDF. */
export function drawPage(sheet: Sheet, page: Page, count: { readonly page: number; readonly pages: number }): void {
  const { pdf, view, words } = sheet
  const isFirst = count.page === 1
  pdf.rect(0, 0, WIDTH, 6).fill(view.issuer.branding.colour)
  if (isFirst) drawLetterhead(sheet)
  else drawRunningHead(sheet)
  const top = isFirst ? FIRST_TABLE_TOP : FURTHER_TABLE_TOP
  if (isFirst || page.rows.some(({ row }) => OF_THE_TABLE.includes(row.kind))) drawHead(sheet, top)
  let y = top + HEAD_HEIGHT
  if (page.brought !== undefined) y = drawCarry(sheet, words.broughtForward, page.brought, y)
  for (const measured of page.rows) y = drawRow(sheet, measured, y)
  if (page.carried !== undefined) drawCarry(sheet, words.carriedForward, page.carried, y)
  drawFooter(sheet, count)
}

function drawLetterhead(sheet: Sheet): void {
  const { pdf, view, words } = sheet
  const { name, branding } = view.issuer
  const colour = readable(branding.colour)
  const { logo } = branding
  const nameWidth = RIGHT - LEFT - (logo ? LOGO.width + 20 : 0)
  write(pdf, clip(pdf, oneLine(name), nameWidth, { face: 'bold', size: 15 }), LEFT, 40, {
    face: 'bold',
    size: 15,
    colour
  })
  if (logo) {
    const scale = Math.min(LOGO.width / logo.width, LOGO.height / logo.height)
    const [width, height] = [logo.width * scale, logo.height * scale]
    pdf.image(logo.png, RIGHT - width, LOGO.top, { width, height })
  }
  drawAddress(sheet)
  drawFacts(sheet)
  const title = clip(pdf, titleOf(view, words), RIGHT - LEFT, { face: 'bold', size: 16 })
  write(pdf, title, LEFT, TITLE_TOP, { face: 'bold', size: 16, colour })
}

function drawAddress({ pdf, view }: Sheet): void {
  const { issuer, customer, language } = view
  const sender = [oneLine(issuer.name), ...addressLines(issuer.branding.address, language)].join(' · ')
  const small = { size: 6.5, colour: GREY }
  write(pdf, clip(pdf, sender, ADDRESS_WIDTH, small), LEFT, ADDRESS_TOP, small)
  const lines = [oneLine(customer.name ?? ''), ...addressLines(customer.address, language)]
  const wrapped = lines.flatMap((line) => wrap(pdf, line, ADDRESS_WIDTH, 2, { size: 10 })).slice(0, 9)
  for (const [index, line] of wrapped.entries()) write(pdf, line, LEFT, ADDRESS_TOP + 16 + index * 13, { size: 10 })
}

/** Number, dates and account, to the right of the address. */
function drawFacts({ pdf, view, words, format }: Sheet): void {
  for (const [index, [label, value]] of factsOf(view, words, format).entries()) {
    const y = ADDRESS_TOP + 16 + index * 15
    write(pdf, label, FACTS_LEFT, y, { colour: GREY })
    write(pdf, clip(pdf, value, RIGHT - FACTS_LEFT - widthOf(pdf, label) - 10), RIGHT, y, { align: 'right' })
  }
}

function drawRunningHead({ pdf, view, words }: Sheet): void {
  const style = { face: 'bold', colour: readable(view.issuer.branding.colour) } as const
  const half = (RIGHT - LEFT) / 2 - 10
  write(pdf, clip(pdf, oneLine(view.issuer.name), half, style), LEFT, 36, style)
  write(pdf, clip(pdf, titleOf(view, words), half, style), RIGHT, 36, { ...style, align: 'right' })
}

function drawFooter({ pdf, view, words }: Sheet, count: { readonly page: number; readonly pages: number }): void {
  const { name, branding } = view.issuer
  const { contact, taxNumber } = branding
  const style = { size: 7, colour: GREY }
  pdf.moveTo(LEFT, FOOTER_TOP).lineTo(RIGHT, FOOTER_TOP).lineWidth(0.5).stroke('#c4c7cc')
  const page = fill(words.page, count)
  write(pdf, page, RIGHT, FOOTER_TOP + 7, { ...style, align: 'right' })
  const lines = [
    [name, ...addressLines(branding.address, view.language)],
    [...contact, taxNumber && `${words.taxNumber} ${taxNumber}`]
  ]
  for (const [index, parts] of lines.entries()) {
    const line = oneLine(parts.filter((part) => part).join(' · '))
    write(pdf, clip(pdf, line, RIGHT - LEFT - 80, style), LEFT, FOOTER_TOP + 7 + index * 10, style)
  }
}
