import { type Sql, sql } from '../db/sql.ts'

/** Returns the checks of a tenant's cancelled bills. Each check is a query whose rows are differences in words. */
export function rebillChecks(tenantId: string): readonly Sql[] {
  return [cancellationCheck(tenantId), chainCheck(tenantId)]
}

/** A cancelled bill is credited as a whole, and knows since when it is billed anew, if it is. */
function cancellationCheck(tenantId: string): Sql {
  return sql`SELECT format('the bill %s of %s is cancelled, with credit notes of %s, and billed anew: %s', b."id",
      trim_scale(b."amount_due_value"), trim_scale(x."credited"), coalesce(c."rebilled_at"::text, 'never'))
    FROM "correction" c JOIN "customer_bill" b ON b."tenant_id" = c."tenant_id" AND b."id" = c."bill_id"
    CROSS JOIN LATERAL (SELECT coalesce(sum(k."amount"), 0) AS "credited" FROM "correction" k
      WHERE k."tenant_id" = c."tenant_id" AND k."bill_id" = c."bill_id" AND k."kind" = 'creditNote') x
    WHERE c."tenant_id" = ${tenantId} AND c."kind" = 'cancelAndRebill' AND (x."credited" <> b."amount_due_value"
      OR (c."rebilled_at" IS NOT NULL) <> (b."related_bill" @> '[{"relationshipType": "replacedBy"}]'))`
}

/**
 * A bill and the one that replaces it name each other, exactly if that one is issued and has copies of lines that were
 * not moved to another account.
 */
function chainCheck(tenantId: string): Sql {
  const stated = (type: 'replaces' | 'replacedBy') => sql`FROM "customer_bill" b
    CROSS JOIN LATERAL jsonb_path_query(b."related_bill", '$[*] ? (@.relationshipType == $type)',
      jsonb_build_object('type', ${type}::text)) x WHERE b."tenant_id" = ${tenantId} AND b."related_bill" IS NOT NULL`
  return sql`SELECT format('the bill %s is replaced by %s: %s by its lines, %s in its own words, '
      || '%s in those of the other', "old", "new", "copied", "told", "named")
    FROM (SELECT "old", "new", count(*) FILTER (WHERE "by" = 'lines') AS "copied",
        count(*) FILTER (WHERE "by" = 'old') AS "told", count(*) FILTER (WHERE "by" = 'new') AS "named"
      FROM (
        SELECT DISTINCT o."bill_id" AS "old", r."bill_id" AS "new", 'lines' AS "by"
        FROM "applied_customer_billing_rate" r
        JOIN "applied_customer_billing_rate" o ON o."tenant_id" = r."tenant_id" AND o."id" = r."corrects_rate_id"
        JOIN "customer_bill" n ON n."tenant_id" = r."tenant_id" AND n."id" = r."bill_id" AND n."issued_as" IS NOT NULL
        WHERE r."tenant_id" = ${tenantId} AND r."corrects_rate_id" IS NOT NULL
          AND r."billing_account_id" = o."billing_account_id"
        UNION ALL
        SELECT b."id", x->>'id', 'old' ${stated('replacedBy')}
        UNION ALL
        SELECT x->>'id', b."id", 'new' ${stated('replaces')}) l
      GROUP BY 1, 2) s
    WHERE ("copied", "told", "named") <> (1, 1, 1)`
}
