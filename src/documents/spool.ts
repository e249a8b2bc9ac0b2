import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'

export type Content = { readonly whole: Buffer; readonly tag: string } | { readonly stream: Readable }

/** Smaller documents are made before anything is sent; larger ones while the client takes them. */
const WHOLE_MAX_BYTES = 4_194_304

/**
 * Makes a document of pieces. Holds at most the size of a small document, or the pieces the client has not taken yet.
 */
export async function spool(pieces: AsyncIterable<string | Buffer>): Promise<Content> {
  const hash = createHash('sha256')
  const made: Buffer[] = []
  let bytes = 0
  const source = pieces[Symbol.asyncIterator]()
  for (let next = await source.next(); !next.done; next = await source.next()) {
    const piece = Buffer.from(next.value)
    hash.update(piece)
    made.push(piece)
    bytes += piece.length
    if (bytes > WHOLE_MAX_BYTES) return { stream: Readable.from(continued(made, source), { objectMode: false }) }
  }
  return { whole: Buffer.concat(made), tag: `"${hash.digest('base64url')}"` }
}

/** Yields the pieces already made, then the rest on demand. Ends the source if the reader stops. */
async function* continued(made: readonly Buffer[], source: AsyncIterator<string | Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* made
    for (let next = await source.next(); !next.done; next = await source.next()) yield Buffer.from(next.value)
  } finally {
    await source.return?.()
  }
}
