import { Readable } from 'node:stream'
import type { FileRow, Layout } from '../../../src/upload/file/file.ts'
import { openFile } from '../../../src/upload/file/open.ts'
import { faultText } from '../../../src/upload/file/row.ts'

export const COLUMNS = [
  { name: 'account_number', isRequired: true },
  { name: 'amount', isRequired: true },
  { name: 'name' },
  { name: 'bill_no' }
]

export const CSV = { 'content-type': 'text/csv' }
export const NDJSON = { 'content-type': 'application/x-ndjson' }
export const JSON_ARRAY = { 'content-type': 'application/json' }

export interface Read {
  readonly layout: Layout
  readonly fileName: string | undefined
  readonly rows: readonly FileRow[]
}

/** Reads a file whose body comes in chunks. */
export async function readFile(
  body: string | Buffer | readonly Buffer[] | AsyncIterable<Buffer>,
  headers: Readonly<Record<string, string>>,
  maxBytes = 100_000_000
): Promise<Read> {
  const chunks = typeof body === 'string' || Buffer.isBuffer(body) ? [Buffer.from(body)] : body
  const stream = Readable.from(chunks, { objectMode: false })
  const { layout, fileName, groups } = await openFile(headers, { stream, maxBytes }, COLUMNS)
  const rows: FileRow[] = []
  for await (const group of groups) rows.push(...group)
  return { layout, fileName, rows }
}

/** Reads rows as [number, cells or faults]. */
export async function readRows(...args: Parameters<typeof readFile>): Promise<readonly (readonly [number, unknown])[]> {
  const { rows } = await readFile(...args)
  return rows.map((row) => [row.line, 'cells' in row ? row.cells : row.faults.map(faultText).join('; ')])
}

/** Cuts bytes into chunks of these sizes, over and over. */
export function inChunks(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = sizes[chunks.length % sizes.length] ?? bytes.length
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}
