import type { Readable } from 'node:stream'
import { BODIES } from '../messages/body.ts'
import { requireNoTransaction } from '../pace/slow.ts'
import { nextTurn } from '../pace/turns.ts'

export interface Lines {
  readonly [LINES]: true
  readonly groups: AsyncIterable<readonly Line[]>
}

/** Numbered from 1; without bytes if longer than a body may be. */
export interface Line {
  readonly number: number
  readonly bytes: Buffer | undefined
}

const LINES = Symbol('lines')
const GROUP_LINES = 500
const NEWLINE = 0x0a
const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

export function isLines(body: unknown): body is Lines {
  return typeof body === 'object' && body !== null && LINES in body
}

/**
 * Returns the lines of a stream, read on demand. Counts blank lines and leaves them out. Keeps no byte of a line longer
 * than `maxBytes`. Throws `badRequest` if the stream breaks off.
 */
export function linesOf(stream: Readable, maxBytes: number): Lines {
  return { [LINES]: true, groups: split(stream, maxBytes) }
}

export function elementsOf(bytes: Buffer): Lines {
  return { [LINES]: true, groups: inGroups(numbered(sliceElements(bytes))) }
}

export function isArray(bytes: Buffer): boolean {
  let at = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? BYTE_ORDER_MARK.length : 0
  while (at < bytes.length && Number(bytes[at]) <= SPACE) at++
  return bytes[at] === OPEN_BRACKET
}

/** Bounds the lines of a turn, since many short ones may come at once. */
async function* inGroups(lines: Iterable<Line>): AsyncGenerator<readonly Line[]> {
  let group: Line[] = []
  for (const line of lines) {
    if (group.push(line) < GROUP_LINES) continue
    yield group
    group = []
    await nextTurn()
  }
  if (group.length > 0) yield group
}

async function* split(stream: Readable, maxBytes: number): AsyncGenerator<readonly Line[]> {
  requireNoTransaction('The body of a client')
  const cut = cutter(maxBytes)
  try {
    // Destroying the stream would close the connection and lose the response.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      const lines = cut.add(chunk)
      yield* inGroups(lines)
    }
  } catch {
    throw BODIES.cutShort()
  }
  const last = cut.end()
  if (last.length > 0) yield last
}

function cutter(maxBytes: number) {
  let number = 1
  let held: Buffer[] = []
  let heldBytes = 0
  const hold = (piece: Buffer) => {
    heldBytes += piece.length
    if (heldBytes <= maxBytes) held.push(piece)
    else held = []
  }
  const end = (): readonly Line[] => {
    const [first] = held
    const bytes = first && held.length === 1 ? first : Buffer.concat(held)
    const line: Line = { number: number++, bytes: heldBytes <= maxBytes ? bytes : undefined }
    held = []
    heldBytes = 0
    return line.bytes && isBlank(line.bytes) ? [] : [line]
  }
  const add = (chunk: Buffer): readonly Line[] => {
    const lines: Line[] = []
    let start = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
      hold(chunk.subarray(start, at))
      lines.push(...end())
      start = at + 1
    }
    if (start < chunk.length) hold(chunk.subarray(start))
    return lines
  }
  return { add, end: () => (heldBytes > 0 ? end() : []) }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte <= SPACE)
}

/** Only an empty array has a blank element. */
function* numbered(elements: Iterable<Buffer>): Generator<Line> {
  let number = 0
  for (const bytes of elements) if (!isBlank(bytes)) yield { number: ++number, bytes }
}

/** Splits at commas outside of texts and nested values. */
function* sliceElements(bytes: Buffer): Generator<Buffer> {
  let depth = 0
  let start = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) at = textEnd(bytes, at + 1)
    else if (isOpening(byte)) start = depth++ === 0 ? at + 1 : start
    else if ((byte === COMMA && depth === 1) || (isClosing(byte) && --depth === 0)) {
      yield bytes.subarray(start, at)
      start = at + 1
    }
  }
}

const isOpening = (byte: number | undefined) => byte === OPEN_BRACKET || byte === OPEN_BRACE
const isClosing = (byte: number | undefined) => byte === CLOSE_BRACKET || byte === CLOSE_BRACE

function textEnd(bytes: Buffer, start: number): number {
  let end = start
  while (end < bytes.length && bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1
  return end
}
