import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { integer, optional, rowOf, scalar, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { addJobs, IN_BULK } from '../../jobs/queue.ts'
import { REASONS } from '../../messages/reason.ts'
import { BILL_CHUNK } from './bill-run.ts'
import { type ChunkName, park, unpark } from './chunk.ts'

/** Narrows a refused chunk down to the account at fault: halves it, or parks its only account. */
export async function isolate(tx: Transaction, chunk: ChunkName, error: Error, now: Instant): Promise<void> {
  if (!(await halve(tx, chunk))) await parkAlone(tx, chunk, error, now)
}

async function halve(tx: Transaction, { tenantId, runId, number }: ChunkName): Promise<boolean> {
  const cut = await tx.run(sql`WITH "chunk" AS (
      SELECT * FROM "bill_run_chunk"
      WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND "number" = ${number} AND "finished_at" IS NULL
        AND "first_account" < "last_account" FOR UPDATE),
    "account" AS (
      SELECT a."id", row_number() OVER (ORDER BY a."id") * 2 <= count(*) OVER () AS "is_lower" FROM (
        SELECT b."id" FROM "chunk" c JOIN "billing_account" b ON b."tenant_id" = c."tenant_id"
          AND b."id" BETWEEN c."first_account" AND c."last_account" WHERE c."eligible" > 0
        UNION ALL
        SELECT p."billing_account_id" FROM "chunk" c JOIN "bill_run_parked" p ON p."tenant_id" = c."tenant_id"
          AND p."bill_run_id" = c."bill_run_id" AND p."retry" = c."number" WHERE c."eligible" = 0) a),
    "upper" AS (
      INSERT INTO "bill_run_chunk" ("tenant_id", "bill_run_id", "number", "first_account", "last_account", "eligible")
      SELECT ${tenantId}, ${runId}, (SELECT max("number") + 1 FROM "bill_run_chunk"
          WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId}), min(a."id"), max(a."id"), ${ELIGIBLE}
      FROM "account" a WHERE NOT a."is_lower" HAVING count(*) > 0 RETURNING "number"),
    "moved" AS (
      UPDATE "bill_run_parked" p SET "retry" = u."number" FROM "account" a, "upper" u
      WHERE p."tenant_id" = ${tenantId} AND p."bill_run_id" = ${runId} AND p."billing_account_id" = a."id"
        AND p."retry" = ${number}::int AND NOT a."is_lower")
    UPDATE "bill_run_chunk" x SET "last_account" = l."last", "eligible" = l."eligible"
    FROM (SELECT max("id") AS "last", ${ELIGIBLE} AS "eligible" FROM "account" WHERE "is_lower" HAVING count(*) > 0) l,
      "chunk" c
    WHERE x."tenant_id" = c."tenant_id" AND x."bill_run_id" = c."bill_run_id" AND x."number" = c."number"
    RETURNING (SELECT "number" FROM "upper")`)
  const upper = scalar(cut, optional(integer))
  if (upper === undefined) return false
  const halves = sql`unnest(${[number, upper]}::int[])`
  await addJobs(
    tx,
    BILL_CHUNK,
    sql`SELECT json_build_object('tenantId', ${tenantId}::text, 'runId', ${runId}::text, 'number', n),
      concat('run ', ${runId}::text, ' chunk ', n) FROM ${halves} n`,
    IN_BULK
  )
  return true
}

/** The accounts of a half; those of a retry were counted before. */
const ELIGIBLE = sql`CASE WHEN (SELECT "eligible" FROM "chunk") = 0 THEN 0 ELSE count(*) END`

const FIRST = rowOf('bill_run_chunk', { firstAccount: text })

async function parkAlone(tx: Transaction, name: ChunkName, error: Error, now: Instant): Promise<void> {
  const { tenantId, runId, number } = name
  const { rows } = await tx.run(sql`SELECT ${FIRST.columns} FROM "bill_run_chunk" WHERE "tenant_id" = ${tenantId}
    AND "bill_run_id" = ${runId} AND "number" = ${number} AND "finished_at" IS NULL FOR UPDATE`)
  const [chunk] = rows.map(FIRST.read)
  if (!chunk) return
  await unpark(tx, name)
  await park(tx, name, {
    ready: 0,
    skipped: {},
    parked: [{ billingAccount: chunk.firstAccount, reason: REASONS.databaseRefused(error.message) }]
  })
  await tx.run(sql`UPDATE "bill_run_chunk" SET "billed" = 0, "skipped" = '{}', "finished_at" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND "number" = ${number}`)
}
