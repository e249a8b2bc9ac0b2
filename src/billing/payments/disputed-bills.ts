import { recordChanges } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { boolean, computed, optional, rowOf, scalar, text } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import { DISPUTES } from '../../messages/dispute.ts'
import { type Bill, customerBill } from '../../resources/customer-bill.ts'
import type { ChangeContext, Stored } from '../../tmf/declaration/resource.ts'
import { recordEvents } from '../../tmf/event.ts'
import { DISPUTED } from '../disputes/disputed.ts'

/** The reason that a bill in dispute has while it is on hold. */
const HOLD_REASON = 'In dispute'

const IS_DISPUTED = sql`b."remaining_amount_value" > 0 AND ${DISPUTED} = b."remaining_amount_value"`

const STANDING = rowOf(
  'customer_bill',
  {
    id: text,
    state: text,
    isDisputed: computed(boolean, IS_DISPUTED),
    heldIn: computed(optional(text), sql`h."bill_state"`)
  },
  'b'
)

/**
 * Puts those of the bills on hold of which nothing is undisputed, and takes those off that disputes have put there and
 * do not any more: these go back to the state in which they were. The bills are locked.
 */
export async function holdDisputed(
  tx: Transaction,
  context: ChangeContext,
  billIds: readonly string[],
  now: Instant
): Promise<void> {
  const { tenantId } = context.author
  const { rows } = await tx.run(prepared`SELECT ${STANDING.columns} FROM "customer_bill" b
    LEFT JOIN "dispute_hold" h ON h."tenant_id" = b."tenant_id" AND h."bill_id" = b."id"
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ANY(${billIds}::text[]) AND (h."bill_id" IS NOT NULL
      OR EXISTS (SELECT FROM "dispute" d
        WHERE d."tenant_id" = b."tenant_id" AND d."bill_id" = b."id" AND d."closed_at" IS NULL))
    ORDER BY b."id"`)
  for (const { id, state, isDisputed, heldIn } of rows.map(STANDING.read)) {
    if (isDisputed && heldIn === undefined && OWED.includes(state)) await hold(tx, context, { id, state }, now)
    if (!isDisputed && heldIn !== undefined) await release(tx, context, { id, state, heldIn }, now)
  }
}

const OWED = ['validated', 'sent', 'partiallyPaid']

interface Standing {
  readonly id: string
  readonly state: string
}

async function hold(tx: Transaction, context: ChangeContext, { id, state }: Standing, now: Instant): Promise<void> {
  const { tenantId } = context.author
  await tx.run(prepared`INSERT INTO "dispute_hold" ("tenant_id", "bill_id", "bill_state")
    VALUES (${tenantId}, ${id}, ${state})`)
  await tx.run(prepared`UPDATE "customer_bill" SET "state" = 'onHold', "hold_reason" = ${HOLD_REASON},
      "version" = "version" + 1, "last_update" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  await recordMove(tx, context, { id, from: state, to: 'onHold' }, now)
}

/** The state of a bill `b` before its first payment, if none is left of its payments; else partiallyPaid. */
export const UNPAID_STATE = sql`coalesce((
    SELECT (array_agg(a."bill_state" ORDER BY a."position" DESC)
      FILTER (WHERE a."bill_state" NOT IN ('partiallyPaid', 'settled', 'onHold')))[1]
    FROM "payment_allocation" a WHERE a."tenant_id" = b."tenant_id" AND a."bill_id" = b."id"
    HAVING sum(a."amount") = 0), 'partiallyPaid')`

const RELEASED = rowOf('customer_bill', { state: text }, 'b')

async function release(
  tx: Transaction,
  context: ChangeContext,
  { id, state, heldIn }: Standing & { readonly heldIn: string },
  now: Instant
): Promise<void> {
  const { tenantId } = context.author
  await tx.run(prepared`DELETE FROM "dispute_hold" WHERE "tenant_id" = ${tenantId} AND "bill_id" = ${id}`)
  if (state !== 'onHold') return
  const { rows } = await tx.run(prepared`UPDATE "customer_bill" b
    SET "state" = ${heldIn === 'partiallyPaid' ? UNPAID_STATE : sql`${heldIn}`}, "hold_reason" = NULL,
      "version" = b."version" + 1, "last_update" = ${now}
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id} RETURNING ${RELEASED.columns}`)
  for (const { state: to } of rows.map(RELEASED.read)) await recordMove(tx, context, { id, from: state, to }, now)
}

/** Refuses that a bill of which nothing is undisputed leaves the state `onHold`. */
export async function requireUndisputed(
  tx: Transaction,
  tenantId: string,
  { state }: Bill,
  { id, document }: Stored<Bill>
): Promise<void> {
  if (document.state !== 'onHold' || state === 'onHold') return
  const found = await tx.run(prepared`SELECT coalesce(${IS_DISPUTED}, FALSE) FROM "customer_bill" b
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id}`)
  if (scalar(found, boolean)) throw DISPUTES.billInDispute()
}

async function recordMove(
  tx: Transaction,
  context: ChangeContext,
  { id, from, to }: { readonly id: string; readonly from: string; readonly to: string },
  now: Instant
): Promise<void> {
  const change = { action: 'dispute' as const, resourceType: customerBill.type, resourceId: id }
  await recordChanges(tx, context, [{ ...change, before: { state: from }, after: { state: to } }], now)
  await recordEvents(tx, context, customerBill, 'stateChanged', [id], now)
}
