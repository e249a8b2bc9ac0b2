import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * Fonts as pdfkit takes them. What is shared between documents is parsed once and only read: the table of glyphs by
 * code point and the distances between them. Which letters a glyph stands for is told by the text of a document itself,
 * never by what some other document wrote before.
 */
export interface PdfFont {
  readonly postscriptName: string
  layout(text: string): Run
}

/** Glyphs with their places, in units of the font; pdfkit scales the places of a run as it takes them. */
interface Run {
  readonly glyphs: readonly Glyph[]
  readonly positions: readonly Position[]
  readonly advanceWidth: number
}

interface Glyph {
  readonly id: number
  readonly advanceWidth: number
  /** What a reader of the PDF gets when it copies the glyph. */
  readonly codePoints: readonly number[]
}

interface Position {
  xAdvance: number
  yAdvance: number
  xOffset: number
  yOffset: number
}

/** As far as it is used of fontkit, which has no types. */
interface ParsedFont {
  readonly postscriptName: string
  readonly unitsPerEm: number
  readonly ascent: number
  readonly descent: number
  glyphForCodePoint(codePoint: number): { readonly id: number; readonly advanceWidth: number }
  layout(text: string, features: Readonly<Record<string, boolean>>): Pick<Run, 'positions' | 'glyphs'>
}

const require = createRequire(import.meta.url)
/** Latin with all its accents, Greek and Cyrillic; digits of one width (SIL Open Font License). */
const FILES = {
  regular: require.resolve('@expo-google-fonts/ibm-plex-sans/400Regular/IBMPlexSans_400Regular.ttf'),
  bold: require.resolve('@expo-google-fonts/ibm-plex-sans/600SemiBold/IBMPlexSans_600SemiBold.ttf')
} as const
/** A face of the document's font. */
export type Face = keyof typeof FILES
export const FACES = ['regular', 'bold'] as const satisfies readonly Face[]

/** One glyph for each letter: no ligature and no other glyph in its place, only the distances between them. */
const SPACING_ONLY = { liga: false, clig: false, calt: false, ccmp: false, locl: false, rlig: false, frac: false }

const fonts = new Map<Face, PdfFont>()

/** A face, parsed when it is first needed, which takes longer than writing a bill. */
export function fontOf(face: Face): PdfFont {
  const font = fonts.get(face) ?? adapted(parse(readFileSync(FILES[face])))
  fonts.set(face, font)
  return font
}

/** By what pdfkit would parse it with. */
function parse(file: Buffer): ParsedFont {
  const { create }: { create(file: Buffer): ParsedFont } = createRequire(require.resolve('pdfkit'))('fontkit')
  return create(file)
}

/** A font whose layout alone is another one; the rest of it describes the file. */
function adapted(parsed: ParsedFont): PdfFont {
  return Object.create(parsed, { layout: { value: (text: string) => layout(parsed, text) } })
}

function layout(parsed: ParsedFont, text: string): Run {
  const glyphs = [...text].map((letter) => glyphOf(parsed, letter.codePointAt(0) ?? 0))
  const positions = positionsOf(parsed, text, glyphs)
  // Added up when it is asked for, since pdfkit scales the places first.
  return {
    glyphs,
    positions,
    get advanceWidth() {
      return positions.reduce((width, { xAdvance }) => width + xAdvance, 0)
    }
  }
}

function glyphOf(parsed: ParsedFont, codePoint: number): Glyph {
  const { id, advanceWidth } = parsed.glyphForCodePoint(codePoint)
  return { id, advanceWidth, codePoints: [codePoint] }
}

/** With the distances of the font where it sets these very glyphs, else one after the other. */
function positionsOf(parsed: ParsedFont, text: string, glyphs: readonly Glyph[]): Position[] {
  const run = parsed.layout(text, SPACING_ONLY)
  const isSame = run.glyphs.length === glyphs.length && run.glyphs.every(({ id }, at) => id === glyphs[at]?.id)
  if (isSame)
    return run.positions.map(({ xAdvance, yAdvance, xOffset, yOffset }) => ({
      ...{ xAdvance, yAdvance, xOffset, yOffset }
    }))
  return glyphs.map(({ advanceWidth }) => ({ xAdvance: advanceWidth, yAdvance: 0, xOffset: 0, yOffset: 0 }))
}
