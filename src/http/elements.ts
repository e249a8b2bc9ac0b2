import { BODIES } from '../messages/body.ts'
import { type Cutter, collector, isBlank, type Line, SPACE } from './pieces.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
export const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Cuts the elements of a JSON array out of a stream: at commas outside of texts and nested values. Throws `invalidBody`
 * where the array itself is broken; whether an element is JSON, its reader finds.
 */
export function elementCutter(maxBytes: number): Cutter {
  const element = collector(maxBytes)
  const scan: Scan = { depth: 0, isInText: false, skipped: 0 }
  let number = 0
  let hasEnded = false
  const begin = (chunk: Buffer, start: number): number => {
    const at = chunk.subarray(start).findIndex((byte) => byte > SPACE)
    if (at < 0) return chunk.length
    if (hasEnded) throw BODIES.notJson('; something follows the array')
    if (chunk[start + at] !== OPEN_BRACKET) throw BODIES.notArray()
    scan.depth = 1
    return start + at + 1
  }
  const take = (): readonly Line[] => {
    hasEnded = scan.depth === 0
    const bytes = element.take()
    if (!bytes || !isBlank(bytes)) return [{ number: ++number, bytes }]
    if (hasEnded && number === 0) return []
    throw BODIES.notJson(`; element ${number + 1} of the array is empty`)
  }
  function* add(chunk: Buffer): Generator<Line> {
    let start = 0
    while (start < chunk.length) {
      if (scan.depth === 0) start = begin(chunk, start)
      const end = nextCut(chunk, start, scan)
      element.add(chunk.subarray(start, end))
      if (end < chunk.length) yield* take()
      start = end + 1
    }
  }
  const end = () => {
    if (hasEnded) return []
    throw scan.depth === 0 ? BODIES.notArray() : BODIES.cutShort()
  }
  return { add, end, isTooLong: element.isTooLong }
}

interface Scan {
  depth: number
  isInText: boolean
  /** Bytes of the next chunk that belong to an escape. */
  skipped: number
}

/** Returns the place of the next comma between elements or of the end of the array; the length if there is none. */
function nextCut(chunk: Buffer, start: number, scan: Scan): number {
  for (let at = scan.isInText ? skipText(chunk, start, scan) + 1 : start; at < chunk.length; at++) {
    const byte = chunk[at]
    if (byte === QUOTE) at = skipText(chunk, at + 1, scan)
    else if (byte === COMMA && scan.depth === 1) return at
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) scan.depth++
    else if ((byte === CLOSE_BRACKET || byte === CLOSE_BRACE) && --scan.depth === 0) return at
  }
  return chunk.length
}

/** Returns the place of the quote that ends a text. */
function skipText(chunk: Buffer, start: number, scan: Scan): number {
  let at = start + scan.skipped
  while (at < chunk.length && chunk[at] !== QUOTE) at += chunk[at] === BACKSLASH ? 2 : 1
  scan.isInText = at >= chunk.length
  scan.skipped = Math.max(0, at - chunk.length)
  return at
}
