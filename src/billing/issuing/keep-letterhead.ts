import { LETTERHEAD, RECIPIENT } from '../../accounts/letterhead.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { scalar, text } from '../../db/row.ts'
import { prepared, type Sql } from '../../db/sql.ts'

/**
 * Keeps a tenant's present letterhead and returns its id, the first half of the SHA-256 of its content. An equal one is
 * not written again. A new one makes others wait until this transaction ends, so it comes after the balances and before
 * the numbers.
 */
export async function keepLetterhead(tx: Transaction, tenantId: string, now: Instant): Promise<string> {
  const kept = await tx.run(prepared`WITH "now" AS MATERIALIZED (
        SELECT ${LETTERHEAD} AS "content" FROM "tenant" t WHERE t."id" = ${tenantId}),
      "current" AS MATERIALIZED (
        SELECT left(encode(sha256(convert_to("content"::text, 'UTF8')), 'hex'), 32) AS "id", "content" FROM "now"),
      "kept" AS (
        INSERT INTO "letterhead" ("tenant_id", "id", "content", "created_at")
        SELECT ${tenantId}, "id", "content", ${now} FROM "current" ON CONFLICT DO NOTHING)
      SELECT "id" FROM "current"`)
  return scalar(kept, text)
}

/**
 * Keeps letterhead and recipient for issued bills without them: a bill of another system is issued by being posted.
 * `bills` is a condition on "customer_bill" under the name `b`.
 */
export async function keepDocuments(tx: Transaction, tenantId: string, bills: Sql, now: Instant): Promise<void> {
  const letterheadId = await keepLetterhead(tx, tenantId, now)
  await tx.run(prepared`UPDATE "customer_bill" b SET "letterhead_id" = ${letterheadId}, "recipient" = ${RECIPIENT}
      WHERE b."tenant_id" = ${tenantId} AND ${bills} AND b."issued_as" IS NOT NULL AND b."letterhead_id" IS NULL`)
}
