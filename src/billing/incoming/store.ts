import { recordChanges } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { scalars, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import type { Reason } from '../../messages/message.ts'
import type { ChangeContext, Owner } from '../../tmf/declaration/resource.ts'
import { recordUnmatched } from './events.ts'
import type { IncomingRow } from './incoming.ts'

/** Money without an account, and why. */
export interface NewUnmatched {
  readonly id: string
  readonly row: IncomingRow
  readonly hash: string
  readonly reason: Reason
}

/**
 * Stores unmatched payments with their events and audit. Returns the ids of those whose references were free; waits for
 * other transactions that store the same ones.
 */
export async function storeUnmatched(
  tx: Transaction,
  context: ChangeContext,
  owner: Owner,
  unmatched: readonly NewUnmatched[],
  now: Instant
): Promise<ReadonlySet<string>> {
  if (unmatched.length === 0) return new Set()
  const documents = unmatched.map(({ id, row, hash, reason }) => ({
    ...{ id, type: row.type, amount: row.amount, currency: row.currency, method: row.method, content_hash: hash },
    ...{ value_date: row.valueDate, reference: row.reference, reason: reason.text, reason_code: reason.code },
    ...{ account_number: row.accountNumber, bill_no: row.billNo, creditor_reference: row.creditorReference },
    ...{ remittance: row.text, debtor_name: row.debtorName, debtor_account: row.debtorAccount },
    bank_account: row.bankAccount
  }))
  const inserted =
    await tx.run(sql`INSERT INTO "unmatched_payment" ("tenant_id", "partner_id", "created_at", "last_update",
      "state", "reference_key", ${COLUMNS})
    SELECT ${owner.tenantId}, ${owner.partnerId}, ${now}, ${now}, 'open', '', ${COLUMNS}
    FROM jsonb_to_recordset(${JSON.stringify(documents)}::jsonb) x("id" text, "type" text, "amount" numeric,
      "currency" text, "method" text, "value_date" text, "reference" text, "content_hash" text, "reason" text,
      "reason_code" text, "account_number" text, "bill_no" text, "creditor_reference" text, "remittance" text,
      "debtor_name" text, "debtor_account" text, "bank_account" text)
    ORDER BY plain_text("reference") COLLATE "C", "id"
    ON CONFLICT ("tenant_id", coalesce("partner_id", ''), "reference_key") DO NOTHING RETURNING "id"`)
  const ids = new Set(scalars(inserted, text))
  const stored = unmatched.filter(({ id }) => ids.has(id))
  const changes = stored.map(({ id, row: { amount, currency: unit, reference }, reason }) => {
    const after = { amount: { unit, value: amount }, reference, reason: reason.text }
    return { action: 'create' as const, resourceType: 'UnmatchedPayment', resourceId: id, after }
  })
  await recordChanges(tx, context, changes, now)
  await recordUnmatched(tx, context, 'created', [...ids], now)
  return ids
}

const COLUMNS = sql`"id", "type", "amount", "currency", "method", "value_date", "reference", "content_hash", "reason",
  "reason_code", "account_number", "bill_no", "creditor_reference", "remittance", "debtor_name", "debtor_account",
  "bank_account"`
