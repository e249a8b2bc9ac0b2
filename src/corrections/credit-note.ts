import { recordChanges } from '../audit/record.ts'
import { minorDigits } from '../base/money.ts'
import { recordCorrections } from '../billing/corrections/events.ts'
import { creditBill } from '../billing/payments/credited.ts'
import { reopenBill } from '../billing/payments/written-off.ts'
import type { Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { lockBalances } from '../ledger/balance.ts'
import { customerBill } from '../resources/customer-bill.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { balanceOf, lockBill } from './bill.ts'
import { earlier, type Made, type Reasoned } from './known.ts'
import { fromMinor, readLeft } from './left.ts'
import { contentOf, type Way } from './lines.ts'
import { writeNote } from './note-bill.ts'
import { requireReason } from './reasons.ts'
import { total } from './split.ts'

/** A credit note that is asked for: the bill, the part to give back, and the reason. */
export interface NewCreditNote extends Reasoned {
  readonly billId: string
  readonly way: Way
  /** It resolves a dispute, which then ends and decides whether the bill stays on hold. */
  readonly isOfDispute?: boolean
}

/**
 * Corrects a bill by a credit note, in one transaction: writes it as a bill with its number and its journal, takes it
 * off what remains of its bill, and gives what exceeds that to the account as credit. A bill that is written off is
 * opened again before. Throws `invalidField` and `conflict`.
 *
 * Locks the balance, then the bill; takes the number last of what others wait for.
 */
export async function createCreditNote(tx: Transaction, context: ChangeContext, wanted: NewCreditNote): Promise<Made> {
  const { tenantId } = context.author
  const { billId, reason, description, reference, contentHash } = wanted
  const known = await earlier(tx, tenantId, 'creditNote', wanted)
  if (known !== undefined) return { id: known, isNew: false }
  await requireReason(tx, tenantId, reason)
  const key = await balanceOf(tx, tenantId, billId)
  await lockBalances(tx, tenantId, [key])
  await reopenBill(tx, context, billId)
  const bill = await lockBill(tx, tenantId, billId)
  const left = await readLeft(tx, tenantId, bill)
  const content = await contentOf(tx, tenantId, bill, left, wanted.way)
  const amount = fromMinor(
    total([...content.lines.map((line) => line.amount), ...content.taxes]),
    minorDigits(key.currency)
  )
  const now = context.clock()
  const note = await writeNote(tx, context, bill, left, content, now)
  await creditBill(tx, context, { ...key, billId, amount, note, isOfDispute: wanted.isOfDispute }, now)
  const id = context.newId()
  await tx.run(sql`INSERT INTO "correction" ("tenant_id", "id", "partner_id", "kind", "created_at",
      "billing_account_id", "currency", "amount", "credited", "reason", "description", "reference", "content_hash",
      "bill_id", "credit_note_id")
    VALUES (${tenantId}, ${id}, ${bill.partnerId}, 'creditNote', ${now}, ${key.billingAccountId}, ${key.currency},
      ${amount}, greatest(${amount}::numeric - ${bill.remaining}::numeric, 0), ${reason}, ${description},
      ${reference}, ${contentHash}, ${billId}, ${note.id})`)
  const about = { bill: { id: billId }, creditNote: note, amount: { unit: key.currency, value: amount } }
  const changes = [
    { resourceType: customerBill.type, resourceId: note.id, after: { ...about, creditNote: undefined } },
    { resourceType: 'CreditNote', resourceId: id, after: { ...about, reason, description, reference } }
  ].map((change) => ({ action: 'create' as const, ...change }))
  await recordChanges(tx, context, changes, now)
  await recordCorrections(tx, context, 'creditNote', 'created', [id], now)
  return { id, isNew: true }
}
