import { pipeline, Readable } from 'node:stream'
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import { Problem } from '../../messages/problem.ts'
import { UPLOADS } from '../../messages/upload.ts'

/** One part is taken; a second one is noticed. */
const LIMITS = { parts: 1, fieldSize: 1, headerPairs: 20, headerSize: 8_192 }

/** The file of a form. */
export interface FilePart {
  readonly type: string
  readonly fileName: string
  readonly chunks: AsyncIterable<Buffer>
}

/**
 * Reads a form up to its file, whose chunks come on demand. Throws a Problem for any other part, now or at the end of
 * the file. Busboy alone: the plugin around it reads the request itself, which may be packed.
 */
export async function filePart(chunks: AsyncIterable<Buffer>, contentType: string): Promise<FilePart> {
  const form = open(contentType)
  const body = Readable.from(chunks)
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>()
  const { promise: found, resolve: find } = Promise.withResolvers<FilePart>()
  form.on('file', (_field, file, fileName, _encoding, type) => {
    file.on('error', () => undefined)
    ended.catch((problem) => file.destroy(problem))
    find({ type, fileName, chunks: contents(file, ended, body) })
  })
  for (const event of ['field', 'partsLimit'] as const) form.on(event, () => fail(UPLOADS.oneFile()))
  ended.catch(() => body.destroy())
  pipeline(body, form, (error) => (error ? fail(problemOf(error)) : end()))
  const none = ended.then(() => Promise.reject(UPLOADS.oneFile()))
  return Promise.race([found, none])
}

function open(contentType: string): BusboyInstance {
  try {
    const isPartAFile = (_field?: string, _type?: string, fileName?: string) => fileName !== undefined
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS, isPartAFile })
  } catch {
    throw UPLOADS.notForm()
  }
}

async function* contents(file: BusboyFileStream, ended: Promise<void>, body: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of file) yield chunk
    await ended
  } catch (error) {
    throw problemOf(error)
  } finally {
    body.destroy()
  }
}

function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : UPLOADS.notForm()
}
