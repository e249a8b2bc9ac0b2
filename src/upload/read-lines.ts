import { isRecord } from '../base/unknown.ts'
import { parseJson } from '../http/body.ts'
import { findingsOf } from '../http/findings.ts'
import type { Lines } from '../http/lines.ts'
import { BODIES } from '../messages/body.ts'
import { FIELDS } from '../messages/field.ts'
import { Problem } from '../messages/problem.ts'
import { UPLOADS } from '../messages/upload.ts'
import { readBillRow } from './bill-row.ts'
import { WITH_POINT } from './cells.ts'
import { type RowFault, rowFault } from './file/row.ts'
import { type Line, prepared } from './judge.ts'
import type { Place } from './place.ts'

/** Reads rows of JSON, a group in each turn of the event loop. Throws a Problem for none, or more than `max`. */
export async function readLines(groups: Lines['groups'], place: Place, max: number): Promise<readonly Line[]> {
  const lines: Line[] = []
  for await (const group of groups) {
    if (lines.length + group.length > max) throw UPLOADS.tooManyRows(max)
    lines.push(...group.map(({ number, bytes }) => readLine(number, bytes, place)))
  }
  if (lines.length === 0) throw UPLOADS.noRows()
  return lines
}

function readLine(line: number, bytes: Buffer | undefined, place: Place): Line {
  const cells = parsed(bytes)
  if (cells instanceof Problem) return { line, faults: faultsOf(cells) }
  if (!isRecord(cells)) return { line, faults: [rowFault(FIELDS.object())] }
  const read = readBillRow(cells, WITH_POINT)
  return 'faults' in read ? { line, ...read } : { line, content: prepared(read.row, place) }
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
