import type { Instant } from '../base/instant.ts'
import { sumDecimals } from '../base/money.ts'
import type { Queryable } from '../db/database.ts'
import { computed, computedRow, decimal, instant, optional, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import type { ExplainedBill } from './bill.ts'

/** A change of the remaining amount of a bill after its issue; negative if it raised the amount again. */
export interface Settlement {
  /** As the ledger names its origin; `other` for what it does not have. */
  readonly type: string
  readonly amount: string
  readonly date: Instant | undefined
  readonly source: { readonly id: string; readonly isPayment: boolean } | undefined
  readonly payment:
    | { readonly method: string; readonly reference: string; readonly valueDate: string | undefined }
    | undefined
}

const ALLOCATION = computedRow({
  amount: computed(decimal, sql`a."amount"`),
  postedAt: computed(instant, sql`l."posted_at"`),
  sourceType: computed(text, sql`l."source_type"`),
  sourceId: computed(text, sql`l."source_id"`),
  paymentId: computed(optional(text), sql`a."payment_id"`),
  method: computed(optional(text), sql`p."method"`),
  reference: computed(optional(text), sql`p."reference"`),
  valueDate: computed(optional(text), sql`p."value_date"`)
})

/**
 * Reads what settled a bill, in the order of posting, from the journals of its allocations, whatever their origin. What
 * is missing to the remaining amount was settled elsewhere, such as a payment that another system received: it comes
 * first. Together with the remaining amount they make the amount due.
 */
export async function readSettlements(
  queryable: Queryable,
  tenantId: string,
  { id, amountDue, remaining }: ExplainedBill
): Promise<readonly Settlement[]> {
  const { rows } = await queryable.run(prepared`SELECT ${ALLOCATION.columns} FROM "payment_allocation" a
    JOIN "ledger_entry" l ON l."tenant_id" = a."tenant_id" AND l."journal_id" = a."id" AND l."line" = 1
    LEFT JOIN "payment" p ON p."tenant_id" = a."tenant_id" AND p."id" = a."payment_id"
    WHERE a."tenant_id" = ${tenantId} AND a."bill_id" = ${id} ORDER BY a."position"`)
  const known = rows.map(ALLOCATION.read).map(settlementOf)
  if (amountDue === undefined || remaining === undefined) return known
  const elsewhere = sumDecimals([amountDue, ...[remaining, ...known.map(({ amount }) => amount)].map(negated)])
  if (elsewhere === '0') return known
  return [{ type: 'other', amount: elsewhere, date: undefined, source: undefined, payment: undefined }, ...known]
}

function settlementOf(row: ReturnType<typeof ALLOCATION.read>): Settlement {
  const { amount, postedAt: date, sourceType, sourceId, paymentId, method, reference, valueDate } = row
  const isPayment = paymentId !== undefined
  return {
    type: typeOf(sourceType, amount),
    ...{ amount, date },
    source: sourceType === 'credit' ? undefined : { id: sourceId, isPayment },
    payment: method === undefined || reference === undefined ? undefined : { method, reference, valueDate }
  }
}

function typeOf(sourceType: string, amount: string): string {
  if (sourceType === 'credit') return 'creditLimit'
  if (sourceType !== 'allocation') return sourceType
  return amount.startsWith('-') ? 'reversal' : 'payment'
}

export function negated(amount: string): string {
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`
}
