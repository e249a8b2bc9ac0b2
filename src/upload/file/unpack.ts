import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { memberOf } from '../../base/unknown.ts'
import { UPLOADS } from '../../messages/upload.ts'

const CHUNK_BYTES = 65_536
/** Files of rows pack to a tenth or a twentieth. */
const RATIO_MAX = 200
/** Short files may be of one letter. */
const FREE_BYTES = 1_048_576

/** Unpacks gzip. Throws a Problem if it is none, is cut short, or unpacks to far more than files of rows do. */
export async function* unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  const packed = Readable.from(chunks)
  // An error comes out of the iteration.
  pipeline(packed, gunzip, () => undefined)
  let bytes = 0
  try {
    for await (const chunk of gunzip) {
      bytes += chunk.length
      if (bytes > FREE_BYTES && bytes > RATIO_MAX * gunzip.bytesWritten) throw UPLOADS.bomb(RATIO_MAX)
      yield chunk
    }
  } catch (error) {
    throw problemOf(error)
  } finally {
    packed.destroy()
  }
}

function problemOf(error: unknown): unknown {
  const code = memberOf(error, 'code')
  if (code === 'Z_BUF_ERROR') return UPLOADS.gzipCut()
  return String(code).startsWith('Z_') ? UPLOADS.notGzip() : error
}
