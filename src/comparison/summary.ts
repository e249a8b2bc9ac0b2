import { z } from 'zod'
import type { Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import { OPTIONAL_PARTS, REASONS, STATUSES } from './comparison.ts'
import type { Comparison } from './compute.ts'
import { billsOf } from './sides.ts'

/**
 * The bins of the histogram by their numbers: 0 holds the accounts without a difference, n those with more than the
 * bound n-1 (0 for the first) and at most the bound n, the last those with more than every bound; -n the same below 0.
 */
export const BOUNDS = ['0.01', '0.1', '1', '10', '100', '1000'] as const
export const OUTERMOST = BOUNDS.length + 1

const COUNT = z.number()

/** The findings of a comparison. Amounts are decimal texts. */
export const SUMMARY = z.object({
  statuses: z.partialRecord(z.enum(STATUSES), COUNT),
  reasons: z.partialRecord(z.enum(REASONS), COUNT),
  uncompared: z.partialRecord(z.enum(OPTIONAL_PARTS), COUNT),
  /** Bills of the other system that name no billing account. */
  withoutAccount: COUNT,
  totals: z.array(
    z.object({
      currency: z.string(),
      accounts: COUNT,
      hereBills: COUNT,
      thereBills: COUNT,
      here: z.string(),
      there: z.string(),
      difference: z.string(),
      /** Accounts on both sides by the number of their bin. */
      bins: z.record(z.string(), COUNT)
    })
  )
})
export type Summary = z.output<typeof SUMMARY>

/** Sums up the stored rows of a comparison, and marks it as done. */
export async function summarize(tx: Transaction, { tenantId, id, source }: Comparison, now: string) {
  const rows = sql`"comparison_account" a WHERE a."tenant_id" = ${tenantId} AND a."comparison_id" = ${id}`
  const counted = (keys: Sql) => sql`coalesce((SELECT jsonb_object_agg("key", "count") FROM (${keys}) k), '{}')`
  const listed = (list: Sql) =>
    counted(sql`SELECT "key", count(*) AS "count"
    FROM (SELECT jsonb_array_elements_text(${list}) AS "key" FROM ${rows} AND ${list} <> '[]') l GROUP BY 1`)
  const bins = sql`SELECT "currency", jsonb_object_agg("bin", "count") AS "bins" FROM (
      SELECT a."currency", ${BIN} AS "bin", count(*) AS "count" FROM ${rows}
        AND a."status" IN ('equal', 'differs') GROUP BY 1, 2) b GROUP BY 1`
  const totals = sql`SELECT a."currency", count(*) AS "accounts", sum("here_bills") AS "hereBills",
      sum("there_bills") AS "thereBills", coalesce(sum("here_amount"), 0)::text AS "here",
      coalesce(sum("there_amount"), 0)::text AS "there", sum("difference")::text AS "difference"
    FROM ${rows} GROUP BY 1`
  await tx.run(sql`UPDATE "comparison" SET "state" = 'done', "finished_at" = ${now}, "version" = "version" + 1,
      "summary" = jsonb_build_object(
        'statuses', ${counted(sql`SELECT a."status" AS "key", count(*) AS "count" FROM ${rows} GROUP BY 1`)},
        'reasons', ${listed(sql`a."reasons"`)},
        'uncompared', ${listed(sql`a."uncompared"`)},
        'withoutAccount', (SELECT count(*) FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId}
          AND b."billing_account_id" IS NULL AND ${billsOf(tenantId, source)}),
        'totals', coalesce((SELECT jsonb_agg(to_jsonb(t) || jsonb_build_object('bins', coalesce(b."bins", '{}'))
            ORDER BY t."currency")
          FROM (${totals}) t LEFT JOIN (${bins}) b ON b."currency" = t."currency"), '[]'))
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
}

/** `width_bucket` counts the bounds that the size does not exceed. */
const BIN: Sql = sql`(sign(a."difference") * (${OUTERMOST}::int - width_bucket(-abs(a."difference"),
  ${BOUNDS.toReversed().map((bound) => `-${bound}`)}::numeric[])))::int`
