import type { BillContent } from '../content/bill-content.ts'
import type { Format } from '../content/format.ts'
import type { Words } from '../content/vocabulary.ts'
import type { Part } from './tags.ts'

export interface Sheet {
  readonly pdf: PDFKit.PDFDocument
  readonly content: BillContent
  readonly words: Words
  readonly format: Format
  readonly root: Part
}
