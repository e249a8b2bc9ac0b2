import { type Sql, sql } from '../db/sql.ts'

/**
 * A relation of one row for a closed period `p`: the number of its "entries", and their "totals" by currency, debits as
 * a text. Credits are as much.
 */
export function sumsOf(): Sql {
  return sql`(SELECT coalesce(sum(e."entries"), 0)::bigint AS "entries",
      coalesce(jsonb_object_agg(e."currency", trim_scale(e."debit")::text), '{}') AS "totals"
    FROM (SELECT "currency", count(*) AS "entries", coalesce(sum("amount") FILTER (WHERE "amount" > 0), 0) AS "debit"
      FROM "ledger_entry" WHERE "tenant_id" = p."tenant_id" AND "posted_at" < p."ends_at"
        AND "posted_at" >= coalesce((SELECT max(b."ends_at") FROM "period_close" b
          WHERE b."tenant_id" = p."tenant_id" AND b."ends_at" < p."ends_at"), '-infinity')
      GROUP BY 1) e)`
}

/** Returns the check of closed periods: a query whose rows are differences in words. */
export function periodCheck(tenantId: string): Sql {
  return sql`SELECT format('the period through %s was closed with %s entries over %s, but has %s over %s', p."through",
      p."entries", p."totals", x."entries", x."totals")
    FROM "period_close" p CROSS JOIN LATERAL ${sumsOf()} x
    WHERE p."tenant_id" = ${tenantId} AND (x."entries", x."totals") IS DISTINCT FROM (p."entries", p."totals")
      AND p."entries" IS NOT NULL`
}
