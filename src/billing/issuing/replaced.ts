import { recordChanges } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, scalars, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { customerBill } from '../../resources/customer-bill.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { recordEvents } from '../../tmf/event.ts'
import { recordCorrections } from '../corrections/events.ts'

/** A bill that is issued, and a cancelled one of which it has lines. */
export interface Replacing {
  readonly billId: string
  readonly replacedId: string
  readonly replacedNo: string
}

const REPLACING = computedRow({
  billId: computed(text, sql`x."bill_id"`),
  replacedId: computed(text, sql`x."replaced"`),
  replacedNo: computed(text, sql`b."bill_no"`)
})

/**
 * Finds the cancelled bills of which these bills have lines, and locks those. A line that was moved to another account
 * is of no chain: its bill tells nobody of another customer's. Lock the balances before; take the
 * numbers after.
 */
export async function lockReplaced(
  tx: Transaction,
  tenantId: string,
  billIds: readonly string[]
): Promise<readonly Replacing[]> {
  const { rows } = await tx.run(prepared`SELECT ${REPLACING.columns}
    FROM (SELECT DISTINCT r."bill_id", o."bill_id" AS "replaced" FROM "applied_customer_billing_rate" r
      JOIN "applied_customer_billing_rate" o ON o."tenant_id" = r."tenant_id" AND o."id" = r."corrects_rate_id"
      WHERE r."tenant_id" = ${tenantId} AND r."bill_id" = ANY(${billIds}::text[])
        AND r."corrects_rate_id" IS NOT NULL AND r."billing_account_id" = o."billing_account_id") x
    JOIN "customer_bill" b ON b."tenant_id" = ${tenantId} AND b."id" = x."replaced"
    ORDER BY x."replaced", x."bill_id" FOR UPDATE OF b`)
  return rows.map(REPLACING.read)
}

/** Names on each bill those that it replaces, before its event. Returns what it took. */
export async function nameReplaced(
  tx: Transaction,
  tenantId: string,
  replacing: readonly Replacing[]
): Promise<readonly Replacing[]> {
  if (replacing.length === 0) return replacing
  const related = sql`SELECT "bill" AS "of", "replaced" AS "id", "number" AS "bill_no", 'replaces' AS "type"
    FROM ${rowsOf(replacing)}`
  await tx.run(relate(tenantId, related, sql`"version" = b."version"`))
  return replacing
}

/**
 * Names on replaced bills the new ones, once those have their numbers, and tells of it: in the audit and by events of
 * the bills and of their cancellations. The replaced bills are locked.
 */
export async function tellReplaced(
  tx: Transaction,
  context: ChangeContext,
  replacing: readonly Replacing[],
  now: Instant
): Promise<void> {
  if (replacing.length === 0) return
  const { tenantId } = context.author
  const related = sql`SELECT x."replaced" AS "of", n."id", n."bill_no", 'replacedBy' AS "type" FROM ${rowsOf(replacing)}
    JOIN "customer_bill" n ON n."tenant_id" = ${tenantId} AND n."id" = x."bill"`
  await tx.run(relate(tenantId, related, sql`"version" = b."version" + 1, "last_update" = ${now}`))
  const changes = replacing.map(({ replacedId, billId }) => ({
    action: 'replace' as const,
    resourceType: customerBill.type,
    resourceId: replacedId,
    after: { replacedBy: { id: billId } }
  }))
  await recordChanges(tx, context, changes, now)
  const replaced = [...new Set(replacing.map(({ replacedId }) => replacedId))]
  await recordEvents(tx, context, customerBill, 'attributeValueChanged', replaced, now)
  const told = await tx.run(prepared`UPDATE "correction" SET "version" = "version" + 1,
      "rebilled_at" = coalesce("rebilled_at", ${now})
    WHERE "tenant_id" = ${tenantId} AND "kind" = 'cancelAndRebill' AND "bill_id" = ANY(${replaced}::text[])
    RETURNING "id"`)
  await recordCorrections(tx, context, 'cancelAndRebill', 'stateChanged', scalars(told, text), now)
}

function rowsOf(replacing: readonly Replacing[]): Sql {
  const each = (name: keyof Replacing) => replacing.map((one) => one[name])
  return sql`unnest(${each('billId')}::text[], ${each('replacedId')}::text[], ${each('replacedNo')}::text[])
    x("bill", "replaced", "number")`
}

/** Adds to bills `b` what they are related to: rows of "of", the bill, and "id", "bill_no" and "type". */
function relate(tenantId: string, related: Sql, assignments: Sql): Sql {
  return sql`UPDATE "customer_bill" b SET ${assignments},
      "related_bill" = coalesce(b."related_bill", '[]') || x."related"
    FROM (SELECT "of", jsonb_agg(jsonb_build_object('id', "id", 'billNo', "bill_no", 'relationshipType', "type")
        ORDER BY "id") AS "related" FROM (${related}) r GROUP BY 1) x
    WHERE b."tenant_id" = ${tenantId} AND b."id" = x."of"`
}
