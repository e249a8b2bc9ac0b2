import { readLong } from '../db/cursor.ts'
import type { Database } from '../db/database.ts'
import { computed, computedRow, optional, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { BILL_COLUMNS } from './bill-row.ts'
import { guarded, joinCells } from './file/csv-text.ts'
import { ERROR_COLUMN } from './file/header.ts'

const value = optional(text)
/** A day in the time zone of the tenant, as the columns have it. */
const DAY = 'DD-MM-YYYY'
const MONTH = 'MM-YYYY'

/** By the names of the columns. What no row can say is NULL: a row needs an owner here, and something to pay. */
const ROW = computedRow({
  account_number: computed(value, sql`CASE WHEN b."partner_id" IS NULL THEN b."billing_account_id" END`),
  amount: computed(value, sql`CASE WHEN b."amount_due_value" > 0 THEN trim_scale(b."amount_due_value")::text END`),
  due_date: computed(value, sql`to_char(coalesce(b."payment_due_date", b."bill_date") AT TIME ZONE z."zone", ${DAY})`),
  period: computed(value, sql`p."period"`),
  bill_no: computed(value, sql`b."bill_no"`),
  currency: computed(value, sql`b."amount_due_unit"`),
  tax_excluded_amount: computed(
    value,
    sql`CASE WHEN x."is_whole" THEN trim_scale(b."tax_excluded_amount_value")::text END`
  ),
  tax_category: computed(value, sql`CASE WHEN x."is_whole" THEN b."tax_item"#>>'{0,taxCategory}' END`),
  tax_rate: computed(value, sql`CASE WHEN x."is_whole" THEN b."tax_item"#>>'{0,taxRate}' END`),
  bill_date: computed(value, sql`to_char(b."bill_date" AT TIME ZONE z."zone", ${DAY})`),
  name: computed(value, sql`coalesce(b."recipient"->>'name', b."billing_account"->>'name')`),
  description: computed(value, sql`b."bill_document"#>>'{0,description}'`),
  document_url: computed(
    value,
    sql`CASE WHEN b."bill_document"#>>'{0,url}' ~* '^https?://' THEN b."bill_document"#>>'{0,url}' END`
  ),
  external_id: computed(value, sql`b."id"`)
})

export interface Exported {
  readonly rows: number
  /** Issued bills that no row can say. */
  readonly leftOut: number
}

/**
 * Writes the issued bills of the provider as the lines of a CSV file that an upload takes, in the order of their ids.
 * `period` is one month as the column has it; all without. The last column is that of returned files, which lets the
 * upload take the apostrophes away again.
 */
export function exportBills(
  database: Pick<Database, 'transaction'>,
  tenantId: string,
  period: string | undefined,
  write: (line: string) => void
): Promise<Exported> {
  const bills = sql`SELECT ${ROW.columns} FROM "customer_bill" b
    CROSS JOIN (SELECT "time_zone" AS "zone" FROM "tenant" WHERE "id" = ${tenantId}) z
    CROSS JOIN LATERAL (SELECT to_char(coalesce((b."billing_period"->>'startDateTime')::timestamptz,
        (b."billing_period"->>'endDateTime')::timestamptz - interval '1 ms', b."bill_date") AT TIME ZONE z."zone",
      ${MONTH}) AS "period") p
    CROSS JOIN LATERAL (SELECT jsonb_array_length(b."tax_item") = 1 AND b."tax_item"#>>'{0,taxCategory}' IS NOT NULL
      AND b."tax_excluded_amount_value" + (b."tax_item"#>>'{0,taxAmount,value}')::numeric = b."amount_due_value"
      AS "is_whole") x
    WHERE b."tenant_id" = ${tenantId} AND b."issued_as" IS NOT NULL
      AND (${period}::text IS NULL OR p."period" = ${period}) ORDER BY b."id"`
  return readLong(database, bills, async (parts) => {
    let [rows, leftOut] = [0, 0]
    write(joinCells([...NAMES, ERROR_COLUMN], ','))
    for await (const part of parts) {
      for (const cells of part.map(ROW.read).map((bill) => new Map(Object.entries(bill)))) {
        if (REQUIRED.some((name) => cells.get(name) === undefined)) leftOut++
        else {
          rows++
          write(joinCells([...NAMES.map((name) => guarded(cells.get(name) ?? '')), ''], ','))
        }
      }
    }
    return { rows, leftOut }
  })
}

const NAMES = BILL_COLUMNS.map(({ name }) => name)
const REQUIRED = BILL_COLUMNS.flatMap(({ name, isRequired }) => (isRequired ? [name] : []))
