import { recordChange } from '../audit/record.ts'
import { compareDecimals, minorDigits } from '../base/money.ts'
import { DISPUTED } from '../billing/disputes/disputed.ts'
import { recordDispute } from '../billing/disputes/events.ts'
import type { Opener } from '../billing/disputes/list.ts'
import { holdDisputed } from '../billing/payments/disputed-bills.ts'
import { balanceOf, type CorrectedBill, lockBill } from '../corrections/bill.ts'
import type { Made, Reasoned } from '../corrections/known.ts'
import { fromMinor, readLeft } from '../corrections/left.ts'
import { contentOf, type Way } from '../corrections/lines.ts'
import { total } from '../corrections/split.ts'
import type { Transaction } from '../db/database.ts'
import { decimal, rowOf, scalar, text, texts } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { lockBalances } from '../ledger/balance.ts'
import { BODIES } from '../messages/body.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { DISPUTES } from '../messages/dispute.ts'
import { aboutName } from '../messages/problem.ts'
import { customerBill } from '../resources/customer-bill.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { ownedBy, type View } from '../tmf/view.ts'

/** A dispute that is asked for: the bill, the part that is not accepted, and why. */
export interface NewDispute extends Reasoned {
  readonly billId: string
  readonly way: Way
  readonly openedBy: Opener
}

/**
 * Opens a dispute of a bill in view. Never more is disputed than remains of the bill, and no line twice; a bill of
 * which nothing is undisputed goes on hold. Throws `invalidField` and `conflict`. Locks the balance, then the bill.
 */
export async function openDispute(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  wanted: NewDispute
): Promise<Made> {
  const { tenantId } = view
  const { billId, way, openedBy, reason, description, reference, contentHash } = wanted
  const known = await earlier(tx, view, wanted)
  if (known !== undefined) return { id: known, isNew: false }
  await requireReason(tx, tenantId, reason)
  await requireInView(tx, view, billId)
  const key = await balanceOf(tx, tenantId, billId)
  await lockBalances(tx, tenantId, [key])
  const bill = await lockBill(tx, tenantId, billId)
  await requireNoOpenLine(tx, tenantId, way)
  const amount = await amountOf(tx, tenantId, bill, way)
  const [id, now] = [context.newId(), context.clock()]
  await tx.run(sql`INSERT INTO "dispute" ("tenant_id", "id", "partner_id", "created_at", "billing_account_id",
      "currency", "bill_id", "amount", "reason", "description", "reference", "content_hash", "opened_by", "state")
    VALUES (${tenantId}, ${id}, ${bill.partnerId}, ${now}, ${key.billingAccountId}, ${key.currency}, ${billId},
      ${amount}, ${reason}, ${description}, ${reference}, ${contentHash}, ${openedBy}, 'acknowledged')`)
  await insertLines(tx, tenantId, id, way)
  const about = { bill: { id: billId }, amount: { unit: key.currency, value: amount }, reason, description, reference }
  const change = { action: 'create' as const, resourceType: 'Dispute', resourceId: id }
  await recordChange(tx, context, { ...change, after: { ...about, openedBy } }, now)
  await recordDispute(tx, context, 'created', id, now)
  await holdDisputed(tx, context, [billId], now)
  return { id, isNew: true }
}

const EARLIER = rowOf('dispute', { id: text, contentHash: text })

/** Returns the id of the sender's earlier dispute of the same reference and content; see `earlier` of corrections. */
async function earlier(
  tx: Transaction,
  { tenantId, partnerId }: View,
  { reference, contentHash, openedBy }: NewDispute
): Promise<string | undefined> {
  if (reference === undefined) return undefined
  const name = JSON.stringify(['dispute', tenantId, openedBy, partnerId ?? null, reference])
  await tx.run(prepared`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`)
  const { rows } = await tx.run(prepared`SELECT ${EARLIER.columns} FROM "dispute"
    WHERE ${ownedBy({ tenantId, partnerId })} AND "opened_by" = ${openedBy} AND "reference" = ${reference}`)
  const [known] = rows.map(EARLIER.read)
  if (known && known.contentHash !== contentHash) throw aboutName(DISPUTES.referenceTaken())
  return known?.id
}

