import type { IncomingHttpHeaders } from 'node:http'
import { BODIES } from '../../messages/body.ts'
import type { Problem } from '../../messages/problem.ts'
import { UPLOADS } from '../../messages/upload.ts'
import type { Layout } from './file.ts'

export const FORMATS = ['csv', 'ndjson', 'json'] as const
type Format = Layout['format']

const BY_TYPE: ReadonlyMap<string, Format> = new Map(FORMATS.map((format) => [typeOf(format), format]))
const FORM_TYPE = 'multipart/form-data'

/** The media types of the body of an upload. */
export const FILE_TYPES: readonly string[] = [...BY_TYPE.keys(), FORM_TYPE]

/** Those of bank statements, which some uploads take as well. */
export const STATEMENT_TYPES: readonly string[] = ['application/xml', 'text/xml']
const STATEMENT_EXTENSION = '.xml'

const EXTENSIONS: ReadonlyMap<string, Format> = new Map([
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
  ['.json', 'json']
])

const ACCEPTED = { 'Accept-Post': FILE_TYPES.join(', ') }

/** Returns the refusal of a body without a type that is taken. */
export function noType(takesStatements = false): Problem {
  const types = takesStatements ? [...FILE_TYPES, ...STATEMENT_TYPES] : FILE_TYPES
  return UPLOADS.mediaType(types).with({ 'Accept-Post': types.join(', ') })
}

/** Returns the format of a body; undefined for a form. Throws a Problem that lists the types that are taken. */
export function formatOf(
  { 'content-type': contentType = '' }: IncomingHttpHeaders,
  takesStatements: boolean
): Format | 'statement' | undefined {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  const isStatement = takesStatements && STATEMENT_TYPES.includes(type)
  if (!isStatement && !FILE_TYPES.includes(type)) throw noType(takesStatements)
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]
  if (charset !== undefined && type !== FORM_TYPE && !/^(?:utf-?8|us-ascii)$/i.test(charset))
    throw BODIES.charset(charset).with(ACCEPTED)
  return isStatement ? 'statement' : BY_TYPE.get(type)
}

/** Returns the format of a file in a form by its type, or else by its name. */
export function formatOfPart(type: string, fileName: string, takesStatements: boolean): Format | 'statement' {
  const isStatement = STATEMENT_TYPES.includes(type) || fileName.toLowerCase().endsWith(STATEMENT_EXTENSION)
  if (takesStatements && isStatement) return 'statement'
  const format = BY_TYPE.get(type) ?? EXTENSIONS.get(/\.\w+$/.exec(fileName)?.[0].toLowerCase() ?? '')
  if (format) return format
  throw UPLOADS.partType([...BY_TYPE.keys()], [...EXTENSIONS.keys()]).with(ACCEPTED)
}

export function isPacked({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): boolean {
  const coding = encoding.trim().toLowerCase()
  if (coding === 'identity') return false
  if (coding === 'gzip') return true
  throw UPLOADS.encoding().with({ ...ACCEPTED, 'Accept-Encoding': 'gzip' })
}

/** Returns the media type of a format. */
export function typeOf(format: Format): string {
  switch (format) {
    case 'csv':
      return 'text/csv'
    case 'ndjson':
      return 'application/x-ndjson'
    case 'json':
      return 'application/json'
  }
}
