import { type Sql, sql } from '../../db/sql.ts'

/**
 * The disputed part of what remains of a bill, with tax: 0 without an open dispute. An expression over "customer_bill"
 * under the name `b`. It is not due, and nobody is reminded of it.
 */
export const DISPUTED: Sql = sql`(SELECT least(coalesce(sum(d."amount"), 0), greatest(b."remaining_amount_value", 0))
  FROM "dispute" d WHERE d."tenant_id" = b."tenant_id" AND d."bill_id" = b."id" AND d."closed_at" IS NULL)`
