import PDFDocument from 'pdfkit'
import type { BillContent } from '../content/bill-content.ts'
import { formatOf } from '../content/format.ts'
import { titleOf } from '../content/texts.ts'
import type { Words } from '../content/vocabulary.ts'
import { WORDS } from '../content/words.ts'
import { FACES, fontOf } from './font.ts'
import { footerOf } from './frame.ts'
import { drawBeginning, drawRows, drawTop, furtherHeight, heightBelow, type SheetPage } from './page.ts'
import { heightOf, type Measured, paginate, withTotalsKept } from './pages.ts'
import { headRow, tableRows } from './rows.ts'
import type { Sheet } from './sheet.ts'
import { CARRY_HEIGHT, denser, measure } from './table.ts'
import type { Part } from './tags.ts'

const DENSITIES = [1, 0.94, 0.88, 0.84, 0.8]

/**
 * Returns the PDF of a bill (A4, tagged, fonts embedded). The same content gives the same bytes. Blocks until it is
 * done; servers call it in the thread (pdf-aside.ts).
 */
export function renderPdf(content: BillContent): Promise<Buffer> {
  const words = WORDS[content.language]
  const format = formatOf(content.language, content.timeZone, content.currency, content.digits)
  const pdf = open(content, words)
  const written = collect(pdf)
  const root = pdf.struct('Document')
  pdf.addStructure(root)
  const sheet: Sheet = { pdf, content, words, format, root }
  const footer = footerOf(sheet)
  pdf.addPage()
  const top = drawBeginning(sheet)
  const pages = pagesOf(sheet, { first: heightBelow(top, footer), further: furtherHeight(footer) })
  let table: Part | undefined
  for (const [index, page] of pages.entries()) {
    if (index > 0) pdf.addPage()
    const count = { page: index + 1, pages: pages.length }
    table = drawRows(sheet, page, index === 0 ? top : drawTop(sheet), { footer, table, count })
  }
  root.end()
  pdf.end()
  return written
}

/**
 * Divides the rows into pages. If all lines fit on the first page, they stand there with the totals of their types and
 * products. Else the first page has the totals only, and the lines begin on a page of their own.
 */
function pagesOf(
  { pdf, content, words, format }: Sheet,
  { first, further }: { readonly first: number; readonly further: number }
): readonly SheetPage[] {
  const rows = tableRows(content, words, format)
  const closing = withTotalsKept(rows.closing)
  const itemised = withTotalsKept(rows.itemised).map((row) => measure(pdf, row))
  const whole = [...itemised, ...closing.map((row) => measure(pdf, row))]
  const onOnePage = rows.hasLines ? fitted(whole, first) : undefined
  if (onOnePage) return [beginning(onOnePage)]
  const summaries = rows.summaries.map((summary) =>
    withTotalsKept([...summary, ...closing]).map((row) => measure(pdf, row))
  )
  const found = summaries.findIndex((summary) => fitted(summary, first) !== undefined)
  const last = summaries.at(found) ?? []
  const own = paginate(fitted(last, first) ?? last, { first, further, carry: 0 }, format.amount)
  const pages = own.map((page, at) => ({ ...page, head: undefined, isBeginning: at === 0 }))
  if (!rows.hasLines && found === 0) return pages
  const head = measure(pdf, headRow(content, words))
  const heights = { first: further, further: further - head.height, carry: CARRY_HEIGHT }
  const lines = paginate(itemised, heights, format.amount)
  return [...pages, ...lines.map((page, at) => ({ ...page, head: at > 0 ? head : undefined, isBeginning: at === 0 }))]
}

/** Spaces rows as far apart as the height allows; undefined if they do not fit. */
function fitted(rows: readonly Measured[], height: number): readonly Measured[] | undefined {
  return DENSITIES.map((density) => denser(rows, density)).find((some) => heightOf(some) <= height)
}

function beginning(rows: readonly Measured[]): SheetPage {
  return { rows, brought: undefined, carried: undefined, head: undefined, isBeginning: true }
}

/** The file's id is a hash of this information, dates included. */
function open(content: BillContent, words: Words): PDFKit.PDFDocument {
  const { number, id, issuer, date, createdAt, language } = content
  const pdf = new PDFDocument({
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    pdfVersion: '1.7',
    tagged: true,
    // No standard font: they lack letters such as ğ.
    font: '',
    lang: language,
    displayTitle: true,
    info: {
      Title: number === undefined ? `${titleOf(content, words)} ${id}` : titleOf(content, words),
      Author: issuer.name,
      Creator: 'tmf678-server',
      Producer: 'tmf678-server',
      CreationDate: new Date(date ?? createdAt)
    }
  })
  // The types of pdfkit allow files only.
  for (const face of FACES) pdf.registerFont(face, fontOf(face) as unknown as Buffer)
  return pdf
}

function collect(pdf: PDFKit.PDFDocument): Promise<Buffer> {
  const parts: Buffer[] = []
  return new Promise((resolve, reject) => {
    pdf.on('data', (part: Buffer) => parts.push(part))
    pdf.on('end', () => resolve(Buffer.concat(parts)))
    pdf.on('error', reject)
  })
}
