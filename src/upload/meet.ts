import type { Transaction } from '../db/database.ts'
import { FIELDS } from '../messages/field.ts'
import type { WriteContext } from '../tmf/write.ts'
import { placeFaults } from './bill-row.ts'
import { drafted } from './draft.ts'
import { type RowFault, rowFault } from './file/row.ts'
import type { FoundRow, MetRow } from './judge.ts'
import type { Result, StoreOptions } from './kind.ts'
import type { Place } from './place.ts'
import { type Replaceable, replaceable, replaceBills } from './replace.ts'

/** A row of a known key that the present content of its bill decides about. */
interface Decided {
  readonly result: Result
  readonly met: MetRow
}

/**
 * Decides about rows whose keys made bills before, in their order, and with `onConflict=replace` replaces the content
 * of bills that are not issued. With `isDry` it only decides.
 */
export async function meetRows(
  tx: Transaction,
  context: WriteContext,
  place: Place,
  met: readonly MetRow[],
  { onConflict, isDry, state, past }: StoreOptions
): Promise<readonly Result[]> {
  const others = met.filter(({ row, known }) => row.contentHash !== known.contentHash)
  const isReplacing = onConflict === 'replace' && others.length > 0
  const ids = isReplacing ? [...new Set(met.map(({ known }) => known.billId))] : []
  const bills = await replaceable(tx, context, ids, isDry)
  const hashes = new Map<string, string>()
  const decided = met
    .toSorted((a, b) => a.row.line - b.row.line)
    .map((one): Decided => {
      const { billId } = one.known
      const present = hashes.get(billId) ?? bills.get(billId)?.contentHash ?? one.known.contentHash
      const isOpen = bills.has(billId) || (isReplacing && isDry && one.known.dryLine !== undefined && state === 'new')
      const result = resultOf(
        one,
        present,
        isOpen ? (row) => placeFaults(row.row, place, row.currency, past) : undefined
      )
      if (result.status === 'replaced') hashes.set(billId, one.row.contentHash)
      return { result, met: one }
    })
  if (!isDry) await replace(tx, context, decided, bills)
  return decided.map(({ result }) => result)
}

/** `faultsOf` is there while the bill may get other content. */
function resultOf(
  { row, known }: MetRow,
  contentHash: string,
  faultsOf: ((row: FoundRow) => readonly RowFault[]) | undefined
): Result {
  const { line } = row
  const { billId: id, dryLine } = known
  if (row.contentHash === contentHash) return { line, status: 'duplicate', id }
  const fault = dryLine === undefined ? FIELDS.otherContent(id) : FIELDS.otherContentOfRow(dryLine)
  if (!faultsOf) return { line, status: 'conflict', id, errors: [rowFault(fault)] }
  const errors = faultsOf(row)
  return errors.length > 0 ? { line, status: 'refused', errors } : { line, status: 'replaced', id }
}

/** Of several rows for a bill the last one counts. */
async function replace(
  tx: Transaction,
  context: WriteContext,
  decided: readonly Decided[],
  before: ReadonlyMap<string, Replaceable>
): Promise<void> {
  const now = context.clock()
  const last = new Map(
    decided
      .filter(({ result }) => result.status === 'replaced')
      .map(({ met: { row, known } }) => {
        const state = before.get(known.billId)?.document.state ?? 'new'
        return [known.billId, drafted(row, { newId: context.newId, state, now, billId: known.billId })]
      })
  )
  await replaceBills(tx, context, [...last.values()], before)
}
