import PDFDocument from 'pdfkit'
import type { BillView } from './bill-view.ts'
import { formatOf } from './format.ts'
import { FACES, fontOf } from './pdf-font.ts'
import { drawPage, HEIGHTS } from './pdf-page.ts'
import { paginate, tableRows } from './pdf-rows.ts'
import type { Sheet } from './pdf-sheet.ts'
import { measure } from './pdf-table.ts'
import { WORDS, type Words } from './words.ts'

/**
 * The PDF of a bill (A4, fonts embedded): the same view gives the same bytes. It is made at a stretch, so that a server
 * has it made beside its event loop, see pdf-thread.ts.
 */
export function renderPdf(view: BillView): Promise<Buffer> {
  const words = WORDS[view.language]
  const format = formatOf(view.language, view.timeZone, view.currency, view.digits)
  const pdf = open(view, words)
  const written = collect(pdf)
  const sheet: Sheet = { pdf, view, words, format }
  const measured = tableRows(view, words, format).map((row) => measure(pdf, row))
  const pages = paginate(measured, HEIGHTS, format.amount)
  for (const [index, page] of pages.entries()) {
    pdf.addPage()
    drawPage(sheet, page, { page: index + 1, pages: pages.length })
  }
  pdf.end()
  return written
}

/** The file's id is a hash of this information, its dates among it. */
function open({ number, id, issuer, date, createdAt, language }: BillView, { titles }: Words): PDFKit.PDFDocument {
  const pdf = new PDFDocument({
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    // None of the standard fonts, which lack letters such as ğ.
    font: '',
    lang: language,
    displayTitle: true,
    info: {
      Title: `${titles.bill} ${number ?? id}`,
      Author: issuer.name,
      Creator: 'tmf678-server',
      Producer: 'tmf678-server',
      CreationDate: new Date(date ?? createdAt)
    }
  })
  // Its types know of files alone.
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
