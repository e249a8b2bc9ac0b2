import { newId } from '../../src/base/ulid.ts'
import { catalogue } from '../../src/billing/catalogue.ts'
import type { Transaction } from '../../src/db/database.ts'
import { readBillRow } from '../../src/upload/bill-row.ts'
import { WITH_POINT } from '../../src/upload/cells.ts'
import { type BillLine, prepared } from '../../src/upload/judge.ts'
import type { Stored, StoreOptions } from '../../src/upload/kind.ts'
import { placeOf } from '../../src/upload/place.ts'
import { storeBills } from '../../src/upload/store.ts'
import { AUTHOR } from '../billing/ledger-world.ts'
import { TENANT, type TestDatabase } from '../support/database.ts'

export const USUAL: StoreOptions = {
  isStrict: false,
  isDry: false,
  state: 'sent',
  onConflict: 'refuse',
  past: 'refuse'
}

const UNDONE = new Error('undone')

/** Stores rows as the part of an upload. One that is dry, or strict with a row that is not stored, is rolled back. */
export async function storeRows(
  { database }: Pick<TestDatabase, 'database'>,
  rows: readonly object[],
  more: Partial<StoreOptions> = {},
  partnerId?: string,
  meanwhile: (tx: Transaction) => Promise<void> = async () => undefined
): Promise<Stored> {
  const options = { ...USUAL, ...more }
  const view = { tenantId: TENANT, ...(partnerId !== undefined && { partnerId }) }
  const place = await placeOf(database, TENANT, database.clock())
  const lines = rows.map((cells, at): BillLine => {
    const read = readBillRow({ ...cells }, WITH_POINT)
    return 'faults' in read ? { line: at + 1, ...read } : { line: at + 1, content: prepared(read.row, place) }
  })
  let stored: Stored = { results: [], amounts: new Map() }
  const context = { view, author: AUTHOR, clock: database.clock, newId, resources: catalogue }
  try {
    await database.transaction(async (tx) => {
      stored = await storeBills(tx, context, place, lines, options)
      await meanwhile(tx)
      if (options.isDry || (options.isStrict && stored.results.some(({ status }) => BAD.includes(status)))) throw UNDONE
    })
  } catch (error) {
    if (error !== UNDONE) throw error
  }
  return stored
}

const BAD: readonly string[] = ['conflict', 'refused', 'notStored']

/** Writes results in short: `created`, or `refused: amount must be more than 0`. */
export function told({ results }: Stored): readonly string[] {
  return results.map((result) =>
    'errors' in result
      ? `${result.status}: ${result.errors.map(({ column = '', message }) => `${column} ${message}`.trim()).join()}`
      : result.status
  )
}
