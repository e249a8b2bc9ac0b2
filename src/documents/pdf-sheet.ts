import type { BillView } from './bill-view.ts'
import type { Format } from './format.ts'
import type { Part } from './pdf-tags.ts'
import type { Words } from './vocabulary.ts'

/** What drawing needs besides what is drawn. */
export interface Sheet {
  readonly pdf: PDFKit.PDFDocument
  readonly view: BillView
  readonly words: Words
  readonly format: Format
  /** The document, as what a screen reader reads. */
  readonly root: Part
}
