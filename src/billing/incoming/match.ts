import { type Account, accountsById, namedAccounts } from '../../accounts/lookup.ts'
import { coresOfReference } from '../../base/creditor-reference.ts'
import { compareDecimals, isInMinorUnits } from '../../base/money.ts'
import type { Queryable } from '../../db/database.ts'
import type { Reason } from '../../messages/message.ts'
import { UNMATCHED } from '../../messages/unmatched.ts'
import type { View } from '../../tmf/view.ts'
import { billsByCore, billsByNumber, type FoundBill } from '../payments/bill-lookup.ts'
import type { IncomingRow } from './incoming.ts'
import { longest, type Phrase, type Remittance, readRemittance } from './remittance.ts'

/** A row with its account, and its bills if it names some; or why it has none. */
export type Match =
  | { readonly account: Account; readonly billIds: readonly string[] | undefined; readonly currency: string }
  | { readonly reason: Reason }
  | TooFine

/** The amount has parts of a minor unit of what it is for. */
export interface TooFine {
  readonly tooFineFor: string
}

/** Shorter numbers stand in texts for anything, such as a year. */
const SAFE_LENGTH = 6

type Asked = IncomingRow & { readonly remittance: Remittance }

/** All bills and accounts that rows name. */
interface Known {
  readonly byNumber: ReadonlyMap<string, readonly FoundBill[]>
  readonly byCore: ReadonlyMap<string, readonly FoundBill[]>
  readonly idsByName: ReadonlyMap<string, string>
  readonly accounts: ReadonlyMap<string, Account>
}

/**
 * Finds the account of each row: by its creditor reference, its bill number or its account number, or in its text by
 * the same, in this order. One that names several that do not fit together has none.
 */
export async function matchRows(
  queryable: Queryable,
  view: View,
  rows: readonly IncomingRow[]
): Promise<readonly Match[]> {
  const asked = rows.map((row): Asked => ({ ...row, remittance: readRemittance(row.text ?? '') }))
  const known = await lookUp(queryable, view, asked)
  return asked.map((row) => matchOf(row, known))
}

async function lookUp(queryable: Queryable, view: View, rows: readonly Asked[]): Promise<Known> {
  const phrases = rows.flatMap(({ remittance }) => remittance.phrases)
  const references = rows.flatMap((row) => [row.creditorReference ?? [], row.remittance.creditorReferences].flat())
  const cores = new Set([...references.flatMap(coresOfReference), ...phrases.map(({ core }) => core)])
  const numbers = new Set(rows.flatMap(({ billNo }) => billNo ?? []))
  const names = new Set([
    ...rows.flatMap(({ accountNumber }) => accountNumber ?? []),
    ...phrases.map(({ text }) => text)
  ])
  const byNumber = numbers.size > 0 ? await billsByNumber(queryable, view, [...numbers]) : []
  const byCore = cores.size > 0 ? await billsByCore(queryable, view, [...cores]) : []
  const named = names.size > 0 ? await namedAccounts(queryable, view, [...names]) : new Map()
  const idsByName = new Map<string, string>([...named].map(([name, { id }]) => [name, id]))
  const ids = [
    ...[...byNumber, ...byCore].flatMap(({ billingAccountId }) => billingAccountId ?? []),
    ...idsByName.values()
  ]
  return {
    byNumber: Map.groupBy(byNumber, ({ billNo }) => billNo),
    byCore: Map.groupBy(byCore, ({ core }) => core),
    idsByName,
    accounts: await accountsById(queryable, view, [...new Set(ids)])
  }
}

