import type { IncomingHttpHeaders } from 'node:http'
import { plainText } from '../../base/plain-text.ts'
import { chunksOf } from '../../http/lines.ts'
import type { FileBody } from './body.ts'
import { openCsv } from './csv.ts'
import type { Layout, UploadFile } from './file.ts'
import { filePart } from './form.ts'
import type { FileColumn } from './header.ts'
import { jsonRows } from './json.ts'
import { formatOf, formatOfPart, isPacked } from './media.ts'
import type { Progress } from './progress.ts'
import { openStatement } from './statement.ts'
import { unpacked } from './unpack.ts'
import { bounded, utf8 } from './utf8.ts'

const NAME_MAX_LENGTH = 256

/**
 * Opens the file in a body: packed or not, in a form or not, up to its header if it has one. Bank statements are taken
 * with `takesStatements` only. Throws a Problem that says what is allowed.
 */
export async function openFile(
  headers: IncomingHttpHeaders,
  { stream, maxBytes }: Pick<FileBody, 'stream' | 'maxBytes'>,
  columns: readonly FileColumn[],
  takesStatements = false
): Promise<UploadFile> {
  const format = formatOf(headers, takesStatements)
  const bytes = isPacked(headers) ? unpacked(chunksOf(stream)) : chunksOf(stream)
  if (format) return openFormat(format, bytes, columns, maxBytes)
  const { type, fileName, chunks } = await filePart(bytes, String(headers['content-type']))
  const file = await openFormat(formatOfPart(type, fileName, takesStatements), chunks, columns, maxBytes)
  return { ...file, fileName: shortened(fileName) }
}

function shortened(fileName: string): string {
  return plainText(fileName.replaceAll(/\p{Cc}/gu, ' '))
    .slice(0, NAME_MAX_LENGTH)
    .toWellFormed()
}

async function openFormat(
  format: Layout['format'] | 'statement',
  bytes: AsyncIterable<Buffer>,
  columns: readonly FileColumn[],
  maxBytes: number
): Promise<UploadFile> {
  if (format === 'statement') return openStatement(bytes, maxBytes)
  const progress: Progress = { row: 1 }
  const chunks = utf8(bounded(bytes, maxBytes), progress)
  if (format !== 'csv') return { layout: { format }, groups: jsonRows(chunks, format, progress) }
  try {
    return await openCsv(chunks, columns, progress)
  } catch (error) {
    await chunks.return(undefined)
    throw error
  }
}
