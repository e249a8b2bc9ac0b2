import { isUtf8 } from 'node:buffer'
import { UPLOADS } from '../../messages/upload.ts'
import { type Progress, placeOf } from './progress.ts'

const MARK = Buffer.from('\uFEFF')
const NONE: Buffer = Buffer.alloc(0)
/** Lets a reader that looks ahead get to the last character. */
const LOOK_AHEAD = Buffer.from('    ')

/** Passes chunks on. Throws a Problem for more than `maxBytes`. */
export async function* bounded(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > maxBytes) throw UPLOADS.fileTooLarge(maxBytes)
    yield chunk
  }
}

/**
 * Checks that a file is UTF-8, and drops its byte order mark. Each chunk of the result ends with a whole character.
 * Throws a Problem that names the place and the first byte at fault.
 */
export async function* utf8(chunks: AsyncIterable<Buffer>, progress: Progress): AsyncGenerator<Buffer> {
  let left = NONE
  let isFirst = true
  for await (const chunk of chunks) {
    const bytes = left.length > 0 ? Buffer.concat([left, chunk]) : chunk
    if (isFirst && isUtf16(bytes)) throw UPLOADS.notUtf8(placeOf(progress), '0x00')
    const start = isFirst ? endOfMark(bytes) : 0
    isFirst &&= bytes.length < MARK.length
    const end = isFirst ? start : endOfCharacters(bytes)
    left = bytes.subarray(end)
    yield* checked(bytes.subarray(start, end), progress)
  }
  yield* checked(left, progress)
}

/** No file of rows begins with a letter and a NUL, in whatever order. */
function isUtf16([first, second]: Buffer): boolean {
  return second !== undefined && (first === 0) !== (second === 0)
}

function endOfMark(bytes: Buffer): number {
  return bytes.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0
}

/** Yields what stands before a fault, so that its row is known. */
function* checked(bytes: Buffer, progress: Progress): Generator<Buffer> {
  if (isUtf8(bytes)) {
    if (bytes.length > 0) yield bytes
    return
  }
  const repaired = Buffer.from(bytes.toString())
  const at = bytes.findIndex((byte, place) => byte !== repaired[place])
  yield Buffer.concat([bytes.subarray(0, at), LOOK_AHEAD])
  throw UPLOADS.notUtf8(placeOf(progress), `0x${bytes.toString('hex', at, at + 1).toUpperCase()}`)
}

/** Returns the end of the last whole character. */
function endOfCharacters(bytes: Buffer): number {
  for (let start = bytes.length - 1; start >= 0 && start > bytes.length - 4; start--) {
    const byte = Number(bytes[start])
    if (byte >= 0xc0) return start + lengthOf(byte) > bytes.length ? start : bytes.length
    if (byte < 0x80) break
  }
  return bytes.length
}

/** Returns the length of a character by its first byte. */
function lengthOf(byte: number): number {
  if (byte >= 0xf0) return 4
  return byte >= 0xe0 ? 3 : 2
}
