import { referents } from '../accounts/lookup.ts'
import { present } from '../base/unknown.ts'
import { issueManyForeign } from '../billing/issuing/issue-foreign.ts'
import type { Transaction } from '../db/database.ts'
import { type Bill, customerBill } from '../resources/customer-bill.ts'
import { insertRows } from '../tmf/bulk/insert.ts'
import { recordCreation } from '../tmf/bulk/rows.ts'
import type { Written } from '../tmf/declaration/resource.ts'
import { recordEvents } from '../tmf/event.ts'
import { resolved } from '../tmf/references.ts'
import { stamp, type WriteContext } from '../tmf/write.ts'
import { type Accounts, type BillLine, type Draft, judge, knownResult } from './judge.ts'
import type { Result, Stored, StoreOptions } from './kind.ts'
import { claimKeys, knownRows } from './known-rows.ts'
import type { Place } from './place.ts'

/** Bills written in one statement. */
const SLICE_ROWS = 1_000

export function isStored({ status }: Result): boolean {
  return status === 'created' || status === 'duplicate'
}

/**
 * Stores the rows of an upload together: each makes a bill of another system with state `sent`, in the ledger if its
 * account is of this service, with its event; one row of the audit tells of all. A row that made a bill before makes no
 * other, however late it comes again. With `isStrict` one row that is not stored keeps all others from it; then the
 * transaction must be rolled back.
 */
export async function storeBills(
  tx: Transaction,
  context: WriteContext,
  place: Place,
  lines: readonly BillLine[],
  { isStrict }: Pick<StoreOptions, 'isStrict'>
): Promise<Stored> {
  const { drafts, results, accounts } = await judge(tx, context, place, lines)
  if (isStrict && !results.every(isStored))
    return { results: inOrder(results, drafts.map(notStored)), amounts: new Map() }
  const claimed = await claimKeys(tx, context.view, drafts)
  const created = drafts.filter(({ billId }) => claimed.has(billId))
  const others = await lateResults(
    tx,
    context,
    drafts.filter(({ billId }) => !claimed.has(billId))
  )
  if (isStrict && !others.every(isStored))
    return { results: inOrder(results, others, created.map(notStored)), amounts: new Map() }
  await write(tx, context, created, accounts)
  return {
    results: inOrder(
      results,
      others,
      created.map(({ line, billId: id }): Result => ({ line, status: 'created', id }))
    ),
    amounts: new Map(created.map(({ line, amount }) => [line, amount]))
  }
}

function inOrder(...results: readonly (readonly Result[])[]): readonly Result[] {
  return results.flat().sort((a, b) => a.line - b.line)
}

function notStored({ line }: Draft): Result {
  return { line, status: 'notStored' }
}

/** Returns the results of rows whose keys were taken after they had been looked for. */
async function lateResults(
  tx: Transaction,
  { view }: WriteContext,
  drafts: readonly Draft[]
): Promise<readonly Result[]> {
  const known = await knownRows(tx, view, drafts)
  return drafts.map((draft, at) => knownResult(draft, present(known.get(at), 'the row that took the key')))
}

async function write(
  tx: Transaction,
  context: WriteContext,
  drafts: readonly Draft[],
  accounts: Accounts
): Promise<void> {
  if (drafts.length === 0) return
  const now = context.clock()
  const found = referents(accounts)
  const named = { ...context, resolvers: new Map([['BillingAccountRef', async () => found]]) }
  const bills: Written<Bill>[] = []
  for (let at = 0; at < drafts.length; at += SLICE_ROWS) {
    const slice = await Promise.all(
      drafts.slice(at, at + SLICE_ROWS).map(async ({ billId: id, document }) => {
        const whole = await resolved(tx, named, customerBill, document)
        return { id, document: { ...whole, ...stamp(customerBill, now) } }
      })
    )
    await insertRows(tx, context.view, customerBill, slice)
    const ids = slice.map(({ id }) => id)
    await recordEvents(tx, context, customerBill, 'created', ids, now)
    bills.push(...slice)
  }
  await issueManyForeign(tx, context, bills)
  await recordCreation(
    tx,
    context,
    customerBill,
    bills.map(({ id }) => id)
  )
}
