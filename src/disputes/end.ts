import { recordChange } from '../audit/record.ts'
import { compareDecimals } from '../base/money.ts'
import { recordDispute } from '../billing/disputes/events.ts'
import { DISPUTE_LINES, DISPUTE_STATES, type DisputeState, LINES_OF, OPENERS } from '../billing/disputes/list.ts'
import { useCredit } from '../billing/payments/credit.ts'
import { holdDisputed } from '../billing/payments/disputed-bills.ts'
import { lockBill } from '../corrections/bill.ts'
import { createCreditNote } from '../corrections/credit-note.ts'
import { namedAs } from '../corrections/known.ts'
import type { Way } from '../corrections/lines.ts'
import { readFigures } from '../corrections/submit.ts'
import type { Transaction } from '../db/database.ts'
import { computed, decimal, oneOf, optional, rowOf, text } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { lockBalances } from '../ledger/balance.ts'
import { DISPUTES } from '../messages/dispute.ts'
import { aboutName } from '../messages/problem.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { ownedBy, type View } from '../tmf/view.ts'

/** The states that may follow each. */
export const NEXT: Readonly<Record<DisputeState, readonly DisputeState[]>> = {
  acknowledged: ['inProgress', 'rejected', 'resolved', 'cancelled'],
  inProgress: ['rejected', 'resolved', 'cancelled'],
  rejected: [],
  resolved: [],
  cancelled: []
}

const STORED = rowOf(
  'dispute',
  {
    id: text,
    billId: text,
    billingAccountId: text,
    currency: text,
    amount: decimal,
    state: oneOf(DISPUTE_STATES),
    openedBy: oneOf(OPENERS),
    description: optional(text),
    lines: computed(DISPUTE_LINES, LINES_OF)
  },
  'd'
)
type Stored = ReturnType<typeof STORED.read>

/** How a dispute is resolved: with an answer, and by a credit note that is there, or a new one with its reason. */
export interface Resolution {
  readonly answer: string | undefined
  readonly by: NewNote | { readonly noteId: string }
}

interface NewNote {
  /** All that is disputed, or a part. */
  readonly way: Way
  readonly reason: string
}

/** Takes up the work on a dispute. Throws `notFound` and `conflict`. */
export async function startDispute(tx: Transaction, context: ChangeContext, view: View, id: string): Promise<void> {
  const dispute = await lockDispute(tx, view, id, 'inProgress')
  await moveTo(tx, context, dispute, 'inProgress', {})
}

/**
 * Resolves a dispute by a credit note. A new one is never of more than is disputed, nor above the limit that another
 * user must approve. What else was disputed is due again.
 * Throws `notFound`, `invalidField` and `conflict`.
 */
export async function resolveDispute(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  id: string,
  { answer, by }: Resolution
): Promise<void> {
  const dispute = await lockDispute(tx, view, id, 'resolved')
  if ('noteId' in by) await requireNote(tx, view, dispute, by.noteId)
  const correctionId = 'noteId' in by ? by.noteId : await makeNote(tx, context, view, dispute, by)
  await end(tx, context, dispute, 'resolved', { answer, correctionId })
}

async function makeNote(
  tx: Transaction,
  context: ChangeContext,
  { tenantId }: View,
  dispute: Stored,
  { way, reason }: NewNote
): Promise<string> {
  const { billId, description } = dispute
  const wanted = { billId, reason, description, ...namedAs(undefined, []) }
  const isAll = way.kind === 'all'
  const asked = { ...wanted, way: isAll ? wayOf(dispute) : way, isOfDispute: true }
  const { id } = await createCreditNote(tx, context, asked)
  const { amount, currency, isAbove } = await readFigures(tx, tenantId, id)
  if (!isAll && compareDecimals(amount, dispute.amount) > 0) {
    throw DISPUTES.moreThanDisputed(amount, currency, dispute.amount)
  }
  if (isAbove) throw DISPUTES.aboveLimit(amount, currency)
  return id
}

async function requireNote(tx: Transaction, { tenantId }: View, { billId }: Stored, noteId: string): Promise<void> {
  const { rowCount } = await tx.run(prepared`SELECT FROM "correction" c
    WHERE c."tenant_id" = ${tenantId} AND c."id" = ${noteId} AND c."kind" = 'creditNote' AND c."bill_id" = ${billId}
      AND NOT EXISTS (SELECT FROM "dispute" d WHERE d."tenant_id" = c."tenant_id" AND d."correction_id" = c."id")`)
  if (rowCount === 0) throw aboutName(DISPUTES.unknownNote())
}

