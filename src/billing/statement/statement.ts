import type { Instant } from '../../base/instant.ts'
import type { Result, Transaction } from '../../db/database.ts'
import { boolean, computed, computedRow, decimal, instant, oneOf, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { whileUnposted } from '../../ledger/hold.ts'
import { QUERIES } from '../../messages/query.ts'

export interface Period {
  readonly tenantId: string
  readonly billingAccountId: string
  readonly currency: string
  readonly start: Instant
  readonly end: Instant
}

export interface Statement extends ReturnType<typeof AMOUNTS.read> {
  /** Rows of what moved the balance, in the order of posting; `readMovement` reads one. */
  readonly movements: Result['rows']
}

/** The kinds of changes, as the ledger names their origins. */
export const MOVEMENTS = ['bill', 'payment', 'reversal', 'transfer', 'writeOff', 'refund', 'adjustment'] as const

const MOVEMENT = computedRow({
  date: computed(instant, sql`"posted_at"`),
  type: computed(
    oneOf(MOVEMENTS),
    sql`CASE WHEN "source_type" = 'bill' AND "book" = 'cash' THEN 'payment' ELSE "source_type" END`
  ),
  /** Its source is a bill, also for payments that another system received. */
  isOfBill: computed(boolean, sql`"source_type" = 'bill'`),
  sourceId: computed(text, sql`"source_id"`),
  amount: computed(decimal, sql`sum("amount")`)
})

export const readMovement = MOVEMENT.read
export type Movement = ReturnType<typeof readMovement>

/** A longer statement is refused; several of shorter periods say the same. */
const MOVEMENTS_MAX = 10_000

/**
 * Reads a statement from the ledger alone. The holder's balance is the negated sum of receivable and balance; since
 * journals sum to zero, that is the sum of all other books: payments less charges. A charge counts as calls if the
 * tenant's settings said so when it was posted. Waits for postings under way: anything missing from the statement is
 * posted after it was read.
 */
export async function readStatement(tx: Transaction, period: Period): Promise<Statement> {
  return whileUnposted(tx, period.tenantId, period, async () => ({
    movements: await readMovements(tx, period),
    ...(await readAmounts(tx, period))
  }))
}

async function readMovements(
  tx: Transaction,
  { tenantId, billingAccountId, currency, start, end }: Period
): Promise<Result['rows']> {
  const { rows } = await tx.run(sql`SELECT ${MOVEMENT.columns} FROM "ledger_entry"
    WHERE "tenant_id" = ${tenantId} AND "billing_account_id" = ${billingAccountId} AND "currency" = ${currency}
      AND "posted_at" >= ${start} AND "posted_at" < ${end} AND "book" NOT IN ('receivable', 'balance')
    GROUP BY "journal_id", 1, 2, 3, 4 ORDER BY 1, "journal_id", 2 LIMIT ${MOVEMENTS_MAX + 1}`)
  if (rows.length <= MOVEMENTS_MAX) return rows
  throw QUERIES.tooManyMovements(MOVEMENTS_MAX)
}

const AMOUNTS = computedRow({
  openingBalance: computed(decimal, sql`"opening"`),
  payments: decimal,
  callCharges: computed(decimal, sql`"calls"`),
  otherCharges: computed(decimal, sql`"others"`),
  adjustments: decimal,
  totalCharges: computed(decimal, sql`"calls" + "others" + "adjustments"`),
  closingBalance: computed(decimal, sql`"opening" + "payments" - "calls" - "others" - "adjustments"`)
})

async function readAmounts(tx: Transaction, { tenantId, billingAccountId, currency, start, end }: Period) {
  const found = await tx.run(sql`WITH "counted" AS (
      SELECT "types", "since", lead("since", 1, 'infinity') OVER (ORDER BY "since") AS "until"
      FROM "call_charge_types" WHERE "tenant_id" = ${tenantId}),
    "entry" AS (
      SELECT e."amount", e."posted_at" < ${start} AS "is_before",
        CASE WHEN e."book" = 'cash' THEN 'payment' WHEN e."book" = 'badDebt' THEN 'adjustment'
          WHEN e."book" NOT IN ('revenue', 'partner') THEN 'other' WHEN e."source_type" = 'adjustment' THEN 'adjustment'
          ELSE "charge_kind"(c."types", e."detail") END AS "kind"
      FROM "ledger_entry" e LEFT JOIN "counted" c ON e."posted_at" >= c."since" AND e."posted_at" < c."until"
      WHERE e."tenant_id" = ${tenantId} AND e."billing_account_id" = ${billingAccountId}
        AND e."currency" = ${currency} AND e."posted_at" < ${end} AND e."book" NOT IN ('receivable', 'balance')),
    "total" AS (
      SELECT coalesce(sum("amount") FILTER (WHERE "is_before"), 0) AS "opening",
        coalesce(sum("amount") FILTER (WHERE NOT "is_before" AND "kind" = 'payment'), 0) AS "payments",
        coalesce(-sum("amount") FILTER (WHERE NOT "is_before" AND "kind" = 'call'), 0) AS "calls",
        coalesce(-sum("amount") FILTER (WHERE NOT "is_before" AND "kind" = 'other'), 0) AS "others",
        coalesce(-sum("amount") FILTER (WHERE NOT "is_before" AND "kind" = 'adjustment'), 0) AS "adjustments"
      FROM "entry")
    SELECT ${AMOUNTS.columns} FROM "total"`)
  return AMOUNTS.one(found)
}
