import { z } from 'zod'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, decimal, json, optional } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { whileUnposted } from '../../ledger/hold.ts'

/** What is told of: an account of a tenant, in one currency, from an instant until before another. */
export interface Period {
  readonly tenantId: string
  readonly billingAccountId: string
  readonly currency: string
  readonly start: Instant
  readonly end: Instant
}

/** How an account came from one balance to the next, in decimal text. What the account holder has is positive. */
export interface Statement {
  readonly openingBalance: string
  readonly payments: string
  readonly callCharges: string
  readonly otherCharges: string
  readonly adjustments: string
  readonly totalCharges: string
  readonly closingBalance: string
  /** What moved the balance, in the order of posting. */
  readonly movements: readonly Movement[]
}

/** A bill that was issued, or a payment that came in or went back: one of ours, or what another system took. */
export interface Movement {
  readonly date: Instant
  readonly type: 'bill' | 'payment' | 'reversal'
  /** Whether it comes from a bill, which is also the source of what another system took for it. */
  readonly isOfBill: boolean
  readonly sourceId: string
  readonly amount: string
}

const MOVEMENTS: z.ZodType<readonly Movement[]> = z.array(
  z.object({
    date: z.string(),
    type: z.enum(['bill', 'payment', 'reversal']),
    isOfBill: z.boolean(),
    sourceId: z.string(),
    amount: z.string()
  })
)

/**
 * Reads a statement from the ledger alone. What the holder has is the opposite of what is receivable and of what is in
 * the balance; since journals sum to zero, that is the sum of all other books: what was paid, less what was charged.
 * A charge is one of calls if the tenant counted its type as that when it was posted. What is being posted to the
 * account is waited for, so that whatever this does not tell of is posted after it was read.
 */
export async function readStatement(tx: Transaction, period: Period): Promise<Statement> {
  const { movements = [], ...amounts } = await whileUnposted(tx, period.tenantId, period, () => readEntries(tx, period))
  return { ...amounts, movements }
}

const ENTRIES = computedRow({
  openingBalance: computed(decimal, sql`"opening"`),
  payments: decimal,
  callCharges: computed(decimal, sql`"calls"`),
  otherCharges: computed(decimal, sql`"others"`),
  adjustments: decimal,
  totalCharges: computed(decimal, sql`"calls" + "others" + "adjustments"`),
  closingBalance: computed(decimal, sql`"opening" + "payments" - "calls" - "others" - "adjustments"`),
  movements: computed(
    optional(json(MOVEMENTS)),
    sql`(SELECT json_agg(json_build_object('date', to_char("posted_at", 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'type', "type", 'isOfBill', "is_of_bill", 'sourceId', "source_id", 'amount', "amount"::text)
          ORDER BY "posted_at", "journal_id", "type")
        FROM "movement")`
  )
})

async function readEntries(tx: Transaction, { tenantId, billingAccountId, currency, start, end }: Period) {
  const found = await tx.run(sql`WITH "counted" AS (
      SELECT "types", "since", lead("since", 1, 'infinity') OVER (ORDER BY "since") AS "until"
      FROM "call_charge_types" WHERE "tenant_id" = ${tenantId}),
    "entry" AS (
      SELECT e."journal_id", e."posted_at", e."source_type", e."source_id", e."amount",
        e."posted_at" < ${start} AS "is_before",
        CASE WHEN e."book" = 'cash' THEN 'payment'
          WHEN e."book" NOT IN ('revenue', 'partner') THEN 'other'
          WHEN c."types" @> to_jsonb(e."detail") THEN 'call'
          WHEN e."detail" = 'appliedBillingCredit' THEN 'adjustment' ELSE 'other' END AS "kind"
      FROM "ledger_entry" e LEFT JOIN "counted" c ON e."posted_at" >= c."since" AND e."posted_at" < c."until"
      WHERE e."tenant_id" = ${tenantId} AND e."billing_account_id" = ${billingAccountId}
        AND e."currency" = ${currency} AND e."posted_at" < ${end} AND e."book" NOT IN ('receivable', 'balance')),
    "total" AS (
      SELECT coalesce(sum("amount") FILTER (WHERE "is_before"), 0) AS "opening",
        coalesce(sum("amount") FILTER (WHERE NOT "is_before" AND "kind" = 'payment'), 0) AS "payments",
        coalesce(-sum("amount") FILTER (WHERE NOT "is_before" AND "kind" = 'call'), 0) AS "calls",
        coalesce(-sum("amount") FILTER (WHERE NOT "is_before" AND "kind" = 'other'), 0) AS "others",
        coalesce(-sum("amount") FILTER (WHERE NOT "is_before" AND "kind" = 'adjustment'), 0) AS "adjustments"
      FROM "entry"),
    "movement" AS (
      SELECT "journal_id", "posted_at", "source_type" = 'bill' AS "is_of_bill", "source_id",
        CASE WHEN "source_type" = 'bill' AND "kind" = 'payment' THEN 'payment' ELSE "source_type" END AS "type",
        sum("amount") AS "amount"
      FROM "entry" WHERE NOT "is_before" GROUP BY 1, 2, 3, 4, 5)
    SELECT ${ENTRIES.columns} FROM "total"`)
  return ENTRIES.one(found)
}
