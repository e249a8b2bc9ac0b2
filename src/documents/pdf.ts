import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import PDFDocument from 'pdfkit'
import type { BillView } from './bill-view.ts'
import { formatOf } from './format.ts'
import { drawPage, HEIGHTS } from './pdf-page.ts'
import { type Measured, paginate, tableRows } from './pdf-rows.ts'
import type { Sheet } from './pdf-sheet.ts'
import { measure } from './pdf-table.ts'
import { WORDS, type Words } from './words.ts'

const require = createRequire(import.meta.url)
/** Latin with all its accents, Greek and Cyrillic; digits of one width (SIL Open Font License). */
const FONTS = {
  regular: require.resolve('@expo-google-fonts/ibm-plex-sans/400Regular/IBMPlexSans_400Regular.ttf'),
  bold: require.resolve('@expo-google-fonts/ibm-plex-sans/600SemiBold/IBMPlexSans_600SemiBold.ttf')
} as const
const fonts = new Map<string, Buffer>()
/** Rows that are measured before others have a turn. */
const ROWS_PER_TURN = 200

/**
 * The PDF of a bill (A4, fonts embedded): the same view gives the same bytes. Between pages others have their turn, so
 * that a bill of thousands of lines holds nobody up for longer than a page takes.
 */
export async function renderPdf(view: BillView): Promise<Buffer> {
  const words = WORDS[view.language]
  const format = formatOf(view.language, view.timeZone, view.currency, view.digits)
  const pdf = open(view, words)
  const written = collect(pdf)
  const sheet: Sheet = { pdf, view, words, format }
  const pages = paginate(await measureAll(sheet), HEIGHTS, format.amount)
  for (const [index, page] of pages.entries()) {
    pdf.addPage()
    drawPage(sheet, page, { page: index + 1, pages: pages.length })
    await setImmediate()
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
  for (const [face, file] of Object.entries(FONTS)) pdf.registerFont(face, fontOf(file))
  return pdf
}

/** Parsing a font takes longer than writing a bill, so each is parsed once, by what pdfkit would parse it with. */
function fontOf(file: string): Buffer {
  const font = fonts.get(file) ?? parseFont(readFileSync(file))
  fonts.set(file, font)
  return font
}

/** pdfkit takes a parsed font as well; its types know of files alone. */
function parseFont(file: Buffer): Buffer {
  const { create } = createRequire(require.resolve('pdfkit'))('fontkit') as { create(file: Buffer): Buffer }
  return create(file)
}

function collect(pdf: PDFKit.PDFDocument): Promise<Buffer> {
  const parts: Buffer[] = []
  return new Promise((resolve, reject) => {
    pdf.on('data', (part: Buffer) => parts.push(part))
    pdf.on('end', () => resolve(Buffer.concat(parts)))
    pdf.on('error', reject)
  })
}

async function measureAll(sheet: Sheet): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  for (const [index, row] of tableRows(sheet.view, sheet.words, sheet.format).entries()) {
    measured.push(measure(sheet.pdf, row))
    if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await setImmediate()
  }
  return measured
}
