import { trimScale } from '../../base/money.ts'
import type { Queryable, Row } from '../../db/database.ts'
import { count, decimal, instant, integer, oneOf, optional, rowOf, scalar, text } from '../../db/row.ts'
import { asPrepared, prepared, type Sql, sql } from '../../db/sql.ts'
import { moneyOf, objectOf } from '../../http/json.ts'
import type { PageOf, Range } from '../../tmf/query/list-query.ts'
import { ownedBy, type View } from '../../tmf/view.ts'
import type { Guess } from './guesses.ts'
import { TYPES } from './incoming.ts'

export const STATES = ['open', 'assigned', 'dismissed'] as const

export interface Roots {
  readonly billing: string
  readonly api: string
}

const UNMATCHED = rowOf(
  'unmatched_payment',
  {
    id: text,
    version: integer,
    partnerId: optional(text),
    createdAt: instant,
    lastUpdate: instant,
    state: oneOf(STATES),
    type: oneOf(TYPES),
    amount: decimal,
    currency: optional(text),
    method: text,
    valueDate: text,
    reference: text,
    contentHash: text,
    reason: text,
    reasonCode: text,
    accountNumber: optional(text),
    billNo: optional(text),
    creditorReference: optional(text),
    remittance: optional(text),
    debtorName: optional(text),
    debtorAccount: optional(text),
    bankAccount: optional(text),
    paymentId: optional(text),
    dismissalReason: optional(text)
  },
  'u'
)

export type StoredUnmatched = ReturnType<typeof UNMATCHED.read>

/** Selects a page of the unmatched payments of a view, the oldest first, and counts all. */
export async function listUnmatched(
  queryable: Queryable,
  view: View,
  states: readonly string[],
  { offset, limit }: Range
): Promise<PageOf<StoredUnmatched>> {
  const where = sql`${ownedBy(view, 'u')} AND u."state" = ANY(${states}::text[])`
  const { rows } = await queryable.run(sql`SELECT ${UNMATCHED.columns} FROM "unmatched_payment" u WHERE ${where}
    ORDER BY u."id" LIMIT ${limit} OFFSET ${offset}`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "unmatched_payment" u WHERE ${where}`)
  return { rows: rows.map(UNMATCHED.read), total: scalar(counted, count) }
}

/** Returns an unmatched payment of a view; with `isLocked` until the end of the transaction. */
export async function findUnmatched(
  queryable: Queryable,
  view: View,
  id: string,
  isLocked = false
): Promise<StoredUnmatched | undefined> {
  const found = select(sql`${ownedBy(view, 'u')} AND u."id" = ${id}`)
  const { rows } = await queryable.run(isLocked ? prepared`${found} FOR UPDATE` : asPrepared(found))
  return rows.map(UNMATCHED.read)[0]
}

function select(where: Sql): Sql {
  return sql`SELECT ${UNMATCHED.columns} FROM "unmatched_payment" u WHERE ${where}`
}

/** Reads unmatched payments of a view as documents without guesses, by their ids. */
export async function readUnmatched(
  queryable: Queryable,
  view: View,
  ids: readonly string[],
  roots: Roots
): Promise<readonly { readonly id: string; readonly json: string }[]> {
  const these = select(sql`${ownedBy(view, 'u')} AND u."id" = ANY(${ids}::text[])`)
  const { rows } = await queryable.run(prepared`${these} ORDER BY u."id"`)
  return rows.map((row: Row) => {
    const unmatched = UNMATCHED.read(row)
    return { id: unmatched.id, json: writeUnmatched(unmatched, roots) }
  })
}

/** Writes an unmatched payment, with guesses if there are any. */
export function writeUnmatched(unmatched: StoredUnmatched, roots: Roots, guesses?: readonly Guess[]): string {
  const { id, currency, debtorName, debtorAccount, paymentId } = unmatched
  const text = (value: string | undefined) => (value === undefined ? undefined : JSON.stringify(value))
  const hasDebtor = debtorName !== undefined || debtorAccount !== undefined
  return objectOf({
    id: text(id),
    href: text(`${roots.billing}/unmatchedPayment/${id}`),
    state: text(unmatched.state),
    type: text(unmatched.type),
    amount: objectOf({ unit: text(currency), value: trimScale(unmatched.amount) }),
    method: text(unmatched.method),
    valueDate: text(unmatched.valueDate),
    reference: text(unmatched.reference),
    reason: text(unmatched.reason),
    reasonCode: text(unmatched.reasonCode),
    accountNumber: text(unmatched.accountNumber),
    billNo: text(unmatched.billNo),
    creditorReference: text(unmatched.creditorReference),
    text: text(unmatched.remittance),
    debtor: hasDebtor ? objectOf({ name: text(debtorName), account: text(debtorAccount) }) : undefined,
    bankAccount: text(unmatched.bankAccount),
    createdAt: text(unmatched.createdAt),
    lastUpdate: text(unmatched.lastUpdate),
    payment: paymentId && JSON.stringify({ id: paymentId, href: `${roots.billing}/payment/${paymentId}` }),
    dismissalReason: text(unmatched.dismissalReason),
    guesses: guesses?.[0] && `[${guesses.map((guess) => writeGuess(guess, roots)).join()}]`
  })
}

function writeGuess({ account, bill, reasons }: Guess, { api }: Roots): string {
  const { id, name } = account
  return objectOf({
    billingAccount: JSON.stringify({ id, href: `${api}/accounts/${encodeURIComponent(id)}`, name }),
    bill: bill && JSON.stringify({ id: bill.id, href: `${api}/customerBill/${bill.id}`, billNo: bill.billNo }),
    remainingAmount: bill?.open && bill.currency ? moneyOf(bill.currency, bill.open) : undefined,
    reasons: JSON.stringify(reasons.map(({ code: reasonCode, text: reason }) => ({ reason, reasonCode })))
  })
}
