import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'

/** Extracts the texts of each page in the order of writing. */
export async function textsOf(pdf: Buffer): Promise<readonly (readonly string[])[]> {
  return withPages(pdf, async (page) => {
    const { items } = await page.getTextContent({ disableNormalization: true })
    return items.flatMap((item) => ('str' in item && item.str.trim() !== '' ? [item.str] : []))
  })
}

type PdfDocument = Awaited<ReturnType<typeof getDocument>['promise']>
type PdfPage = Awaited<ReturnType<PdfDocument['getPage']>>

/** Reads each page in turn. */
export function withPages<T>(pdf: Buffer, read: (page: PdfPage) => Promise<T>): Promise<readonly T[]> {
  return withPdf(pdf, async (document) => {
    const found: T[] = []
    for (let number = 1; number <= document.numPages; number++) found.push(await read(await document.getPage(number)))
    return found
  })
}

export async function withPdf<T>(pdf: Buffer, read: (document: PdfDocument) => Promise<T>): Promise<T> {
  const task = getDocument({ data: new Uint8Array(pdf), verbosity: 0, useSystemFonts: false })
  try {
    return await read(await task.promise)
  } finally {
    await task.destroy()
  }
}
