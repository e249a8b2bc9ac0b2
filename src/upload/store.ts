import { type NamedAccount, namedAccounts } from '../accounts/lookup.ts'
import { present } from '../base/unknown.ts'
import { holdOffAccounts, postNewForeign } from '../billing/issuing/issue-foreign.ts'
import { keepLetterhead } from '../billing/issuing/keep-letterhead.ts'
import type { Transaction } from '../db/database.ts'
import { lockBalances } from '../ledger/balance.ts'
import { customerBill, ISSUED_STATES } from '../resources/customer-bill.ts'
import { recordCreation } from '../tmf/bulk/rows.ts'
import type { WriteContext } from '../tmf/write.ts'
import { keyText } from './bill-row.ts'
import { drafted } from './draft.ts'
import { insertBills } from './insert-bills.ts'
import { type BillLine, type FoundRow, foundRows, type Judged, judge, type MetRow } from './judge.ts'
import type { Result, Stored, StoreOptions } from './kind.ts'
import { type KnownRow, knownRows } from './known-rows.ts'
import { meetRows } from './meet.ts'
import { createAccounts } from './new-accounts.ts'
import type { Place } from './place.ts'

export function isStored({ status }: Result): boolean {
  return status === 'created' || status === 'replaced' || status === 'duplicate'
}

/**
 * Stores the rows of an upload together: each makes a bill of another system in the state asked for, issued unless that
 * is `new`, with its event; one row of the audit tells of all. A row that made a bill before makes no other, however
 * late it comes again. With `isStrict` one row that is not stored keeps all others from it; then the transaction must
 * be rolled back, and always if `isDry`, which takes no locks that others wait for.
 */
export async function storeBills(
  tx: Transaction,
  context: WriteContext,
  place: Place,
  lines: readonly BillLine[],
  options: StoreOptions
): Promise<Stored> {
  const accounts = await accountsOf(tx, context, place, lines, options)
  const isClaimed = !options.isDry && !options.isStrict && place.unknownAccounts !== 'create'
  const judged = await judge(tx, context.view, place, foundRows(lines, accounts, place), {
    isClaimed,
    past: options.past
  })
  const { fresh, refused } = await withAccounts(tx, context, place, judged, options)
  const { met } = judged
  const faulty = lines.flatMap((line): readonly Result[] =>
    'faults' in line ? [{ line: line.line, status: 'refused', errors: line.faults }] : []
  )
  const bad = [...faulty, ...refused]
  if (options.isStrict && bad.length > 0) {
    const known = await meetRows(tx, context, place, met, { ...options, isDry: true })
    return noneStored([...bad, ...known], fresh)
  }
  const { ids, late } = options.isDry ? claimDry(fresh, context.newId) : await create(tx, context, fresh, options)
  const known = await meetRows(tx, context, place, [...met, ...late], options)
  const made = fresh.flatMap((row) => {
    const id = ids.get(row.line)
    return id === undefined ? [] : [{ ...row, id }]
  })
  if (options.isStrict && !known.every(isStored)) return noneStored(known, made)
  const created = made.map(({ line, id }): Result => ({ line, status: 'created', id }))
  const amounts = new Map(made.map(({ line, row, currency }) => [line, { unit: currency, value: row.amount }]))
  return { results: inOrder([...bad, ...known, ...created]), amounts }
}

/** Returns the results of a strict upload of which nothing is stored; `fresh` rows would have been. */
function noneStored(others: readonly Result[], fresh: readonly Pick<FoundRow, 'line'>[]): Stored {
  const replaced = others.filter(({ status }) => status === 'replaced')
  const notStored = [...fresh, ...replaced].map(({ line }): Result => ({ line, status: 'notStored' }))
  return {
    results: inOrder([...others.filter(({ status }) => status !== 'replaced'), ...notStored]),
    amounts: new Map()
  }
}

function inOrder(results: readonly Result[]): readonly Result[] {
  return results.toSorted((a, b) => a.line - b.line)
}

