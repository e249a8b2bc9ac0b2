/** A part of a tagged PDF (ISO 32000-1, 14.8.4): it tells screen readers the order and the roles. */
export type Part = PDFKit.PDFStructureElement

/** Adds a part that has others or spans pages. The caller ends it. */
export function addPart(pdf: PDFKit.PDFDocument, parent: Part, type: string): Part {
  const part = pdf.struct(type)
  parent.add(part)
  return part
}

export function draw(
  pdf: PDFKit.PDFDocument,
  parent: Part,
  type: string,
  drawing: () => void,
  options: { readonly alt?: string } = {}
): void {
  parent.add(pdf.struct(type, options, drawing))
}

/** Draws things that screen readers skip: lines, grounds, and anything repeated on each page. */
export function decorate(pdf: PDFKit.PDFDocument, drawing: () => void): void {
  pdf.markContent('Artifact')
  drawing()
  pdf.endMarkedContent()
}
