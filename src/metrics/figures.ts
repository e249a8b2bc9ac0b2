import { z } from 'zod'
import { RUN_STATES } from '../billing/runs/run.ts'
import type { Queryable } from '../db/database.ts'
import { computed, computedRow, count, decimal, json, optional } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { MAIL_STATES } from '../mail/queue.ts'
import { UPLOAD_STATES } from '../upload/states.ts'

/** More overdue bills than this are not counted. */
const OVERDUE_MAX = 100_000

const BY_STATE = json(z.record(z.string(), z.number()))

const FIGURES = computedRow({
  runs: computed(BY_STATE, byState(sql`"bill_run"`, RUN_STATES)),
  uploads: computed(BY_STATE, byState(sql`"upload"`, UPLOAD_STATES)),
  mails: computed(BY_STATE, byState(sql`"mail"`, MAIL_STATES)),
  /** Accounts of the runs that are under way, or ended within a day. */
  eligible: count,
  billed: count,
  skipped: count,
  parked: count,
  /** Of all runs under way together. */
  accountsPerSecond: computed(optional(decimal), sql`"rate"`),
  /** Of the run that ended last. */
  runSeconds: computed(
    optional(decimal),
    sql`(SELECT extract(epoch FROM "finished_at" - "started_at") FROM "bill_run"
      WHERE "finished_at" IS NOT NULL AND "started_at" IS NOT NULL ORDER BY "finished_at" DESC LIMIT 1)`
  ),
  verifications: computed(
    json(z.array(z.object({ kind: z.string(), at: z.number(), sound: z.number(), seconds: z.number() }))),
    sql`(SELECT coalesce(json_agg(v), '[]') FROM (SELECT "kind", extract(epoch FROM min("verified_at")) AS "at",
        min(CASE WHEN "difference" IS NULL THEN 1 ELSE 0 END) AS "sound", sum("seconds") AS "seconds"
      FROM "verification" GROUP BY 1) v)`
  ),
  overdue: computed(
    count,
    sql`(SELECT count(*) FROM (SELECT FROM "customer_bill"
      WHERE "state" IN ('validated', 'sent', 'partiallyPaid') AND "payment_due_date" < now() LIMIT ${OVERDUE_MAX}) b)`
  )
})

/** Figures of all tenants, from the database: every process returns the same. */
export type Figures = ReturnType<typeof FIGURES.read>

/** Reads the figures of runs, uploads, mails and bills. */
export async function readFigures(queryable: Queryable): Promise<Figures> {
  return FIGURES.one(
    await queryable.run(sql`WITH "run" AS (SELECT r.* FROM "bill_run" r
        WHERE r."state" = 'running' OR r."finished_at" > now() - interval '1 day'),
      "done" AS (SELECT r."state", r."started_at", c."eligible", c."billed", (
          SELECT coalesce(sum(k."value"::bigint), 0) FROM jsonb_each_text(coalesce(c."skipped", '{}')) k) AS "skipped"
        FROM "run" r JOIN "bill_run_chunk" c ON c."tenant_id" = r."tenant_id" AND c."bill_run_id" = r."id")
      SELECT ${FIGURES.columns} FROM (SELECT coalesce(sum("eligible"), 0) AS "eligible",
          coalesce(sum("billed"), 0) AS "billed", coalesce(sum("skipped"), 0) AS "skipped",
          (SELECT count(*) FROM "bill_run_parked" p JOIN "run" r
            ON r."tenant_id" = p."tenant_id" AND r."id" = p."bill_run_id") AS "parked",
          sum("billed" + "skipped") FILTER (WHERE "state" = 'running')
            / nullif(extract(epoch FROM now() - min("started_at") FILTER (WHERE "state" = 'running')), 0) AS "rate"
        FROM "done") f`)
  )
}

/** Counts the rows of a table by state, also those states that no row has. */
function byState(table: Sql, states: readonly string[]): Sql {
  return sql`(SELECT json_object_agg(s."state", coalesce(t."number", 0)) FROM unnest(${states}::text[]) s("state")
    LEFT JOIN (SELECT "state", count(*) AS "number" FROM ${table} GROUP BY 1) t ON t."state" = s."state")`
}