/** Finds the accounts of this service that rows name, by the names in the rows. */
async function accountsOf(
  tx: Transaction,
  { view }: WriteContext,
  { unknownAccounts }: Place,
  lines: readonly BillLine[],
  { state, isDry }: StoreOptions
): Promise<ReadonlyMap<string, NamedAccount>> {
  const names = [...new Set(lines.flatMap((line) => ('content' in line ? [line.content.row.accountNumber] : [])))]
  const mayStayUnknown = unknownAccounts === 'accept' && isIssued(state) && !isDry
  if (mayStayUnknown) await holdOffAccounts(tx, view.tenantId, names, 'shared')
  return namedAccounts(tx, view, names)
}

/** Creates accounts for rows without, if the tenant says so; refuses rows for which there can be none. */
async function withAccounts(
  tx: Transaction,
  context: WriteContext,
  place: Place,
  { fresh, refused }: Judged,
  { isDry }: StoreOptions
): Promise<Pick<Judged, 'fresh' | 'refused'>> {
  if (place.unknownAccounts !== 'create') return { fresh, refused }
  const unknown = fresh.filter(({ account }) => !account)
  const { accounts, faults } = await createAccounts(tx, context, place, unknown, isDry)
  const bad = unknown.flatMap(({ line, row }): readonly Result[] => {
    const errors = faults.get(row.accountNumber)
    return errors ? [{ line, status: 'refused', errors }] : []
  })
  const sound = fresh
    .filter(({ account, row }) => account || !faults.has(row.accountNumber))
    .map((one) => ({ ...one, account: one.account ?? accounts.get(one.row.accountNumber) }))
  return { fresh: sound, refused: [...refused, ...bad] }
}

function isIssued(state: string): boolean {
  return ISSUED_STATES.includes(state)
}

interface Claimed {
  /** Of the new bills, by line. */
  readonly ids: ReadonlyMap<number, string>
  /** Rows whose keys were taken after they had been looked for, maybe by rows of the same upload. */
  readonly late: readonly MetRow[]
}

/** Stores rows whose keys are free. */
async function create(
  tx: Transaction,
  context: WriteContext,
  rows: readonly FoundRow[],
  { state }: StoreOptions
): Promise<Claimed> {
  if (rows.length === 0) return { ids: new Map(), late: [] }
  const { view, clock, newId } = context
  const own = isIssued(state) ? rows.filter(({ account }) => account && account.partnerId === view.partnerId) : []
  const keys = own.flatMap(({ account, currency }) => (account ? [{ billingAccountId: account.id, currency }] : []))
  // Before the letterhead and the keys, for which others may wait: nobody waits for a balance who has these.
  const balances = own.length > 0 ? await lockBalances(tx, view.tenantId, keys) : []
  const now = clock()
  const letterheadId = isIssued(state) ? await keepLetterhead(tx, view.tenantId, now) : undefined
  const drafts = rows.map((row) => drafted(row, { newId, state, now }))
  const inserted = await insertBills(tx, context, drafts, { state, now, letterheadId })
  const made = drafts.filter(({ billId }) => inserted.has(billId))
  const ids = new Map(made.map(({ line, billId }) => [line, billId]))
  const posted = own.flatMap(({ line }) => ids.get(line) ?? [])
  if (posted.length > 0) await postNewForeign(tx, context, posted, balances)
  await recordCreation(tx, context, customerBill, [...ids.values()])
  const others = rows.filter(({ line }) => !ids.has(line))
  const known = await knownRows(
    tx,
    view,
    others.map(({ key }) => key)
  )
  return {
    ids,
    late: others.map((row, at) => ({ row, known: present(known.get(at), 'the row that took the key') }))
  }
}

/** Decides as `create` does, as if nobody else claimed keys. */
function claimDry(rows: readonly FoundRow[], newId: () => string): Claimed {
  const claimed = new Map<string, KnownRow>()
  const ids = new Map<number, string>()
  const late: MetRow[] = []
  for (const row of rows) {
    const key = keyText(row.key)
    const known = claimed.get(key)
    if (known) late.push({ row, known })
    else {
      const billId = newId()
      ids.set(row.line, billId)
      claimed.set(key, { billId, contentHash: row.contentHash, dryLine: row.line })
    }
  }
  return { ids, late }
}
