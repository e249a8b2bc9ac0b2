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
  if (isRecord(cells) && !(cells instanceof Problem)) return { line, cells }
  const faults = cells instanceof Problem ? faultsOf(cells) : [rowFault(FIELDS.object())]
  return { line, sent: bytes?.toString().trim() ?? '', faults }
}

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
