import { Parser } from 'csv-parse'
import { memberOf } from '../../base/unknown.ts'
import { inGroups } from '../../http/lines.ts'
import { UPLOADS } from '../../messages/upload.ts'
import { csvRows } from './csv-row.ts'
import { type FileRow, ROW_MAX_BYTES } from './file.ts'
import { ERROR_COLUMN, type FileColumn, type Header, readHeader } from './header.ts'
import { type Progress, placeOf } from './progress.ts'

const LINE_ENDS = ['\r\n', '\n', '\r']

/** Reads a CSV file up to the end of its header. Throws a Problem that says which columns there are. */
export async function openCsv(chunks: AsyncGenerator<Buffer>, columns: readonly FileColumn[], progress: Progress) {
  progress.row = 0
  const first = await firstLine(chunks, progress)
  const { line, rest } = SEPARATOR_LINE.test(first.line) ? await firstLine(first.rest, progress) : first
  if (line === '') throw UPLOADS.noHeader(columns.map(({ name }) => name))
  const header = readHeader(line, columns)
  progress.row = 1
  const { delimiter } = header
  const own = header.cells.filter((_, at) => header.names[at] !== ERROR_COLUMN)
  return { layout: { format: 'csv', delimiter, header: own }, groups: rowsOf(rest, header, progress) } as const
}

/** Spreadsheets write it before the header. */
const SEPARATOR_LINE = /^sep=[,;\t]$/i
const FIRST_LINE = /^[\r\n]*([^\r\n]+)(?:\r\n|\n|\r(?=[^\n]))/

/** Splits a file after its first line with text. */
async function firstLine(chunks: AsyncGenerator<Buffer>, progress: Progress) {
  let head: Buffer = Buffer.alloc(0)
  let found: RegExpExecArray | null = null
  while (!found) {
    if (head.length > ROW_MAX_BYTES) throw UPLOADS.rowTooLong(placeOf(progress), ROW_MAX_BYTES)
    const next = await chunks.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
    // Each byte is a character: places of the text are places of the bytes.
    found = FIRST_LINE.exec(head.toString('latin1'))
  }
  const [{ length } = head] = found ?? []
  const rest = head.subarray(length)
  return {
    line: head
      .subarray(0, length)
      .toString()
      .replace(/^[\r\n]+|[\r\n]+$/g, ''),
    rest: joined(rest, chunks)
  }
}

async function* joined(first: Buffer, others: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* others
}

async function* rowsOf(
  chunks: AsyncIterable<Buffer>,
  header: Header,
  progress: Progress
): AsyncGenerator<readonly FileRow[]> {
  const read = csvRows(header)
  function* rows(records: readonly CsvRecord[]): Generator<FileRow> {
    for (const { cells, bytes } of records) {
      if (bytes > ROW_MAX_BYTES) throw UPLOADS.rowTooLong(placeOf(progress), ROW_MAX_BYTES)
      const line = progress.row++
      if (cells.some((cell) => cell.trim() !== '')) yield read(line, cells)
    }
  }
  for await (const records of recordsOf(chunks, header.delimiter, progress)) yield* inGroups(rows(records))
}

interface CsvRecord {
  readonly cells: readonly string[]
  readonly bytes: number
}

/** Yields the records that end in each chunk. */
async function* recordsOf(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
  progress: Progress
): AsyncGenerator<readonly CsvRecord[]> {
  let records: CsvRecord[] = []
  let [fed, ended] = [0, 0]
  const parser = new Parser({
    delimiter,
    record_delimiter: LINE_ENDS,
    relax_column_count: true,
    // Collecting them here is faster than a stream of objects.
    on_record: (cells: string[], { bytes }) => {
      records.push({ cells, bytes: bytes - ended })
      ended = bytes
      return null
    }
  })
  // Errors come with the calls.
  parser.on('error', () => undefined)
  const called = async (call: (done: (error?: Error | null) => void) => void) => {
    try {
      await new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
    } catch (error) {
      throw problemOf(error, placeOf({ row: progress.row + records.length }))
    }
    const found = records
    records = []
    return found
  }
  for await (const chunk of chunks) {
    fed += chunk.length
    yield await called((done) => parser.write(chunk, done))
    if (fed - ended > ROW_MAX_BYTES) throw UPLOADS.rowTooLong(placeOf(progress), ROW_MAX_BYTES)
  }
  yield await called((done) => parser.end(done))
}

function problemOf(error: unknown, place: string): unknown {
  switch (memberOf(error, 'code')) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return UPLOADS.openQuote(place)
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return UPLOADS.strayQuote(place)
    default:
      return error
  }
}
