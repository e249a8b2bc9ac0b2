import type { Face } from './font.ts'

export interface Style {
  readonly face?: Face
  readonly size?: number
  readonly colour?: string
}

export const INK = '#1a1a1a'
export const GREY = '#5f6368'
const SIZE = 9
const ELLIPSIS = '…'

/** Writes one line of text from `x` on, or up to `x`. */
export function write(
  pdf: PDFKit.PDFDocument,
  text: string,
  x: number,
  y: number,
  style: Style & { readonly align?: 'left' | 'right' } = {}
): void {
  if (text === '') return
  const start = style.align === 'right' ? x - widthOf(pdf, text, style) : x
  select(pdf, style).fillColor(style.colour ?? INK)
  pdf.text(text, start, y, { lineBreak: false })
}

/** In points. */
export function widthOf(pdf: PDFKit.PDFDocument, text: string, style: Style = {}): number {
  return select(pdf, style).widthOfString(text)
}

function select(pdf: PDFKit.PDFDocument, { face = 'regular', size = SIZE }: Style): PDFKit.PDFDocument {
  return pdf.font(face).fontSize(size)
}

/** Breaks a text into at most `max` lines. A word that is too long is broken as well. */
export function wrap(
  pdf: PDFKit.PDFDocument,
  text: string,
  width: number,
  max: number,
  style: Style = {}
): readonly string[] {
  const fits = (line: string) => widthOf(pdf, line, style) <= width
  const lines: string[] = []
  let rest = text
  while (rest !== '') {
    if (fits(rest)) return [...lines, rest]
    if (lines.length === max - 1) return [...lines, cut(rest, (line) => fits(line + ELLIPSIS)) + ELLIPSIS]
    const line = wholeWords(rest, fits) || cut(rest, fits)
    lines.push(line)
    rest = rest.slice(line.length).trimStart()
  }
  return lines
}

export interface Fitted {
  readonly lines: readonly string[]
  readonly style: Style
  /** The distance between two lines, in points. */
  readonly leading: number
}

const LINE_HEIGHT = 1.25

/**
 * Breaks a text in the first of these sizes that needs at most `max` lines. In the last size it takes as many as it
 * needs. Nothing is cut.
 */
export function fitText(
  pdf: PDFKit.PDFDocument,
  text: string,
  width: number,
  { sizes, lines: max, ...style }: Omit<Style, 'size'> & { readonly sizes: readonly number[]; readonly lines: number }
): Fitted {
  const fitted = sizes.map((size) => {
    const sized = { ...style, size }
    return { lines: wrap(pdf, text, width, Number.POSITIVE_INFINITY, sized), style: sized, leading: size * LINE_HEIGHT }
  })
  const found = fitted.find(({ lines }) => lines.length <= max) ?? fitted.at(-1)
  return found ?? { lines: [text], style, leading: SIZE * LINE_HEIGHT }
}

/** Writes fitted lines from `x` on, or up to `x`. Returns their lower edge. */
export function writeFitted(
  pdf: PDFKit.PDFDocument,
  { lines, style, leading }: Fitted,
  x: number,
  y: number,
  align: 'left' | 'right' = 'left'
): number {
  for (const [index, line] of lines.entries()) write(pdf, line, x, y + index * leading, { ...style, align })
  return y + lines.length * leading
}

export function clip(pdf: PDFKit.PDFDocument, text: string, width: number, style: Style = {}): string {
  return wrap(pdf, text, width, 1, style)[0] ?? ''
}

function wholeWords(text: string, fits: (line: string) => boolean): string {
  let end = 0
  for (let blank = text.indexOf(' '); blank >= 0 && fits(text.slice(0, blank)); blank = text.indexOf(' ', blank + 1)) {
    end = blank
  }
  return text.slice(0, end)
}

/**
 * Returns as many characters as fit, at least one, so that wrapping ends. Halves the range, since a text may be very
 * long.
 */
function cut(text: string, fits: (line: string) => boolean): string {
  const characters = [...text]
  let [least, most] = [1, characters.length]
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (fits(characters.slice(0, middle).join(''))) least = middle
    else most = middle - 1
  }
  return characters.slice(0, least).join('')
}
