import { TextDecoder } from 'node:util'
import { BODIES } from '../../messages/body.ts'
import type { Problem } from '../../messages/problem.ts'
import { UPLOADS } from '../../messages/upload.ts'
import { doAside, isOutOfMemory } from '../../pace/aside.ts'
import type { Statement, StatementFault, StatementRow } from './statement.ts'

export { STATEMENT_COLUMNS } from './entry.ts'

const WORK = new URL('./camt-work.ts', import.meta.url)

/** The largest file that the thread reads in its memory. */
export const STATEMENT_MAX_BYTES = 16_777_216

/** Returns the rows of a bank statement, read in the thread. Throws a Problem that says what is allowed. */
export async function readStatementAside(bytes: Uint8Array): Promise<readonly StatementRow[]> {
  if (bytes.byteLength > STATEMENT_MAX_BYTES) throw UPLOADS.statementTooLarge(STATEMENT_MAX_BYTES)
  try {
    const statement = await doAside<string, Statement>(WORK, decoded(bytes))
    if ('rows' in statement) return statement.rows
    throw problemOf(statement.fault)
  } catch (error) {
    throw isOutOfMemory(error) ? UPLOADS.statementTooLarge(STATEMENT_MAX_BYTES) : error
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw BODIES.notUtf8()
  }
}

function problemOf({ kind, detail }: StatementFault): Problem {
  switch (kind) {
    case 'docType':
      return UPLOADS.docType()
    case 'notUtf8':
      return BODIES.charset(detail)
    case 'notXml':
      return UPLOADS.notXml(detail === '' ? '' : `: ${detail}`)
    case 'otherMessage':
      return UPLOADS.otherMessage(detail)
  }
}
