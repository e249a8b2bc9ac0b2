import type { ReviewRules } from '../../admin/review-rules.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, count, decimal, integer, optional, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { holdDrafts, READY_DRAFTS } from '../drafts/tables.ts'
import { judge, type Verdict } from './judge.ts'

/** The drafts that are held, by account. */
export type Held = ReadonlyMap<string, Verdict>

export const NONE_HELD: Held = new Map()

interface Reviewed {
  readonly tenantId: string
  readonly billCycleId: string
  readonly billDate: Instant
}

/**
 * Holds those drafts of this transaction (see draft.ts) that the rules select. Reads what the rules look at in one
 * statement.
 */
export async function holdOdd(tx: Transaction, run: Reviewed, rules: ReviewRules): Promise<Held> {
  const facts = await readFacts(tx, run, rules)
  const held = new Map(
    facts.flatMap((one) => {
      const verdict = judge(rules, run.billCycleId, one)
      return verdict ? [[one.billingAccount, verdict] as const] : []
    })
  )
  if (held.size > 0) {
    await holdDrafts(
      tx,
      [...held].map(([account, { reasons }]) => ({ account, holdReason: reasons.map((one) => one.text).join('; ') }))
    )
  }
  return held
}

const FACTS = computedRow({
  billingAccount: computed(text, sql`d."account"`),
  currency: computed(text, sql`d."currency"`),
  taxExcluded: computed(decimal, sql`d."tax_excluded"`),
  taxIncluded: computed(decimal, sql`d."tax_included"`),
  lineCount: computed(integer, sql`d."lines"`),
  earlierCount: computed(count, sql`e."count"`),
  earlierMean: computed(optional(decimal), sql`e."mean"`)
})

/** Earlier bills are those that the comparison with the previous bill knows, also of other systems. */
async function readFacts(tx: Transaction, { tenantId, billDate }: Reviewed, rules: ReviewRules) {
  const limit = rules.overMean?.bills ?? (rules.firstBill ? 1 : 0)
  const earlier = sql`SELECT p."amount_due_value" AS "amount" FROM "customer_bill" p
    WHERE p."tenant_id" = ${tenantId} AND p."billing_account_id" = d."account"
      AND (p."partner_id" IS NULL OR p."partner_id" = d."partner") AND p."amount_due_unit" = d."currency"
      AND p."issued_as" IS NOT NULL AND coalesce(p."category", 'normal') NOT IN ('creditNote', 'trial')
      AND p."bill_date" <= ${billDate}::timestamptz
    ORDER BY p."bill_date" DESC NULLS LAST, p."id" LIMIT ${limit}`
  const { rows } = await tx.run(sql`SELECT ${FACTS.columns} FROM ${READY_DRAFTS} d
    CROSS JOIN LATERAL (SELECT count(*) AS "count", avg("amount") AS "mean" FROM (${earlier}) x) e`)
  return rows.map(FACTS.read).map(({ earlierCount, earlierMean: mean, ...facts }) => ({
    ...facts,
    earlier: { count: earlierCount, mean }
  }))
}

/** Keeps why bills of a run are held; `bills` has their ids by account. */
export async function keepReviews(
  tx: Transaction,
  { tenantId, runId }: { readonly tenantId: string; readonly runId: string },
  held: Held,
  bills: ReadonlyMap<string, string>
): Promise<void> {
  if (held.size === 0) return
  const rows = [...held].map(([account, verdict]) => ({ bill: bills.get(account), ...verdict }))
  await tx.run(sql`INSERT INTO "bill_review" ("tenant_id", "bill_id", "bill_run_id", "reasons", "score")
    SELECT ${tenantId}, r."bill", ${runId}, r."reasons", r."score"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) r("bill" text, "reasons" jsonb, "score" numeric)`)
}
