import { readStatementAside, STATEMENT_COLUMNS, STATEMENT_MAX_BYTES } from '../camt/camt-aside.ts'
import type { FileRow, UploadFile } from './file.ts'
import { bounded } from './utf8.ts'

const GROUP_ROWS = 500

/** Reads a bank statement as a whole. Its rows that were not stored go back as CSV. */
export async function openStatement(bytes: AsyncIterable<Buffer>, maxBytes: number): Promise<UploadFile> {
  const chunks = await Array.fromAsync(bounded(bytes, Math.min(maxBytes, STATEMENT_MAX_BYTES)))
  const rows = await readStatementAside(Buffer.concat(chunks))
  const layout = { format: 'csv', delimiter: ',', header: STATEMENT_COLUMNS } as const
  return { layout, groups: grouped(rows.map((cells, at) => ({ line: at + 1, cells: { ...cells } }))) }
}

async function* grouped(rows: readonly FileRow[]): AsyncGenerator<readonly FileRow[]> {
  for (let at = 0; at < rows.length; at += GROUP_ROWS) yield rows.slice(at, at + GROUP_ROWS)
}
