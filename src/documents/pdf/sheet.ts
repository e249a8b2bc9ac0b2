import type { BillView } from '../view/bill-view.ts'
import type { Format } from '../view/format.ts'
import type { Words } from '../view/vocabulary.ts'
import type { Part } from './tags.ts'

export interface Sheet {
  readonly pdf: PDFKit.PDFDocument
  readonly view: BillView
  readonly words: Words
  readonly format: Format
  readonly root: Part
}