function matchOf(row: Asked, known: Known): Match {
  if (row.type === 'return') return { reason: UNMATCHED.returned() }
  const found = billsOf(row, known)
  if ('reason' in found) return found
  if (found.bills.length > 0) return ofBills(row, found.bills, known)
  const ids = accountIdsOf(row, known)
  if (ids.length > 1) return { reason: UNMATCHED.severalAccounts(ids) }
  const account = known.accounts.get(String(ids[0]))
  if (account) return ofAccount(row, account, undefined, account.invoiceCurrency)
  const said = row.creditorReference ?? row.billNo ?? row.accountNumber
  return { reason: said === undefined ? UNMATCHED.nothingNamed() : UNMATCHED.unknown(said) }
}

type Bills = { readonly bills: readonly FoundBill[] } | { readonly reason: Reason }

/** Each name must stand for one bill; several names may stand for several. The text counts if no column has a name. */
function billsOf(row: Asked, { byNumber, byCore }: Known): Bills {
  const byReference = (reference: string) =>
    unique(coresOfReference(reference).flatMap((core) => byCore.get(core) ?? []))
  const isSaid = row.billNo !== undefined || row.accountNumber !== undefined
  const phrases = isSaid ? [] : longest(row.remittance.phrases.filter(({ core }) => byCore.has(core)))
  const ways: readonly (readonly (readonly FoundBill[])[])[] = [
    row.creditorReference === undefined ? [] : [byReference(row.creditorReference)],
    row.billNo === undefined ? [] : [byNumber.get(row.billNo) ?? []],
    isSaid ? [] : row.remittance.creditorReferences.map(byReference),
    phrases.map(({ core }) => byCore.get(core) ?? []).filter((bills) => isSafe(bills, row))
  ]
  for (const way of ways) {
    const several = way.find((bills) => bills.length > 1)
    if (several) return { reason: UNMATCHED.severalBills(several.map(({ billNo }) => billNo)) }
    const bills = unique(way.flat())
    if (bills.length > 0) return { bills }
  }
  return { bills: [] }
}

function isSafe([bill]: readonly FoundBill[], { amount }: IncomingRow): boolean {
  if (!bill) return false
  return bill.core.length >= SAFE_LENGTH || (bill.open !== undefined && compareDecimals(bill.open, amount) === 0)
}

function accountIdsOf(row: Asked, { idsByName }: Known): readonly string[] {
  if (row.accountNumber !== undefined) return [idsByName.get(row.accountNumber) ?? []].flat()
  if (row.billNo !== undefined) return []
  const phrases = longest(row.remittance.phrases.filter((phrase) => isSafeName(phrase) && idsByName.has(phrase.text)))
  return [...new Set(phrases.flatMap(({ text }) => idsByName.get(text) ?? []))]
}

function isSafeName({ core }: Phrase): boolean {
  return core.length >= SAFE_LENGTH
}

function ofBills(row: IncomingRow, bills: readonly FoundBill[], { accounts }: Known): Match {
  const ids = [...new Set(bills.map(({ billingAccountId }) => String(billingAccountId)))]
  const numbers = bills.map(({ billNo }) => billNo)
  if (ids.length > 1) return { reason: UNMATCHED.severalBills(numbers) }
  const account = accounts.get(String(ids[0]))
  if (!account) return { reason: UNMATCHED.otherSystem(numbers) }
  const currency = bills[0]?.currency ?? account.invoiceCurrency
  return ofAccount(
    row,
    account,
    bills.map(({ id }) => id),
    currency
  )
}

function ofAccount(
  row: IncomingRow,
  account: Account,
  billIds: readonly string[] | undefined,
  ownCurrency: string
): Match {
  const { currency = ownCurrency } = row
  if (account.status === 'ARCHIVED') return { reason: UNMATCHED.archived(account.id) }
  if (currency !== ownCurrency) return { reason: UNMATCHED.otherCurrency(currency, ownCurrency) }
  if (!isInMinorUnits(row.amount, currency)) return { tooFineFor: currency }
  return { account, billIds, currency }
}

function unique(bills: readonly FoundBill[]): readonly FoundBill[] {
  return [...new Map(bills.map((bill) => [bill.id, bill])).values()]
}
