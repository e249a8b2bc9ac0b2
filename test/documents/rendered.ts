import { renderHtml } from '../../src/documents/html/html.ts'
import { renderPdf } from '../../src/documents/pdf/pdf.ts'
import type { BillSource } from '../../src/documents/view/bill-source.ts'
import { type BillView, billView } from '../../src/documents/view/bill-view.ts'
import { type Format, formatOf } from '../../src/documents/view/format.ts'
import type { Words } from '../../src/documents/view/vocabulary.ts'
import { WORDS } from '../../src/documents/view/words.ts'
import { textsOf } from './pdf-text.ts'

/** The texts of a bill's documents. */
export interface Rendered {
  readonly view: BillView
  readonly words: Words
  readonly format: Format
  readonly pdf: Buffer
  /** The text of each page, with single blanks for any white space. */
  readonly pages: readonly string[]
  readonly html: string
}

/** Puts single blanks for any white space. */
export const plain = (text: string) => text.replace(/[\s\u00a0\u202f]+/g, ' ')

/** Removes the tags of a page. */
export function readable(page: string): string {
  const text = page.replace(/<style>[\s\S]*<\/style>|<[^>]*>/g, ' ')
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

export async function rendered(source: BillSource): Promise<Rendered> {
  const view = await billView(source)
  const pdf = await renderPdf(view)
  const pages = (await textsOf(pdf)).map((texts) => plain(texts.join(' ')))
  const format = formatOf(view.language, view.timeZone, view.currency, view.digits)
  const html = plain(readable([...renderHtml(view).pieces].join('')))
  return { view, words: WORDS[view.language], format, pdf, pages, html }
}
