import type { CustomerSession } from '../auth/customers/session.ts'
import { DISPUTE_STATES, OPENERS } from '../billing/disputes/list.ts'
import type { Queryable } from '../db/database.ts'
import { computed, computedRow, decimal, instant, oneOf, optional, rowOf, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { ownedBy } from '../tmf/view.ts'

/** Lines that the form lists; a bill of more is disputed by an amount. */
const LINES_MAX = 50

const DISPUTE = rowOf(
  'dispute',
  {
    id: text,
    createdAt: instant,
    currency: text,
    amount: decimal,
    description: optional(text),
    openedBy: oneOf(OPENERS),
    state: oneOf(DISPUTE_STATES),
    answer: optional(text)
  },
  'd'
)

export type ShownDispute = ReturnType<typeof DISPUTE.read>

/** Returns the disputes of a bill that the customer sees, the latest first. */
export async function disputesOf(
  queryable: Queryable,
  session: CustomerSession,
  billId: string
): Promise<readonly ShownDispute[]> {
  const { rows } = await queryable.run(prepared`SELECT ${DISPUTE.columns} FROM "dispute" d
    WHERE ${ownedBy(session, 'd')} AND d."bill_id" = ${billId} ORDER BY d."id" DESC`)
  return rows.map(DISPUTE.read)
}

const LINE = computedRow({
  id: computed(text, sql`r."id"`),
  name: computed(text, sql`coalesce(r."name", r."description", r."rate_type", r."id")`),
  amount: computed(decimal, sql`r."tax_excluded_amount_value"`)
})

export type ShownLine = ReturnType<typeof LINE.read>

/** Returns the lines of a bill that are in no open dispute, or none if there are too many to choose from. */
export async function disputableLines(
  queryable: Queryable,
  { tenantId }: CustomerSession,
  billId: string
): Promise<readonly ShownLine[]> {
  const { rows } = await queryable.run(prepared`SELECT ${LINE.columns} FROM "applied_customer_billing_rate" r
    WHERE r."tenant_id" = ${tenantId} AND r."bill_id" = ${billId} AND r."tax_excluded_amount_value" > 0
      AND NOT EXISTS (SELECT FROM "dispute_line" l
        WHERE l."tenant_id" = r."tenant_id" AND l."rate_id" = r."id" AND l."is_open")
    ORDER BY r."id" LIMIT ${LINES_MAX + 1}`)
  return rows.length > LINES_MAX ? [] : rows.map(LINE.read)
}
