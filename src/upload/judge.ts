import { namedAccounts } from '../accounts/lookup.ts'
import type { Transaction } from '../db/database.ts'
import { FIELDS } from '../messages/field.ts'
import type { Document } from '../tmf/declaration/resource.ts'
import type { WriteContext } from '../tmf/write.ts'
import { type BillDates, billDates, billDocument } from './bill-document.ts'
import { type BillRow, hashOf, keyOf, placeFaults, type RowKey } from './bill-row.ts'
import { type RowFault, rowFault } from './file/row.ts'
import type { Amount, Line, Result } from './kind.ts'
import { type KnownRow, knownRows, type NewRow } from './known-rows.ts'
import type { Place } from './place.ts'

export interface PreparedRow {
  readonly row: BillRow
  readonly key: RowKey
  readonly contentHash: string
  readonly dates: BillDates
}

/** Computes what takes long, before the transaction. */
export function prepared(row: BillRow, { at }: Place): PreparedRow {
  return { row, key: keyOf(row), contentHash: hashOf(row), dates: billDates(row, at) }
}

export type BillLine = Line<PreparedRow>

/** A row that becomes a bill unless its key is taken meanwhile. */
export interface Draft extends NewRow {
  readonly line: number
  readonly amount: Amount
  readonly document: Document
}

export type Accounts = Awaited<ReturnType<typeof namedAccounts>>

export interface Judged {
  readonly drafts: readonly Draft[]
  /** Of all other rows. */
  readonly results: readonly Result[]
  /** The accounts of this service that rows name, by the names in the rows. */
  readonly accounts: Accounts
}

/** Holds rows against the tenant's calendar, their accounts, and the rows that made bills before. */
export async function judge(
  tx: Transaction,
  { view, newId }: WriteContext,
  place: Place,
  lines: readonly BillLine[]
): Promise<Judged> {
  const readable = lines.flatMap((line) => ('content' in line ? [{ line: line.line, ...line.content }] : []))
  const known = await knownRows(
    tx,
    view,
    readable.map(({ key }) => key)
  )
  const accounts = await namedAccounts(tx, view, [...new Set(readable.map(({ row }) => row.accountNumber))])
  const drafts: Draft[] = []
  const results = lines.flatMap((line) => ('faults' in line ? [refused(line.line, line.faults)] : []))
  for (const [at, { line, row, key, contentHash, dates }] of readable.entries()) {
    const currency = row.currency ?? accounts.get(row.accountNumber)?.invoiceCurrency ?? place.currency
    const before = known.get(at)
    const faults = before ? [] : placeFaults(row, place, currency)
    if (before) results.push(knownResult({ line, contentHash }, before))
    else if (faults.length > 0) results.push(refused(line, faults))
    else {
      const billId = newId()
      const document = billDocument(row, dates, { currency, id: billId, documentId: newId() })
      drafts.push({ line, ...key, contentHash, billId, amount: { unit: currency, value: row.amount }, document })
    }
  }
  return { drafts, results, accounts }
}

function refused(line: number, errors: readonly RowFault[]): Result {
  return { line, status: 'refused', errors }
}

/** Returns the result of a row whose key made a bill before. */
export function knownResult({ line, contentHash }: Pick<Draft, 'line' | 'contentHash'>, known: KnownRow): Result {
  const { billId: id } = known
  if (known.contentHash === contentHash) return { line, status: 'duplicate', id }
  return { line, status: 'conflict', id, errors: [rowFault(FIELDS.otherContent(id))] }
}
