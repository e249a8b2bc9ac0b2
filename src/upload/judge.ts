import type { NamedAccount } from '../accounts/lookup.ts'
import type { Queryable } from '../db/database.ts'
import { FIELDS } from '../messages/field.ts'
import type { Owner } from '../tmf/declaration/resource.ts'
import { ACCOUNT_NUMBER, type BillRow, hashOf, keyOf, placeFaults, type RowKey } from './bill-row.ts'
import { type BillDates, billDates } from './bill-text.ts'
import { type RowFault, rowFault } from './file/row.ts'
import type { Line, Result, StoreOptions } from './kind.ts'
import { type KnownRow, knownRows } from './known-rows.ts'
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

/** A row, the account of this service that it names, if any, and its currency. */
export interface FoundRow extends PreparedRow {
  readonly line: number
  readonly account: NamedAccount | undefined
  readonly currency: string
}

/** A row of a key that made a bill before. */
export interface MetRow {
  readonly row: FoundRow
  readonly known: KnownRow
}

export interface Judged {
  readonly refused: readonly Result[]
  readonly met: readonly MetRow[]
  /** Rows that become bills, unless their keys are taken meanwhile. */
  readonly fresh: readonly FoundRow[]
}

export function foundRows(
  lines: readonly BillLine[],
  accounts: ReadonlyMap<string, NamedAccount>,
  place: Place
): readonly FoundRow[] {
  return lines.flatMap((line) => {
    if ('faults' in line) return []
    const { content } = line
    const account = accounts.get(content.row.accountNumber)
    const currency = content.row.currency ?? account?.invoiceCurrency ?? place.currency
    return [{ ...content, line: line.line, account, currency }]
  })
}

/**
 * Holds rows against the tenant's calendar and numbers, and against the rows that made bills before. `isClaimed` says
 * that the keys of fresh rows will be claimed before anything depends on them.
 */
export async function judge(
  queryable: Queryable,
  owner: Owner,
  place: Place,
  rows: readonly FoundRow[],
  { isClaimed, past }: { readonly isClaimed: boolean } & Pick<StoreOptions, 'past'>
): Promise<Judged> {
  const faults = rows.map((row) => [...placeFaults(row.row, place, row.currency, past), ...accountFaults(row, place)])
  const known = isClaimed
    ? await knownAmong(queryable, owner, rows, faults)
    : await find(queryable, owner, rows, [...rows.keys()])
  const [refused, met, fresh]: [Result[], MetRow[], FoundRow[]] = [[], [], []]
  for (const [at, row] of rows.entries()) {
    const [before, errors = []] = [known.get(at), faults[at]]
    if (before) met.push({ row, known: before })
    else if (errors.length > 0) refused.push({ line: row.line, status: 'refused', errors })
    else fresh.push(row)
  }
  return { refused, met, fresh }
}

function accountFaults({ row, account }: FoundRow, { unknownAccounts }: Place): readonly RowFault[] {
  if (account || unknownAccounts !== 'refuse') return []
  return [rowFault(FIELDS.unknownAccount(), ACCOUNT_NUMBER.name, row.accountNumber)]
}

/**
 * Finds rows of known keys, by their places: all of them, if one at an end is known or has a fault, as in a file that
 * comes again. Else only a few can be known, and claiming their keys finds these.
 */
async function knownAmong(
  queryable: Queryable,
  owner: Owner,
  rows: readonly FoundRow[],
  faults: readonly (readonly RowFault[])[]
): Promise<ReadonlyMap<number, KnownRow>> {
  const places = rows.flatMap((_, at) => (at === 0 || at === rows.length - 1 || faults[at]?.length ? [at] : []))
  const some = await find(queryable, owner, rows, places)
  return some.size === 0 ? some : find(queryable, owner, rows, [...rows.keys()])
}

async function find(
  queryable: Queryable,
  owner: Owner,
  rows: readonly FoundRow[],
  places: readonly number[]
): Promise<ReadonlyMap<number, KnownRow>> {
  const keys = places.flatMap((place) => rows[place]?.key ?? [])
  const known = await knownRows(queryable, owner, keys)
  return new Map([...known].map(([at, row]) => [places[at] ?? at, row]))
}
