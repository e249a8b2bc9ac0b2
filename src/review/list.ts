import { z } from 'zod'
import { HOLDS, type Hold } from '../billing/review/judge.ts'
import { IN_REVIEW } from '../billing/review/release.ts'
import type { Queryable } from '../db/database.ts'
import { boolean, computed, computedRow, count, decimal, json, optional, scalar, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'

/** A held bill waits in review until it is released; a discarded one is gone. */
export const STATUSES = ['inReview', 'released'] as const
export type Status = (typeof STATUSES)[number]

export interface ReviewFilter {
  readonly tenantId: string
  readonly runId: string
  readonly reasons?: readonly Hold[] | undefined
  readonly statuses?: readonly Status[] | undefined
  readonly billIds?: readonly string[] | undefined
}

/** The last bill of the page before. */
export interface Place {
  readonly score: string
  readonly billId: string
}

const HELD = computedRow({
  billId: computed(text, sql`v."bill_id"`),
  state: computed(text, sql`b."state"`),
  isInReview: computed(boolean, IN_REVIEW),
  billingAccountId: computed(text, sql`b."billing_account_id"`),
  accountName: computed(
    optional(text),
    sql`(SELECT a."name" FROM "billing_account" a
      WHERE a."tenant_id" = b."tenant_id" AND a."id" = b."billing_account_id")`
  ),
  currency: computed(text, sql`b."amount_due_unit"`),
  amount: computed(decimal, sql`b."amount_due_value"`),
  score: computed(decimal, sql`v."score"`),
  reasons: computed(
    json(z.array(z.object({ reason: z.enum(HOLDS), code: z.string(), text: z.string() }))),
    sql`v."reasons"`
  )
})

export type HeldBill = ReturnType<typeof HELD.read>

/** Selects reviews `v` with their bills `b`, as the rest of a statement after FROM. */
export function reviewsOf({ tenantId, runId, reasons, statuses = STATUSES, billIds }: ReviewFilter): Sql {
  const isWanted = (status: Status) => statuses.includes(status)
  const ofReason = sql`EXISTS (SELECT FROM jsonb_array_elements(v."reasons") x
    WHERE x->>'reason' = ANY(${reasons ?? []}::text[]))`
  return sql`"bill_review" v JOIN "customer_bill" b ON b."tenant_id" = v."tenant_id" AND b."id" = v."bill_id"
    WHERE v."tenant_id" = ${tenantId} AND v."bill_run_id" = ${runId}
      AND CASE WHEN ${IN_REVIEW} THEN ${isWanted('inReview')}::boolean ELSE ${isWanted('released')}::boolean END
      AND ${reasons ? ofReason : sql`TRUE`}
      AND ${billIds ? sql`v."bill_id" = ANY(${billIds}::text[])` : sql`TRUE`}`
}

/** Reads held bills of a run, the oddest first, from behind a place. */
export async function readHeld(
  queryable: Queryable,
  filter: ReviewFilter,
  { after, limit }: { readonly after?: Place | undefined; readonly limit: number }
): Promise<readonly HeldBill[]> {
  const behind = after
    ? sql`v."score" <= ${after.score}::numeric
        AND (v."score" < ${after.score}::numeric OR v."bill_id" > ${after.billId})`
    : sql`TRUE`
  const { rows } = await queryable.run(sql`SELECT ${HELD.columns} FROM ${reviewsOf(filter)} AND ${behind}
    ORDER BY v."score" DESC, v."bill_id" LIMIT ${limit}`)
  return rows.map(HELD.read)
}

export async function countHeld(queryable: Queryable, filter: ReviewFilter): Promise<number> {
  return scalar(await queryable.run(sql`SELECT count(*) FROM ${reviewsOf(filter)}`), count)
}

/** Addresses below which bills and accounts, and runs, are found. */
export interface Roots {
  readonly api: string
  readonly billing: string
}

/** Writes a held bill of a run as JSON; `more` has further members. */
export function writeHeld(
  { billId: id, billingAccountId: account, accountName: name, ...held }: HeldBill,
  runId: string,
  { api, billing }: Roots,
  more: Readonly<Record<string, string>> = {}
): string {
  return objectOf({
    href: JSON.stringify(`${billing}/billRun/${runId}/review/${id}`),
    bill: JSON.stringify({ id, href: `${api}/customerBill/${id}` }),
    billingAccount: JSON.stringify({ id: account, href: `${api}/accounts/${encodeURIComponent(account)}`, name }),
    status: JSON.stringify(held.isInReview ? 'inReview' : 'released'),
    state: JSON.stringify(held.state),
    amountDue: moneyOf(held.currency, held.amount),
    score: held.score,
    reasons: JSON.stringify(held.reasons),
    ...more
  })
}
