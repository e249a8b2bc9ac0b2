import type { Transaction } from '../db/database.ts'
import { asPrepared, type Sql, sql } from '../db/sql.ts'
import { insertEntries, postingInstant } from './post.ts'

/**
 * Posts the journals of bills, each under the id of its bill: receivable against revenue, taxes and rounding, and what
 * another system had taken for it. `bills` is a query of one row for each bill with the columns "bill" and "account",
 * their ids; "partner", which owns it, or NULL; "currency"; "due", with tax; "at", the instant of the charge; "revenue"
 * before tax, jsonb of amounts by type of rate; "untyped", revenue of no type; "taxes", its tax items; "rounding";
 * "paid", what another system had taken, and "paid_at", when. The last six may be NULL.
 */
export async function postBills(tx: Transaction, tenantId: string, bills: Sql): Promise<void> {
  const income = sql`CASE WHEN b."partner" IS NULL THEN 'revenue' ELSE 'partner' END`
  const posted = (at: Sql) => postingInstant(tenantId, sql`b."account"`, at)
  const entries = sql`SELECT ${tenantId}, b."bill",
      row_number() OVER (PARTITION BY b."bill" ORDER BY e."place", e."detail" COLLATE "C"),
      e."posted_at", e."book", e."detail", b."account", b."currency", e."amount", 'bill', b."bill", e."occurred_at"
    FROM (${bills}) b CROSS JOIN LATERAL ${posted(sql`b."at"`)} p
    CROSS JOIN LATERAL (
      SELECT 1 AS "place", 'receivable' AS "book", NULL AS "detail", b."due" AS "amount", p.*
      UNION ALL
      SELECT 2, ${income}, r."key", -r."value"::numeric, p.* FROM jsonb_each_text(b."revenue") r
      UNION ALL
      SELECT 2, ${income}, NULL, -b."untyped", p.* WHERE b."untyped" IS NOT NULL
      UNION ALL
      SELECT 3, 'tax', t->>'taxCategory', -(t#>>'{taxAmount,value}')::numeric, p.*
      FROM jsonb_array_elements(b."taxes") t
      UNION ALL
      SELECT 4, 'rounding', NULL, -b."rounding", p.* WHERE b."rounding" <> 0
      UNION ALL
      SELECT c."place", c."book", c."detail", c."sign" * b."paid", o.*
      FROM (VALUES (5, 'cash', 'other', 1), (6, 'receivable', NULL, -1)) c("place", "book", "detail", "sign")
      CROSS JOIN ${posted(sql`b."paid_at"`)} o WHERE b."paid" <> 0) e`
  await tx.run(asPrepared(insertEntries(entries), bills.isPrepared ?? false))
}
