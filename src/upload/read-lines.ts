import type { Lines } from '../http/lines.ts'
import { UPLOADS } from '../messages/upload.ts'
import { readBill } from './bill-kind.ts'
import { WITH_POINT } from './cells.ts'
import { jsonRow } from './file/json-row.ts'
import type { BillLine } from './judge.ts'
import { lineOf } from './kind.ts'
import type { Place } from './place.ts'

/** Reads rows of JSON, a group in each turn of the event loop. Throws a Problem for none, or more than `max`. */
export async function readLines(groups: Lines['groups'], place: Place, max: number): Promise<readonly BillLine[]> {
  const lines: BillLine[] = []
  for await (const group of groups) {
    if (lines.length + group.length > max) throw UPLOADS.tooManyRows(max)
    lines.push(...group.map((line) => lineOf(jsonRow(line), (cells) => readBill(cells, place, WITH_POINT))))
  }
  if (lines.length === 0) throw UPLOADS.noRows()
  return lines
}
