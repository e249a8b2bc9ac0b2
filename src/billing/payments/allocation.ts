import { type Action, recordChanges } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import { negated } from '../../base/money.ts'
import type { Row, Transaction } from '../../db/database.ts'
import { computed, computedRow, decimal, text } from '../../db/row.ts'
import { identifiers, type Sql, sql } from '../../db/sql.ts'
import { addCredits } from '../../ledger/balance.ts'
import { type Allocation, postAllocations } from '../../ledger/post.ts'
import { customerBill } from '../../resources/customer-bill.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { recordEvents } from '../../tmf/event.ts'
import { readStored } from '../../tmf/representation.ts'
import { DISPUTED } from '../disputes/disputed.ts'
import { holdDisputed, UNPAID_STATE } from './disputed-bills.ts'

/**
 * Selects payable bills, as a condition on "customer_bill" under the name `b`: issued bills of the engine, and those of
 * other systems with a journal. The journal is looked up per bill; no plan reads the whole ledger.
 */
export const PAYABLE = sql`b."state" IN ('validated', 'sent', 'partiallyPaid') AND b."remaining_amount_value" > 0
  AND (b."rounding_amount" IS NOT NULL OR (SELECT TRUE FROM "ledger_entry" l
    WHERE l."tenant_id" = b."tenant_id" AND l."journal_id" = b."id" AND l."line" = 1))`

/**
 * Allocates payments to bills: first in, first out, in the order of the bills, and each payment up to its unused part.
 * `payments` is a condition on "payment" under the name `p`, `bills` one on "customer_bill" under `b`, and `order`
 * sorts that. Of bills that are not named, the disputed part is left alone. The balances and bills must be locked.
 */
export async function matched(
  tx: Transaction,
  tenantId: string,
  { payments, bills, order, isNamed = false }: Matching
): Promise<readonly Allocation[]> {
  // The payments and the bills of an account form stretches of one line, end to end: a payment pays the bills it
  // overlaps.
  const { rows } = await tx.run(sql`WITH "paid" AS (
      SELECT *, sum("left") OVER (PARTITION BY "account", "currency" ORDER BY "created_at", "id") AS "end"
      FROM (SELECT p."id", p."created_at", p."billing_account_id" AS "account", p."currency",
          p."amount" - p."given" - coalesce((SELECT sum(a."amount") FROM "payment_allocation" a
            WHERE a."tenant_id" = p."tenant_id" AND a."payment_id" = p."id"), 0) AS "left"
        FROM "payment" p WHERE p."tenant_id" = ${tenantId} AND p."reversed_at" IS NULL AND ${payments}) x
      WHERE "left" > 0),
    "due" AS (
      SELECT b."id", b."billing_account_id" AS "account", b."remaining_amount_unit" AS "currency", b."left",
        sum(b."left")
          OVER (PARTITION BY b."billing_account_id", b."remaining_amount_unit" ORDER BY ${order}, b."id") AS "end"
      FROM (SELECT b.*, b."remaining_amount_value" - ${isNamed ? sql`0` : DISPUTED} AS "left" FROM "customer_bill" b
        WHERE b."tenant_id" = ${tenantId} AND ${PAYABLE} AND ${bills}) b WHERE b."left" > 0)
    SELECT ${MATCHED.columns}
    FROM "paid" p JOIN "due" d USING ("account", "currency")
    WHERE p."end" - p."left" < d."end" AND d."end" - d."left" < p."end"
    ORDER BY "account", "currency", d."end", p."end"`)
  return rows.map(MATCHED.read)
}

interface Matching {
  readonly payments: Sql
  readonly bills: Sql
  readonly order: Sql
  /** The payments name the bills. */
  readonly isNamed?: boolean
}

const MATCHED = computedRow({
  paymentId: computed(text, sql`p."id"`),
  billId: computed(text, sql`d."id"`),
  billingAccountId: computed(text, sql`"account"`),
  currency: text,
  amount: computed(decimal, sql`least(p."end", d."end") - greatest(p."end" - p."left", d."end" - d."left")`)
})

/** Moves credit to bills; all allocations are positive. The balances must be locked. */
export async function allocate(
  tx: Transaction,
  context: ChangeContext,
  allocations: readonly Allocation[],
  now: Instant
): Promise<void> {
  const assignments = sql`
    "state" = CASE WHEN b."remaining_amount_value" = x."total" THEN 'settled' ELSE 'partiallyPaid' END,
    "applied_payment" = ${APPLIED}`
  await move(tx, context, allocations, now, { action: 'pay' as const, assignments })
}

/** Replaces the credit limit by payments on bills that it has paid; the allocations to a bill sum to 0. */
export async function replace(
  tx: Transaction,
  context: ChangeContext,
  allocations: readonly Allocation[],
  now: Instant
): Promise<void> {
  const assignments = sql`"applied_payment" = ${APPLIED}`
  await move(tx, context, allocations, now, { action: 'pay' as const, assignments, replacesLimit: true })
}

const APPLIED = sql`nullif(coalesce(b."applied_payment", '[]') || coalesce(x."applied", '[]'), '[]')`

/**
 * Moves money of one payment from bills back to the credit; its allocations are negative. Allocations without a payment
 * belong to the credit limit, which pays again.
 */
