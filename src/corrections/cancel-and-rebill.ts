import { recordChange } from '../audit/record.ts'
import type { Instant } from '../base/instant.ts'
import { recordCorrections } from '../billing/corrections/events.ts'
import type { Transaction } from '../db/database.ts'
import { boolean, count, scalar } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { lockBalances } from '../ledger/balance.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { balanceOf, lockBill } from './bill.ts'
import { createCreditNote } from './credit-note.ts'
import { earlier, type Made, type Reasoned } from './known.ts'
import { requireReason } from './reasons.ts'
import { rebill, requireRebillable } from './rebill.ts'

export const WHEN = ['now', 'nextRun'] as const

/** A cancellation that is asked for: the bill, and when its lines are billed anew. */
export interface NewCancelAndRebill extends Reasoned {
  readonly billId: string
  readonly when: (typeof WHEN)[number]
}

/**
 * Cancels a bill by a credit note over all of it, copies its lines as rates that name them, and bills these at once or
 * leaves them to the next run, all in one transaction. Throws `invalidField` and `conflict`.
 *
 * Locks the balance, then the bill; takes the numbers of credit notes before those of bills.
 */
export async function createCancelAndRebill(
  tx: Transaction,
  context: ChangeContext,
  wanted: NewCancelAndRebill
): Promise<Made> {
  const { tenantId } = context.author
  const { billId, when, reason, description, reference, contentHash } = wanted
  const known = await earlier(tx, tenantId, 'cancelAndRebill', wanted)
  if (known !== undefined) return { id: known, isNew: false }
  await requireReason(tx, tenantId, reason)
  const key = await balanceOf(tx, tenantId, billId)
  await lockBalances(tx, tenantId, [key])
  await lockBill(tx, tenantId, billId)
  await requireWhole(tx, tenantId, billId)
  if (when === 'nextRun') await requireRebillable(tx, tenantId, key.billingAccountId)
  const note = await createCreditNote(tx, context, { ...wanted, reference: undefined, way: { kind: 'all' } })
  const [id, now] = [context.newId(), context.clock()]
  const copied = await copyLines(tx, context, billId, now)
  await tx.run(sql`INSERT INTO "correction" ("tenant_id", "id", "partner_id", "kind", "created_at",
      "billing_account_id", "currency", "amount", "credited", "reason", "description", "reference", "content_hash",
      "bill_id", "rebill_when")
    SELECT "tenant_id", ${id}, "partner_id", 'cancelAndRebill', ${now}, "billing_account_id", "currency", "amount",
      "credited", ${reason}, ${description}, ${reference}, ${contentHash}, "bill_id", ${when}
    FROM "correction" WHERE "tenant_id" = ${tenantId} AND "id" = ${note.id}`)
  const about = { bill: { id: billId }, creditNote: { id: note.id }, copiedRates: copied, when }
  const after = { ...about, reason, description, reference }
  await recordChange(tx, context, { action: 'create', resourceType: 'CancelAndRebill', resourceId: id, after }, now)
  await recordCorrections(tx, context, 'cancelAndRebill', 'created', [id], now)
  if (when === 'now') await rebill(tx, context, key, billId)
  return { id, isNew: true }
}

/** Throws `conflict` for a bill that was credited: part of a bill is of no line, and would be taken back with them. */
async function requireWhole(tx: Transaction, tenantId: string, billId: string): Promise<void> {
  const credited = await tx.run(prepared`SELECT sum(k."amount") < min(b."amount_due_value") FROM "customer_bill" b
    JOIN "correction" k ON k."tenant_id" = b."tenant_id" AND k."bill_id" = b."id" AND k."kind" = 'creditNote'
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${billId} HAVING count(*) > 0`)
  if (credited.rowCount === 0) return
  throw scalar(credited, boolean) ? CORRECTIONS.partlyCredited() : CORRECTIONS.nothingLeft()
}

/** Copies the lines of a bill as rates that are not billed, without the senders' ids. Returns their number. */
async function copyLines(tx: Transaction, context: ChangeContext, billId: string, now: Instant): Promise<number> {
  const { tenantId } = context.author
  const lines = sql`"applied_customer_billing_rate" r WHERE r."tenant_id" = ${tenantId} AND r."bill_id" = ${billId}`
  const counted = scalar(await tx.run(sql`SELECT count(*) FROM ${lines}`), count)
  const ids = Array.from({ length: counted }, () => context.newId())
  await tx.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "partner_id", "extension",
      "created_at", "at_type", "at_base_type", "at_schema_location", "date", "name", "description", "is_billed",
      "rate_type", "applied_tax", "billing_account_id", "billing_account", "characteristic", "period_coverage",
      "product_id", "product", "tax_excluded_amount_value", "tax_excluded_amount_unit", "tax_included_amount_value",
      "tax_included_amount_unit", "corrects_rate_id")
    SELECT r."tenant_id", i."id", r."partner_id", r."extension", ${now}, r."at_type", r."at_base_type",
      r."at_schema_location", r."date", r."name", r."description", FALSE, r."rate_type", r."applied_tax",
      r."billing_account_id", r."billing_account", r."characteristic", r."period_coverage", r."product_id",
      r."product", r."tax_excluded_amount_value", r."tax_excluded_amount_unit", r."tax_included_amount_value",
      r."tax_included_amount_unit", r."id"
    FROM (SELECT r.*, row_number() OVER (ORDER BY r."id") AS "place" FROM ${lines}) r
    JOIN unnest(${ids}::text[]) WITH ORDINALITY i("id", "place") ON i."place" = r."place"`)
  return counted
}
