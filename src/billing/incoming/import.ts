import { plainText } from '../../base/plain-text.ts'
import { present } from '../../base/unknown.ts'
import type { Transaction } from '../../db/database.ts'
import { nameSpace } from '../../tmf/declaration/own-names.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import type { View } from '../../tmf/view.ts'
import { knownPayments, unmatchedPayments } from '../payments/known-payments.ts'
import { payAll } from '../payments/payment.ts'
import { type IncomingRow, rowHash } from './incoming.ts'
import { type Match, matchRows, type TooFine } from './match.ts'
import { type NewUnmatched, storeUnmatched } from './store.ts'

/** The fate of a row: the payment or the unmatched payment that it made, now or before, and in which currency. */
export type Imported =
  | {
      readonly status: 'created' | 'unmatched' | 'duplicate' | 'conflict'
      readonly id: string
      /** Of what it made now. */
      readonly currency?: string
    }
  | ({ readonly status: 'refused'; readonly id?: undefined } & TooFine)

export interface ImportOptions {
  /** Stores nothing; the fates are the same. */
  readonly isDry: boolean
}

interface Placed {
  readonly place: number
  readonly row: IncomingRow
  readonly hash: string
}

/**
 * Imports rows together: each makes a payment of the account that it names, or else an unmatched payment for a person.
 * A row is known by its reference, so that it is done once however often it comes.
 */
export async function importPayments(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  rows: readonly IncomingRow[],
  options: ImportOptions
): Promise<readonly Imported[]> {
  const all = rows.map((row, place): Placed => ({ place, row, hash: rowHash(row) }))
  const outcomes: Imported[] = []
  const unknown = await withoutKnown(tx, view, all, outcomes)
  const matches = await matchRows(
    tx,
    view,
    unknown.map(({ row }) => row)
  )
  const good = unknown.flatMap((one, at): readonly Matched[] => {
    const match = present(matches[at], 'the match of each row')
    if (!('tooFineFor' in match)) return [{ ...one, match }]
    outcomes[one.place] = { status: 'refused', ...match }
    return []
  })
  const firsts = new Map<string, Matched>()
  for (const one of good) {
    const key = plainText(one.row.reference)
    if (!firsts.has(key)) firsts.set(key, one)
  }
  const matched = [...firsts.values()]
  await takeMatched(tx, context, view, matched, { ...options, outcomes })
  await takeUnmatched(tx, context, view, matched, { ...options, outcomes })
  // Rows of the same reference as one before.
  return all.map(({ place, row, hash }) => {
    const own = outcomes[place]
    if (own) return own
    const first = present(firsts.get(plainText(row.reference)), 'the first row of the reference')
    const outcome = present(outcomes[first.place], 'the outcome of each row')
    if (outcome.status === 'conflict' || outcome.status === 'refused') return outcome
    return { status: first.hash === hash ? 'duplicate' : 'conflict', id: outcome.id }
  })
}

/** Returns the rows whose references are new, and notes the outcomes of the others. */
async function withoutKnown(
  tx: Transaction,
  view: View,
  rows: readonly Placed[],
  outcomes: Imported[]
): Promise<readonly Placed[]> {
  const references = rows.map(({ row }) => row.reference)
  const payments = await knownPayments(tx, view.tenantId, nameSpace(view), references)
  const unmatched = await unmatchedPayments(tx, view.tenantId, nameSpace(view), references)
  return rows.filter(({ place, hash }, at) => {
    const known = payments.get(at) ?? unmatched.get(at)
    if (!known) return true
    outcomes[place] = { status: known.contentHash === hash ? 'duplicate' : 'conflict', id: known.id }
    return false
  })
}

type Matched = Placed & { readonly match: Exclude<Match, TooFine> }

interface Taking extends ImportOptions {
  readonly outcomes: Imported[]
}

async function takeMatched(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  rows: readonly Matched[],
  { isDry, outcomes }: Taking
): Promise<void> {
  const taken = rows.flatMap(({ place, row, hash, match }) => {
    if ('reason' in match) return []
    const { account, billIds, currency: unit } = match
    const { method, reference, valueDate } = row
    const amount = { unit, value: Number(row.amount) }
    const own = { reference, nameSpace: nameSpace(view), valueDate, rowHash: hash, isLenient: true }
    return [{ place, payment: { account, receipt: { amount, method, billIds, ...own } } }]
  })
  const payments = taken.map(({ payment }) => payment)
  const results = isDry
    ? payments.map(() => ({ id: context.newId(), isNew: true }))
    : await payAll(tx, context, payments)
  for (const [at, { place, payment }] of taken.entries()) {
    const result = present(results[at], 'the outcome of each payment')
    const { unit: currency } = payment.receipt.amount
    if ('id' in result) outcomes[place] = { status: result.isNew ? 'created' : 'duplicate', id: result.id, currency }
    else if (result.knownId === undefined) throw result.problem
    else outcomes[place] = { status: 'conflict', id: result.knownId }
  }
}

async function takeUnmatched(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  rows: readonly Matched[],
  { isDry, outcomes }: Taking
): Promise<void> {
  const found = rows.flatMap(({ place, row, hash, match }): readonly (NewUnmatched & { readonly place: number })[] => {
    if (!('reason' in match)) return []
    return [{ place, id: context.newId(), row, hash, reason: match.reason }]
  })
  const stored = isDry
    ? new Set(found.map(({ id }) => id))
    : await storeUnmatched(tx, context, view, found, context.clock())
  for (const { place, id } of found) if (stored.has(id)) outcomes[place] = { status: 'unmatched', id }
  // Another import stored them meanwhile.
  const late = rows.filter(({ place }) => outcomes[place] === undefined)
  if (late.length > 0) await withoutKnown(tx, view, late, outcomes)
}
