import type { Transaction } from '../db/database.ts'
import { boolean, computed, decimal, optional, rowOf, stated, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import type { BalanceKey } from '../ledger/balance.ts'
import { BODIES } from '../messages/body.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { aboutName } from '../messages/problem.ts'
import { customerBill } from '../resources/customer-bill.ts'

/** An issued bill of the engine, which is locked. */
export interface CorrectedBill extends BalanceKey {
  readonly id: string
  readonly billNo: string
  readonly partnerId: string | undefined
  readonly state: string
  /** The part that is left to pay. */
  readonly remaining: string
}

// A bill of the engine has all of these, a number once it is issued.
const BILL = rowOf(
  'customer_bill',
  {
    id: text,
    billNo: stated,
    partnerId: optional(text),
    state: text,
    billingAccountId: stated,
    currency: computed(text, sql`b."amount_due_unit"`),
    remaining: computed(decimal, sql`b."remaining_amount_value"`)
  },
  'b'
)

const KIND = rowOf(
  'customer_bill',
  {
    isOfEngine: computed(boolean, sql`b."rounding_amount" IS NOT NULL`),
    isIssued: computed(boolean, sql`b."issued_as" IS NOT NULL`),
    isNote: computed(boolean, sql`b."category" IS NOT DISTINCT FROM 'creditNote'`),
    billingAccountId: optional(text),
    amountDueUnit: optional(text)
  },
  'b'
)

/**
 * Returns the balance of a bill that may be corrected. Throws `invalidField` for no bill of the tenant, and `conflict`
 * for one that was never issued, one of another system, and a credit note.
 */
export async function balanceOf(tx: Transaction, tenantId: string, id: string): Promise<BalanceKey> {
  const { rows } = await tx.run(prepared`SELECT ${KIND.columns} FROM "customer_bill" b
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id}`)
  const [bill] = rows.map(KIND.read)
  if (!bill) throw aboutName(BODIES.unknownReference('$.bill.id', customerBill.noun))
  if (!bill.isOfEngine) throw CORRECTIONS.foreignBill()
  if (bill.isNote) throw CORRECTIONS.ofCreditNote()
  if (!bill.isIssued) throw CORRECTIONS.notIssued()
  return { billingAccountId: String(bill.billingAccountId), currency: String(bill.amountDueUnit) }
}

/** Locks a bill that may be corrected; lock its balance first. */
export async function lockBill(tx: Transaction, tenantId: string, id: string): Promise<CorrectedBill> {
  return BILL.one(
    await tx.run(prepared`SELECT ${BILL.columns} FROM "customer_bill" b
      WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id} FOR UPDATE`)
  )
}
