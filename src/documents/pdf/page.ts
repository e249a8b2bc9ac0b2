import { drawDue } from './due.ts'
import { drawFooter, drawLetterhead, drawRunningHead, type Footer } from './frame.ts'
import { PAGE } from './geometry.ts'
import type { Measured, Page } from './pages.ts'
import type { Sheet } from './sheet.ts'
import { drawCarry, drawHeadAgain, drawRow } from './table.ts'
import { addPart, decorate, type Part } from './tags.ts'

/** Between the title, the amount due and the rows. */
const [TITLE_GAP, DUE_GAP] = [6, 11]
const FOOTER_GAP = 8

export interface SheetPage extends Page {
  /** The head of the table that the page continues; it is drawn again. */
  readonly head: Measured | undefined
  readonly isBeginning: boolean
}

/** Returns the room for rows on every page but the first. */
export function furtherHeight(footer: Footer): number {
  return footer.top - FOOTER_GAP - PAGE.top
}

export function heightBelow(top: number, footer: Footer): number {
  return footer.top - FOOTER_GAP - top
}

/** Draws everything above the rows of the first page. Returns its lower edge. */
export function drawBeginning(sheet: Sheet): number {
  drawBar(sheet)
  const title = drawLetterhead(sheet)
  return drawDue(sheet, title + TITLE_GAP) + DUE_GAP
}

/** Draws everything above the rows of a further page. Returns its lower edge. */
export function drawTop(sheet: Sheet): number {
  drawBar(sheet)
  drawRunningHead(sheet)
  return PAGE.top
}

/** Draws the rows and the foot of a page. Returns the table, which the next page may continue. */
export function drawRows(
  sheet: Sheet,
  page: SheetPage,
  top: number,
  { footer, table, count }: { footer: Footer; table: Part | undefined; count: { page: number; pages: number } }
): Part {
  const { pdf, words, root } = sheet
  if (page.isBeginning) table?.end()
  const own = page.isBeginning || !table ? addPart(pdf, root, 'Table') : table
  let y = page.head ? drawHeadAgain(sheet, page.head, top) : top
  if (page.brought !== undefined) y = drawCarry(sheet, words.broughtForward, page.brought, y)
  for (const measured of page.rows) y = drawRow(sheet, own, measured, y)
  if (page.carried !== undefined) drawCarry(sheet, words.carriedForward, page.carried, y)
  drawFooter(sheet, footer, count)
  return own
}

function drawBar({ pdf, content }: Sheet): void {
  decorate(pdf, () => pdf.rect(0, 0, PAGE.width, 6).fill(content.issuer.branding.colour))
}
