import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { LINES_TYPE } from '../../http/body.ts'
import { linesOf } from '../../http/lines.ts'
import { UPLOADS } from '../../messages/upload.ts'
import type { FileRow, UploadFile } from './file.ts'
import { jsonRow } from './json-row.ts'

const TYPES = [LINES_TYPE] as const
const LINE_MAX_BYTES = 1_048_576

/** Opens the file in the body of a request. Throws a Problem that says what is allowed. */
export async function openFile({ headers }: FastifyRequest, stream: Readable): Promise<UploadFile> {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== LINES_TYPE) throw UPLOADS.mediaType(TYPES)
  return { layout: { format: 'ndjson' }, groups: rowsOf(stream) }
}

async function* rowsOf(stream: Readable): AsyncGenerator<readonly FileRow[]> {
  for await (const group of linesOf(stream, LINE_MAX_BYTES).groups) yield group.map(jsonRow)
}
