import { repeatedNames } from '../../base/json-members.ts'
import { isRecord } from '../../base/unknown.ts'
import { parseJson } from '../../http/body.ts'
import { findingsOf } from '../../http/findings.ts'
import type { Line } from '../../http/pieces.ts'
import { BODIES } from '../../messages/body.ts'
import { FIELDS } from '../../messages/field.ts'
import { Problem } from '../../messages/problem.ts'
import type { FileRow } from './file.ts'
import { type RowFault, rowFault } from './row.ts'

/** Reads a row that is an object of JSON. */
export function jsonRow({ number: line, bytes }: Line): FileRow {
  const cells = parsed(bytes)
  const sent = () => bytes?.toString().trim() ?? ''
  if (cells instanceof Problem) return { line, sent: sent(), faults: faultsOf(cells) }
  if (!isRecord(cells)) return { line, sent: sent(), faults: [rowFault(FIELDS.object())] }
  const repeated = bytes && mayRepeat(bytes, cells) ? repeatedNames(sent()) : []
  if (repeated.length === 0) return { line, cells }
  return { line, sent: sent(), faults: repeated.map((name) => rowFault(FIELDS.repeated(), name)) }
}

/** Spares most rows the search for names: each name has a colon. */
function mayRepeat(bytes: Buffer, cells: object): boolean {
  let colons = 0
  for (let at = bytes.indexOf(COLON); at >= 0; at = bytes.indexOf(COLON, at + 1)) colons++
  return colons > Object.keys(cells).length
}

const COLON = 0x3a

function parsed(bytes: Buffer | undefined): unknown {
  try {
    if (!bytes) throw BODIES.lineTooLong()
    return parseJson(bytes)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

/** The place `$.amount` is a column. */
function faultsOf(problem: Problem): readonly RowFault[] {
  return findingsOf(problem).map(({ path, message, faultCode, messageCode }) => ({
    column: path === '$' ? undefined : path.replace('$.', ''),
    message,
    faultCode: faultCode ?? messageCode
  }))
}
