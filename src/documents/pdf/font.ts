import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * A font as pdfkit takes it. Documents share the parsed tables of glyphs and distances, read-only. The letters of a
 * glyph come from the text of each document.
 */
export interface PdfFont {
  readonly postscriptName: string
  layout(text: string): Run
}

/** Glyphs and their places in units of the font. pdfkit scales the places in place. */
interface Run {
  readonly glyphs: readonly Glyph[]
  readonly positions: readonly Position[]
  readonly advanceWidth: number
}

interface Glyph {
  readonly id: number
  readonly advanceWidth: number
  /** The text a reader of the PDF copies. */
  readonly codePoints: readonly number[]
}

interface Position {
  xAdvance: number
  yAdvance: number
  xOffset: number
  yOffset: number
}

interface ParsedFont {
  readonly postscriptName: string
  readonly unitsPerEm: number
  readonly ascent: number
  readonly descent: number
  glyphForCodePoint(codePoint: number): { readonly id: number; readonly advanceWidth: number }
  layout(text: string, features: Readonly<Record<string, boolean>>): Pick<Run, 'positions' | 'glyphs'>
}

const require = createRequire(import.meta.url)
/** Covers Latin with all accents, Greek and Cyrillic; digits have one width (SIL Open Font License). */
const FILES = {
  regular: require.resolve('@expo-google-fonts/ibm-plex-sans/400Regular/IBMPlexSans_400Regular.ttf'),
  bold: require.resolve('@expo-google-fonts/ibm-plex-sans/600SemiBold/IBMPlexSans_600SemiBold.ttf')
} as const
export type Face = keyof typeof FILES
export const FACES = ['regular', 'bold'] as const satisfies readonly Face[]

/** Sets one glyph for each letter, without ligatures or substitutes, and only moves them closer or apart. */
const SPACING_ONLY = { liga: false, clig: false, calt: false, ccmp: false, locl: false, rlig: false, frac: false }

const fonts = new Map<Face, PdfFont>()

/** Parses a face when it is first needed: parsing takes longer than writing a bill. */
export function fontOf(face: Face): PdfFont {
  const font = fonts.get(face) ?? parse(readFileSync(FILES[face]))
  fonts.set(face, font)
  return font
}

/** Parses with the library that pdfkit uses. Replaces the layout of the font and keeps the rest. */
function parse(file: Buffer): PdfFont {
  const { create }: { create(file: Buffer): ParsedFont } = createRequire(require.resolve('pdfkit'))('fontkit')
  const parsed = create(file)
  return Object.create(parsed, { layout: { value: (text: string) => layout(parsed, text) } })
}

function layout(parsed: ParsedFont, text: string): Run {
  const glyphs = [...text].map((letter) => glyphOf(parsed, letter.codePointAt(0) ?? 0))
  const positions = positionsOf(parsed, text, glyphs)
  // Computed on demand, since pdfkit scales the places first.
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

/** Returns the font's own distances if it sets these very glyphs, else places one glyph after the other. */
function positionsOf(parsed: ParsedFont, text: string, glyphs: readonly Glyph[]): Position[] {
  const run = parsed.layout(text, SPACING_ONLY)
  const isSame = run.glyphs.length === glyphs.length && run.glyphs.every(({ id }, at) => id === glyphs[at]?.id)
  if (isSame)
    return run.positions.map(({ xAdvance, yAdvance, xOffset, yOffset }) => ({
      ...{ xAdvance, yAdvance, xOffset, yOffset }
    }))
  return glyphs.map(({ advanceWidth }) => ({ xAdvance: advanceWidth, yAdvance: 0, xOffset: 0, yOffset: 0 }))
}
