import { recordChange } from '../audit/record.ts'
import { recordCorrections } from '../billing/corrections/events.ts'
import { reopenBill, writeOffBill } from '../billing/payments/written-off.ts'
import type { Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { lockBalances } from '../ledger/balance.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { balanceOf, lockBill } from './bill.ts'
import { earlier, type Made, type Reasoned } from './known.ts'
import { requireReason } from './reasons.ts'

export interface NewWriteOff extends Reasoned {
  readonly billId: string
}

/** The states of a bill that is owed; release a held one first. */
const OWED = ['validated', 'sent', 'partiallyPaid']

/**
 * Writes off what remains of a bill: it goes to bad debt, until a payment opens the bill again. Throws `invalidField`
 * and `conflict`. Locks the balance, then the bill.
 */
export async function createWriteOff(tx: Transaction, context: ChangeContext, wanted: NewWriteOff): Promise<Made> {
  const { tenantId } = context.author
  const { billId, reason, description, reference, contentHash } = wanted
  const known = await earlier(tx, tenantId, 'writeOff', wanted)
  if (known !== undefined) return { id: known, isNew: false }
  await requireReason(tx, tenantId, reason)
  const key = await balanceOf(tx, tenantId, billId)
  await lockBalances(tx, tenantId, [key])
  const { state, partnerId } = await lockBill(tx, tenantId, billId)
  if (!OWED.includes(state)) throw CORRECTIONS.notOwed(state)
  // An earlier write-off may be in force still, of a bill that a reversed payment opened again: this one is of all.
  await reopenBill(tx, context, billId)
  const { remaining: amount } = await lockBill(tx, tenantId, billId)
  const [id, now] = [context.newId(), context.clock()]
  await tx.run(sql`INSERT INTO "correction" ("tenant_id", "id", "partner_id", "kind", "created_at",
      "billing_account_id", "currency", "amount", "credited", "reason", "description", "reference", "content_hash",
      "bill_id", "bill_state")
    VALUES (${tenantId}, ${id}, ${partnerId}, 'writeOff', ${now}, ${key.billingAccountId}, ${key.currency}, ${amount},
      0, ${reason}, ${description}, ${reference}, ${contentHash}, ${billId}, ${state})`)
  await writeOffBill(tx, context, { id, billId, amount, ...key }, now)
  const after = { bill: { id: billId }, amount: { unit: key.currency, value: amount }, reason, description, reference }
  await recordChange(tx, context, { action: 'create', resourceType: 'WriteOff', resourceId: id, after }, now)
  await recordCorrections(tx, context, 'writeOff', 'created', [id], now)
  return { id, isNew: true }
}