/** Rejects a dispute with an answer to the customer: what was disputed is due again. Throws as `startDispute`. */
export async function rejectDispute(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  id: string,
  answer: string
): Promise<void> {
  const dispute = await lockDispute(tx, view, id, 'rejected')
  await end(tx, context, dispute, 'rejected', { answer })
}

/** Cancels a dispute, which only the provider and the side that opened it may. Throws as `startDispute`. */
export async function cancelDispute(tx: Transaction, context: ChangeContext, view: View, id: string): Promise<void> {
  const dispute = await lockDispute(tx, view, id, 'cancelled')
  const { openedBy } = dispute
  if (view.partnerId !== undefined && openedBy !== 'partner') throw DISPUTES.notOwn(openedBy)
  await end(tx, context, dispute, 'cancelled', {})
}

/** Cancels a dispute of a bill that its customer opened. Throws as `startDispute`. */
export async function cancelOwnDispute(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  { id, billId }: { readonly id: string; readonly billId: string }
): Promise<void> {
  const found = await findDispute(tx, view, id, false)
  if (found.billId !== billId || found.openedBy !== 'customer') throw RESOURCES.notFound('dispute')
  const dispute = await lockDispute(tx, view, id, 'cancelled')
  await end(tx, context, dispute, 'cancelled', {})
}

/** Locks the balance, the bill and the dispute, which must be able to go to a state. */
async function lockDispute(tx: Transaction, view: View, id: string, to: DisputeState): Promise<Stored> {
  const { billId, ...key } = await findDispute(tx, view, id, false)
  await lockBalances(tx, view.tenantId, [key])
  await lockBill(tx, view.tenantId, billId)
  const dispute = await findDispute(tx, view, id, true)
  if (!NEXT[dispute.state].includes(to)) throw DISPUTES.wrongState(dispute.state, to)
  return dispute
}

async function findDispute(tx: Transaction, view: View, id: string, isLocked: boolean): Promise<Stored> {
  const those = prepared`SELECT ${STORED.columns} FROM "dispute" d WHERE ${ownedBy(view, 'd')} AND d."id" = ${id}`
  const { rows } = await tx.run(isLocked ? prepared`${those} FOR UPDATE OF d` : those)
  const [found] = rows.map(STORED.read)
  if (found) return found
  throw RESOURCES.notFound('dispute')
}

/** Returns how a credit note gives all back that is disputed. */
function wayOf({ amount, currency: unit, lines }: Stored): Way {
  if (!lines) return { kind: 'amount', amount: { unit, value: amount } }
  const wanted = lines.map(({ rate, amount: part }) => ({
    rateId: rate,
    amount: part === null ? undefined : { unit, value: part }
  }))
  return { kind: 'lines', lines: wanted }
}

interface Ending {
  readonly answer?: string | undefined
  readonly correctionId?: string | undefined
}

/** Ends a dispute: its bill is due again as it was, and credit of the account that was held back pays it. */
async function end(
  tx: Transaction,
  context: ChangeContext,
  dispute: Stored,
  state: DisputeState,
  ending: Ending
): Promise<void> {
  await moveTo(tx, context, dispute, state, ending)
  await holdDisputed(tx, context, [dispute.billId], context.clock())
  await useCredit(tx, context, [dispute.billId])
}

async function moveTo(
  tx: Transaction,
  context: ChangeContext,
  { id, state: from }: Stored,
  state: DisputeState,
  { answer, correctionId }: Ending
): Promise<void> {
  const { tenantId } = context.author
  const now = context.clock()
  const closedAt = NEXT[state].length > 0 ? undefined : now
  await tx.run(prepared`UPDATE "dispute" SET "version" = "version" + 1, "state" = ${state}, "answer" = ${answer},
      "closed_at" = ${closedAt}, "correction_id" = ${correctionId} WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  const after = { state, answer, creditNote: correctionId && { id: correctionId } }
  const change = { action: 'patch' as const, resourceType: 'Dispute', resourceId: id }
  await recordChange(tx, context, { ...change, before: { state: from }, after }, now)
  await recordDispute(tx, context, 'stateChanged', id, now)
}
