import { type BillContent, billContent } from '../../src/documents/content/bill-content.ts'
import type { BillSource } from '../../src/documents/content/bill-source.ts'
import { type Format, formatOf } from '../../src/documents/content/format.ts'
import type { Words } from '../../src/documents/content/vocabulary.ts'
import { WORDS } from '../../src/documents/content/words.ts'
import { renderHtml } from '../../src/documents/html/html.ts'
import { renderPdf } from '../../src/documents/pdf/pdf.ts'
import { textsOf } from './pdf-text.ts'

/** The texts of a bill's documents. */
export interface Rendered {
  readonly content: BillContent
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
  const content = await billContent(source)
  const pdf = await renderPdf(content)
  const pages = (await textsOf(pdf)).map((texts) => plain(texts.join(' ')))
  const format = formatOf(content.language, content.timeZone, content.currency, content.digits)
  const html = plain(readable([...renderHtml(content).pieces].join('')))
  return { content, words: WORDS[content.language], format, pdf, pages, html }
}
