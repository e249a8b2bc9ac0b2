import { readable } from '../content/colour.ts'
import { addressLines, factsOf, imprintOf, oneLine, titleOf } from '../content/texts.ts'
import { fill } from '../content/vocabulary.ts'
import { COLUMNS, PAGE, RULE, WIDTH } from './geometry.ts'
import type { Sheet } from './sheet.ts'
import { decorate, draw } from './tags.ts'
import { clip, type Fitted, fitText, GREY, widthOf, wrap, write, writeFitted } from './text.ts'

/** The address fits the window of an envelope (DIN 5008, form B). */
const { left: LEFT, right: RIGHT } = COLUMNS
const NAME_TOP = 40
const ADDRESS = { top: 148, width: 215, bottom: 256 } as const
const FACTS = { left: 292, top: 148, gap: 15 } as const
const TITLE_TOP = 264
const LOGO = { width: 150, height: 54, top: 32, gap: 20 } as const
/** A longer sender line above the address is left out; the letterhead has it. */
const SENDER_LINES_MAX = 3
const FOOTER_WIDTH = WIDTH - 80
const FOOTER_GAP = 7

/** Returns the lower edge. */
export function drawLetterhead(sheet: Sheet): number {
  const { pdf, content, words, root } = sheet
  const { name, branding } = content.issuer
  const { logo } = branding
  const width = WIDTH - (logo ? LOGO.width + LOGO.gap : 0)
  const style = { face: 'bold', colour: readable(branding.colour) } as const
  draw(pdf, root, 'P', () => {
    writeFitted(pdf, fitText(pdf, oneLine(name), width, { ...style, sizes: [15, 12, 10, 8], lines: 3 }), LEFT, NAME_TOP)
  })
  if (logo) {
    const scale = Math.min(LOGO.width / logo.width, LOGO.height / logo.height)
    const size = { width: logo.width * scale, height: logo.height * scale }
    const drawLogo = () => pdf.image(logo.png, RIGHT - size.width, LOGO.top, size)
    draw(pdf, root, 'Figure', drawLogo, { alt: fill(words.logoOf, { name: oneLine(name) }) })
  }
  drawAddress(sheet)
  const factsEnd = drawFacts(sheet)
  const title = fitText(pdf, titleOf(content, words), WIDTH, { ...style, sizes: [16, 13, 10], lines: 1 })
  const top = Math.max(TITLE_TOP, factsEnd)
  draw(pdf, root, 'H1', () => writeFitted(pdf, title, LEFT, top))
  return top + title.lines.length * title.leading
}

function drawAddress({ pdf, content, root }: Sheet): void {
  const { issuer, customer, language } = content
  const sender = [oneLine(issuer.name), ...addressLines(issuer.branding.address, language)].join(' · ')
  const small = fitText(pdf, sender, ADDRESS.width, { sizes: [6.5, 5.5], lines: SENDER_LINES_MAX, colour: GREY })
  if (small.lines.length <= SENDER_LINES_MAX) {
    const top = ADDRESS.top - 8 - small.lines.length * small.leading
    decorate(pdf, () => writeFitted(pdf, small, LEFT, top))
  }
  const fitted = fitAddress(pdf, [oneLine(customer.name ?? ''), ...addressLines(customer.address, language)])
  draw(pdf, root, 'P', () => writeFitted(pdf, fitted, LEFT, ADDRESS.top))
}

/** Picks the size in which all lines fit the window. In the smallest size the last line may be cut. */
function fitAddress(pdf: PDFKit.PDFDocument, address: readonly string[]): Fitted {
  const sizes = [10, 8, 7].map((size) => {
    const lines = address.flatMap((line) => wrap(pdf, line, ADDRESS.width, Number.POSITIVE_INFINITY, { size }))
    return { lines, style: { size }, leading: size * 1.25 }
  })
  const height = ADDRESS.bottom - ADDRESS.top
  const found = sizes.find(({ lines, leading }) => lines.length * leading <= height)
  if (found) return found
  const { leading, style } = { leading: 8.75, style: { size: 7 } }
  const max = Math.floor(height / leading)
  const lines = address.flatMap((line) => wrap(pdf, line, ADDRESS.width, Math.ceil(max / 2), style))
  return { lines: lines.slice(0, max), style, leading }
}

/** Draws number, dates and account to the right of the address. Returns their lower edge. */
function drawFacts({ pdf, content, words, format, root }: Sheet): number {
  let y: number = FACTS.top
  for (const [label, value] of factsOf(content, words, format)) {
    const width = RIGHT - FACTS.left - widthOf(pdf, label) - 10
    const fitted = fitText(pdf, value, width, { sizes: [9, 8, 7], lines: 1 })
    const top = y
    draw(pdf, root, 'P', () => {
      write(pdf, label, FACTS.left, top, { colour: GREY })
      writeFitted(pdf, fitted, RIGHT, top, 'right')
    })
    y += Math.max(FACTS.gap, fitted.lines.length * fitted.leading + 3)
  }
  return y + 8
}

export function drawRunningHead({ pdf, content, words }: Sheet): void {
  const style = { face: 'bold', colour: readable(content.issuer.branding.colour) } as const
  const half = WIDTH / 2 - 10
  decorate(pdf, () => {
    write(pdf, clip(pdf, titleOf(content, words), half, style), LEFT, 36, style)
    write(pdf, clip(pdf, oneLine(content.customer.name ?? ''), half, style), RIGHT, 36, { ...style, align: 'right' })
  })
}

/** The lines at the foot of every page. Nothing the law requires is cut, so they may be many. */
export interface Footer {
  readonly parts: readonly Fitted[]
  readonly top: number
}

export function footerOf({ pdf, content, words }: Sheet): Footer {
  const all = [7, 6].map((size) => {
    const style = { sizes: [size], lines: 1, colour: GREY }
    const fits = (line: string) => widthOf(pdf, line, { size }) <= FOOTER_WIDTH
    return joined(imprintOf(content, words), fits).map((part) => fitText(pdf, part, FOOTER_WIDTH, style))
  })
  const heights = all.map((parts) => parts.reduce((sum, { lines, leading }) => sum + lines.length * leading, 0))
  const at = (heights[0] ?? 0) > 60 ? 1 : 0
  return { parts: all[at] ?? [], top: PAGE.bottom - Math.max(heights[at] ?? 0, 20) - FOOTER_GAP }
}

function joined(parts: readonly string[], fits: (line: string) => boolean): readonly string[] {
  const lines: string[] = []
  for (const part of parts) {
    const both = `${lines.at(-1)} · ${part}`
    if (lines.length > 0 && fits(both)) lines.splice(-1, 1, both)
    else lines.push(part)
  }
  return lines
}

export function drawFooter(
  { pdf, words }: Sheet,
  { parts, top }: Footer,
  count: { readonly page: number; readonly pages: number }
): void {
  decorate(pdf, () => {
    pdf.moveTo(LEFT, top).lineTo(RIGHT, top).lineWidth(0.5).stroke(RULE)
    write(pdf, fill(words.page, count), RIGHT, top + FOOTER_GAP, { size: 7, colour: GREY, align: 'right' })
    let y = top + FOOTER_GAP
    for (const part of parts) y = writeFitted(pdf, part, LEFT, y)
  })
}