export async function takeBack(
  tx: Transaction,
  context: ChangeContext,
  paymentId: string,
  allocations: readonly Allocation[],
  now: Instant
): Promise<void> {
  const assignments = sql`
    "state" = CASE WHEN x."total" <> 0 AND b."state" IN ('partiallyPaid', 'settled') THEN ${UNPAID_STATE}
      ELSE b."state" END,
    "applied_payment" = (SELECT jsonb_agg(e."one" ORDER BY e."at")
      FROM jsonb_array_elements(b."applied_payment") WITH ORDINALITY e("one", "at")
      WHERE e."one"#>>'{payment,id}' IS DISTINCT FROM ${paymentId})`
  await move(tx, context, allocations, now, { action: 'reverse' as const, assignments })
}

const COLUMNS = identifiers(customerBill.columns)

interface Move {
  readonly action: Action
  readonly assignments: Sql
  /** The payments take the place of the credit limit. */
  readonly replacesLimit?: boolean
  /** The part of a bill that a credit note takes away. */
  readonly credit?: Pick<Allocation, 'billId' | 'currency' | 'amount'>
  /** The caller looks whether disputes hold the bills. */
  readonly keepsHold?: boolean
}

/**
 * Writes allocations, and what they leave of their bills with `assignments`, over "customer_bill" under the name `b`
 * and "x" with "total" and "applied". The balances must be locked.
 */
export async function move(
  tx: Transaction,
  context: ChangeContext,
  allocations: readonly Allocation[],
  now: Instant,
  { action, assignments, replacesLimit = false, credit, keepsHold = false }: Move
): Promise<void> {
  if (allocations.length === 0 && !credit) return
  const { tenantId } = context.author
  const numbered = allocations.map((allocation) => ({ ...allocation, id: context.newId() }))
  const each = <K extends keyof (typeof numbered)[number]>(name: K) => numbered.map((one) => one[name])
  const changed = [...numbered, ...(credit ? [{ ...credit, paymentId: undefined }] : [])]
  const changes = <K extends keyof (typeof changed)[number]>(name: K) => changed.map((one) => one[name])
  const billIds = sql`${[...new Set(changes('billId'))]}::text[]`
  const before = await tx.run(sql`SELECT ${COLUMNS} FROM "customer_bill"
    WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${billIds}) ORDER BY "id" FOR UPDATE`)
  await tx.run(sql`INSERT INTO "payment_allocation" ("tenant_id", "id", "payment_id", "bill_id", "amount", "bill_state",
      "replaces_credit_limit")
    SELECT ${tenantId}, x."id", x."payment", x."bill", x."amount", b."state",
      ${replacesLimit}::boolean AND x."payment" IS NOT NULL
    FROM unnest(${each('id')}::text[], ${each('paymentId')}::text[], ${each('billId')}::text[],
      ${each('amount')}::numeric[]) WITH ORDINALITY x("id", "payment", "bill", "amount", "at")
    JOIN "customer_bill" b ON b."tenant_id" = ${tenantId} AND b."id" = x."bill" ORDER BY x."at"`)
  await postAllocations(tx, { tenantId, postedAt: now }, numbered)
  const spent = numbered.map((one) => ({ ...one, credit: negated(one.amount) }))
  await addCredits(tx, tenantId, spent)
  const after = await tx.run(sql`UPDATE "customer_bill" b SET "version" = b."version" + 1, "last_update" = ${now},
      "remaining_amount_value" = b."remaining_amount_value" - x."total", ${assignments}
    FROM (SELECT "bill", sum("amount") AS "total", jsonb_agg(jsonb_build_object(
          'appliedAmount', jsonb_build_object('unit', "currency", 'value', trim_scale("amount")),
          'payment', jsonb_build_object('id', "payment", '@referredType', 'Payment')) ORDER BY "at")
          FILTER (WHERE "payment" IS NOT NULL) AS "applied"
      FROM unnest(${changes('billId')}::text[], ${changes('paymentId')}::text[], ${changes('currency')}::text[],
        ${changes('amount')}::numeric[]) WITH ORDINALITY u("bill", "payment", "currency", "amount", "at") GROUP BY 1) x
    WHERE b."tenant_id" = ${tenantId} AND b."id" = x."bill" RETURNING ${COLUMNS}`)
  await record(tx, context, action, { before: before.rows, after: after.rows }, now)
  if (!keepsHold) await holdDisputed(tx, context, [...new Set(changes('billId'))], now)
}

async function record(
  tx: Transaction,
  context: ChangeContext,
  action: Action,
  rows: { readonly before: readonly Row[]; readonly after: readonly Row[] },
  now: Instant
): Promise<void> {
  const old = new Map(rows.before.map(paidPart).map(({ id, paid }) => [id, paid]))
  const changes = rows.after.map(paidPart).map(({ id, paid }) => {
    return { action, resourceType: customerBill.type, resourceId: id, before: old.get(id), after: paid }
  })
  await recordChanges(tx, context, changes, now)
  const [moved, kept] = [true, false].map((isMoved) =>
    changes
      .filter(({ before, after }) => (before?.state !== after.state) === isMoved)
      .map((change) => change.resourceId)
  )
  await recordEvents(tx, context, customerBill, 'stateChanged', moved ?? [], now)
  await recordEvents(tx, context, customerBill, 'attributeValueChanged', kept ?? [], now)
}

function paidPart(row: Row) {
  const { id, document } = readStored(customerBill, row)
  const { state, remainingAmount, appliedPayment, relatedBill } = document
  return { id, paid: { state, remainingAmount, appliedPayment, relatedBill } }
}
