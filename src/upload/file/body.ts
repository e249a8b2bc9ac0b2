import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { noType } from './media.ts'

/** The body of a request that is read as it comes. */
export interface FileBody {
  readonly [FILE]: true
  readonly stream: Readable
  /** Unpacked. */
  readonly maxBytes: number
}

const FILE = Symbol('file')

export function isFileBody(body: unknown): body is FileBody {
  return typeof body === 'object' && body !== null && FILE in body
}

/** Makes an app hand bodies of any media type on as they come. */
export function takeFiles(app: FastifyInstance, maxBytes: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, stream, done) => done(null, { [FILE]: true, stream, maxBytes }))
  app.addHook('preValidation', (request, _reply, done) => done(request.body === undefined ? noType() : undefined))
}
