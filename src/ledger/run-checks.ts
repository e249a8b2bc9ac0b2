import { type Sql, sql } from '../db/sql.ts'

export function runChecks(tenantId: string): readonly Sql[] {
  return [rateCheck(tenantId), countCheck(tenantId), parkedCheck(tenantId)]
}

/** A rate is free or on a bill. Another system may have billed it without saying where. */
function rateCheck(tenantId: string): Sql {
  return sql`SELECT format('rate %s is not billed, but on the bill %s', "id", "bill_id")
    FROM "applied_customer_billing_rate" WHERE "tenant_id" = ${tenantId} AND NOT "is_billed" AND "bill_id" IS NOT NULL`
}

/** The chunks of a run count exactly its bills, without discarded ones. */
function countCheck(tenantId: string): Sql {
  return sql`SELECT format('billRun %s has %s bills, but counts %s', "id", "bills", "billed") FROM (
      SELECT r."id", (SELECT coalesce(sum(c."billed"), 0) FROM "bill_run_chunk" c
          WHERE c."tenant_id" = r."tenant_id" AND c."bill_run_id" = r."id") AS "billed",
        (SELECT count(*) FROM "customer_bill" b
          WHERE b."tenant_id" = r."tenant_id" AND b."bill_run_id" = r."id") AS "bills"
      FROM "bill_run" r WHERE r."tenant_id" = ${tenantId} AND NOT r."is_dry") x
    WHERE "bills" <> "billed"`
}

/** An account with a bill of a run is not parked. */
function parkedCheck(tenantId: string): Sql {
  return sql`SELECT format('account %s has a bill of the billRun %s, which has parked it', p."billing_account_id",
      p."bill_run_id")
    FROM "bill_run_parked" p JOIN "customer_bill" b ON b."tenant_id" = p."tenant_id"
      AND b."bill_run_id" = p."bill_run_id" AND b."billing_account_id" = p."billing_account_id"
    WHERE p."tenant_id" = ${tenantId}`
}
