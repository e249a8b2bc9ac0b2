import type { Queryable } from '../db/database.ts'
import { boolean, scalar } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'

/** The lines of a bill under the name `r`, with the columns of rates, and the id of the rate of each, if it has one. */
export interface Lines {
  readonly of: Sql
  readonly rateId: Sql
}

/**
 * The lines of credit notes as rates: those of a rate with its name, and sums with the number of the bill that they
 * correct. A line without a type is a share of the rounding of that bill, and is none here.
 */
export const NOTE_LINES: Sql = sql`(SELECT l."tenant_id", l."credit_note_id" AS "bill_id",
    lpad(l."position"::text, 10, '0') AS "id", l."rate_id", r."external_id", r."corrects_rate_id",
    r."date", l."rate_type",
    coalesce(r."name", CASE WHEN r."id" IS NULL THEN n."related_bill"#>>'{0,billNo}' END) AS "name", r."description",
    r."product_id", r."product", r."period_coverage", l."applied_tax", l."amount" AS "tax_excluded_amount_value",
    n."amount_due_unit" AS "tax_excluded_amount_unit", NULL::numeric AS "tax_included_amount_value",
    NULL::text AS "tax_included_amount_unit"
  FROM "credit_note_line" l
  JOIN "customer_bill" n ON n."tenant_id" = l."tenant_id" AND n."id" = l."credit_note_id"
  LEFT JOIN "applied_customer_billing_rate" r ON r."tenant_id" = l."tenant_id" AND r."id" = l."rate_id"
  WHERE l."rate_type" IS NOT NULL)`

/** Finds the lines of a bill, by an index: its rates, or those of a credit note. */
export async function linesOf(queryable: Queryable, tenantId: string, billId: string): Promise<Lines> {
  const noted = prepared`SELECT EXISTS (SELECT FROM "correction"
    WHERE "tenant_id" = ${tenantId} AND "credit_note_id" = ${billId})`
  const isNote = scalar(await queryable.run(noted), boolean)
  const where = sql`r WHERE r."tenant_id" = ${tenantId} AND r."bill_id" = ${billId}`
  return isNote
    ? { of: sql`${NOTE_LINES} ${where}`, rateId: sql`r."rate_id"` }
    : { of: sql`"applied_customer_billing_rate" ${where}`, rateId: sql`r."id"` }
}