async function requireReason(tx: Transaction, tenantId: string, reason: string): Promise<void> {
  const reasons = await disputeReasons(tx, tenantId)
  if (!reasons.includes(reason)) throw DISPUTES.unknownReason(reasons)
}

/** Returns the reasons for which bills of a tenant are disputed, in its order. */
export async function disputeReasons(tx: Pick<Transaction, 'run'>, tenantId: string): Promise<readonly string[]> {
  return scalar(await tx.run(prepared`SELECT "dispute_reasons" FROM "tenant" WHERE "id" = ${tenantId}`), texts)
}

async function requireInView(tx: Transaction, view: View, billId: string): Promise<void> {
  const { rowCount } = await tx.run(prepared`SELECT FROM "customer_bill" b
    WHERE ${ownedBy(view, 'b')} AND b."id" = ${billId}`)
  if (rowCount === 0) throw aboutName(BODIES.unknownReference('$.bill.id', customerBill.noun))
}

const OPEN_LINE = rowOf('dispute_line', { rateId: text })

async function requireNoOpenLine(tx: Transaction, tenantId: string, way: Way): Promise<void> {
  if (way.kind !== 'lines') return
  const ids = way.lines.map(({ rateId }) => rateId)
  const { rows } = await tx.run(prepared`SELECT ${OPEN_LINE.columns} FROM "dispute_line"
    WHERE "tenant_id" = ${tenantId} AND "is_open" AND "rate_id" = ANY(${ids}::text[])`)
  const open = new Set(rows.map((row) => OPEN_LINE.read(row).rateId))
  const at = ids.findIndex((id) => open.has(id))
  if (at >= 0) throw DISPUTES.lineInDispute(`$.lines[${at}].rate.id`)
}

/** Returns what is disputed, with tax; the bill is locked. */
async function amountOf(tx: Transaction, tenantId: string, bill: CorrectedBill, way: Way): Promise<string> {
  const { id, currency } = bill
  const found = await tx.run(prepared`SELECT b."remaining_amount_value" - ${DISPUTED} FROM "customer_bill" b
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id}`)
  const left = scalar(found, decimal)
  if (compareDecimals(left, 0) <= 0) throw DISPUTES.nothingLeft()
  const amount = way.kind === 'all' ? left : await partOf(tx, tenantId, bill, way)
  if (compareDecimals(amount, left) > 0) throw DISPUTES.moreThanLeft(amount, currency, left)
  return amount
}

async function partOf(
  tx: Transaction,
  tenantId: string,
  bill: CorrectedBill,
  way: Exclude<Way, { readonly kind: 'all' }>
): Promise<string> {
  if (way.kind === 'amount') {
    if (way.amount.unit !== bill.currency) throw CORRECTIONS.currency('$.amount', bill.currency)
    return String(way.amount.value)
  }
  const { lines, taxes } = await contentOf(tx, tenantId, bill, await readLeft(tx, tenantId, bill), way)
  return fromMinor(total([...lines.map(({ amount }) => amount), ...taxes]), minorDigits(bill.currency))
}

async function insertLines(tx: Transaction, tenantId: string, id: string, way: Way): Promise<void> {
  if (way.kind !== 'lines') return
  const rates = way.lines.map(({ rateId }) => rateId)
  const amounts = way.lines.map(({ amount }) => (amount === undefined ? null : String(amount.value)))
  await tx.run(sql`INSERT INTO "dispute_line" ("tenant_id", "dispute_id", "position", "rate_id", "amount")
    SELECT ${tenantId}, ${id}, l."position", l."rate", l."amount"
    FROM unnest(${rates}::text[], ${amounts}::numeric[]) WITH ORDINALITY l("rate", "amount", "position")`)
}
