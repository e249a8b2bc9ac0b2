import type { Instant } from '../base/instant.ts'
import { negated, sumDecimals } from '../base/money.ts'
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
  /** The payment, the other bill, the write-off, or what else the ledger has. */
  readonly source: { readonly id: string; readonly kind: 'payment' | 'bill' | 'writeOff' | undefined } | undefined
  readonly payment:
    | { readonly method: string; readonly reference: string; readonly valueDate: string | undefined }
    | undefined
}

const SETTLED = computedRow({
  amount: computed(decimal, sql`s."amount"`),
  postedAt: computed(instant, sql`l."posted_at"`),
  sourceType: computed(text, sql`coalesce(s."type", l."source_type")`),
  sourceId: computed(text, sql`coalesce(s."note", l."source_id")`),
  paymentId: computed(optional(text), sql`s."payment_id"`),
  method: computed(optional(text), sql`p."method"`),
  reference: computed(optional(text), sql`p."reference"`),
  valueDate: computed(optional(text), sql`p."value_date"`)
})

/**
 * Reads what settled a bill, in the order of posting: the journals of its allocations, whatever their origin, its
 * credit notes and its write-offs, also where they were taken back; a credit note is settled by the bill that it
 * corrects. The part that is missing to the remaining amount was settled elsewhere, such as a payment that another
 * system received: it comes first. Together with the remaining amount they make the amount due.
 */
export async function readSettlements(
  queryable: Queryable,
  tenantId: string,
  { id, amountDue, remaining }: ExplainedBill
): Promise<readonly Settlement[]> {
  const { rows } = await queryable.run(prepared`SELECT ${SETTLED.columns} FROM (
      SELECT "id" AS "journal", "payment_id", "amount", "position", NULL AS "type", NULL AS "note"
      FROM "payment_allocation" WHERE "tenant_id" = ${tenantId} AND "bill_id" = ${id}
      UNION ALL
      SELECT "credit_note_id", NULL, "amount", 0, 'creditNote', "credit_note_id" FROM "correction"
      WHERE "tenant_id" = ${tenantId} AND "bill_id" = ${id} AND "kind" = 'creditNote'
      UNION ALL
      SELECT w."journal_id", NULL, -w."amount", 0, 'writeOff', c."id" FROM "correction" c
      JOIN "ledger_entry" w ON w."tenant_id" = ${tenantId} AND w."source_type" = 'writeOff' AND w."source_id" = c."id"
        AND w."book" = 'receivable'
      WHERE c."tenant_id" = ${tenantId} AND c."bill_id" = ${id} AND c."kind" = 'writeOff'
      UNION ALL
      SELECT "credit_note_id", NULL, -"amount", 0, 'correctedBill', "bill_id" FROM "correction"
      WHERE "tenant_id" = ${tenantId} AND "credit_note_id" = ${id}) s
    JOIN "ledger_entry" l ON l."tenant_id" = ${tenantId} AND l."journal_id" = s."journal" AND l."line" = 1
    LEFT JOIN "payment" p ON p."tenant_id" = ${tenantId} AND p."id" = s."payment_id"
    ORDER BY l."posted_at", s."position"`)
  const known = rows.map(SETTLED.read).map(settlementOf)
  if (amountDue === undefined || remaining === undefined) return known
  const elsewhere = sumDecimals([amountDue, ...[remaining, ...known.map(({ amount }) => amount)].map(negated)])
  if (elsewhere === '0') return known
  return [{ type: 'other', amount: elsewhere, date: undefined, source: undefined, payment: undefined }, ...known]
}

/** The sources of settlements beside payments. */
const KINDS: ReadonlyMap<string, 'bill' | 'writeOff'> = new Map([
  ['creditNote', 'bill'],
  ['correctedBill', 'bill'],
  ['writeOff', 'writeOff']
])

function settlementOf(row: ReturnType<typeof SETTLED.read>): Settlement {
  const { amount, postedAt: date, sourceType, sourceId, paymentId, method, reference, valueDate } = row
  const kind = paymentId !== undefined ? 'payment' : KINDS.get(sourceType)
  return {
    type: typeOf(sourceType, amount),
    ...{ amount, date },
    source: sourceType === 'credit' ? undefined : { id: sourceId, kind },
    payment: method === undefined || reference === undefined ? undefined : { method, reference, valueDate }
  }
}

function typeOf(sourceType: string, amount: string): string {
  if (sourceType === 'credit') return 'creditLimit'
  if (sourceType !== 'allocation') return sourceType
  return amount.startsWith('-') ? 'reversal' : 'payment'
}
