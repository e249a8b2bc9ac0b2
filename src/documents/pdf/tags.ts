/** Parts of a tagged PDF (ISO 32000-1, 14.8.4): what a screen reader reads, in which order and as what. */
export type Part = PDFKit.PDFStructureElement

/** Adds a part that has others, or is drawn on several pages; whoever adds it ends it. */
export function addPart(pdf: PDFKit.PDFDocument, parent: Part, type: string): Part {
  const part = pdf.struct(type)
  parent.add(part)
  return part
}

/** Draws something as a part. */
export function draw(
  pdf: PDFKit.PDFDocument,
  parent: Part,
  type: string,
  drawing: () => void,
  options: { readonly alt?: string } = {}
): void {
  parent.add(pdf.struct(type, options, drawing))
}

/** Draws what is for the eye alone: lines, grounds, and what every page repeats. */
export function decorate(pdf: PDFKit.PDFDocument, drawing: () => void): void {
  pdf.markContent('Artifact')
  drawing()
  pdf.endMarkedContent()
}
