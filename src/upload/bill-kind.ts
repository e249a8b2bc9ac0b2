import { BILL_COLUMNS, keyText, readBillRow } from './bill-row.ts'
import type { Reading } from './cells.ts'
import type { Cells, RowFault } from './file/row.ts'
import { type PreparedRow, prepared } from './judge.ts'
import { uploadKind } from './kind.ts'
import type { Place } from './place.ts'
import { storeBills } from './store.ts'

/** Bills of other systems. */
export const billKind = uploadKind<PreparedRow>({
  name: 'bill',
  path: 'billUpload',
  scopes: { read: ['bill:read'], write: ['bill:write'] },
  columns: BILL_COLUMNS,
  makes: 'customerBill',
  takes: ['state', 'onConflict', 'past'],
  // Two wait for the database while one computes.
  lanes: 3,
  read: readBill,
  identity: ({ key, contentHash }) => ({ key: keyText(key), contentHash }),
  store: storeBills
})

export function readBill(
  cells: Cells,
  place: Place,
  reading: Reading
): { readonly content: PreparedRow } | { readonly faults: readonly RowFault[] } {
  const read = readBillRow(cells, reading)
  return 'faults' in read ? read : { content: prepared(read.row, place) }
}
