import type { Readable } from 'node:stream'
import { BODIES } from '../messages/body.ts'
import { requireNoTransaction } from '../pace/slow.ts'
import { nextTurn } from '../pace/turns.ts'
import { elementCutter, OPEN_BRACKET } from './elements.ts'
import { type Cutter, collector, isBlank, type Line, SPACE } from './pieces.ts'

export interface Lines {
  readonly [LINES]: true
  readonly groups: AsyncIterable<readonly Line[]>
}

const LINES = Symbol('lines')
const GROUP_LINES = 500
const NEWLINE = 0x0a
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

export function isLines(body: unknown): body is Lines {
  return typeof body === 'object' && body !== null && LINES in body
}

/**
 * Returns the lines of a stream, read on demand. Counts blank lines and leaves them out. Keeps no byte of a line longer
 * than `maxBytes`. Throws `badRequest` if the stream breaks off.
 */
export function linesOf(stream: Readable, maxBytes: number): Lines {
  return { [LINES]: true, groups: split(chunksOf(stream), lineCutter(maxBytes)) }
}

async function* split(chunks: AsyncIterable<Buffer>, cutter: Cutter): AsyncGenerator<readonly Line[]> {
  for await (const chunk of chunks) yield* inGroups(cutter.add(chunk))
  yield* inGroups(cutter.end())
}

export function elementsOf(bytes: Buffer): Lines {
  const array = bytes.subarray(bytes.indexOf(OPEN_BRACKET))
  return { [LINES]: true, groups: inGroups(elementCutter(array.length).add(array)) }
}

export function isArray(bytes: Buffer): boolean {
  let at = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? BYTE_ORDER_MARK.length : 0
  while (at < bytes.length && Number(bytes[at]) <= SPACE) at++
  return bytes[at] === OPEN_BRACKET
}

/** Yields the chunks of a body. Throws `badRequest` if it breaks off. */
export async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  requireNoTransaction('The body of a client')
  try {
    // Destroying the stream would close the connection and lose the response.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk
  } catch {
    throw BODIES.cutShort()
  }
}

/** Bounds what is done in a turn of the event loop, since many short parts may come at once. */
export async function* inGroups<T>(parts: Iterable<T>): AsyncGenerator<readonly T[]> {
  let group: T[] = []
  for (const part of parts) {
    if (group.push(part) < GROUP_LINES) continue
    yield group
    group = []
    await nextTurn()
  }
  if (group.length > 0) yield group
}

export function lineCutter(maxBytes: number): Cutter {
  const line = collector(maxBytes)
  let number = 0
  const take = (): readonly Line[] => {
    const bytes = line.take()
    number++
    return bytes && isBlank(bytes) ? [] : [{ number, bytes }]
  }
  function* add(chunk: Buffer): Generator<Line> {
    let start = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
      line.add(chunk.subarray(start, at))
      yield* take()
      start = at + 1
    }
    if (start < chunk.length) line.add(chunk.subarray(start))
  }
  return { add, end: () => (line.isEmpty() ? [] : take()), isTooLong: line.isTooLong }
}
