import { coresOfReference } from '../../base/creditor-reference.ts'
import type { Queryable } from '../../db/database.ts'
import { computed, count, decimal, optional, rowOf, stated, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { ownedBy, type View } from '../../tmf/view.ts'
import { PAYABLE } from './allocation.ts'

const CORE = sql`creditor_reference_core(b."bill_no")`

const FIELDS = {
  id: text,
  billNo: stated,
  core: computed(text, CORE),
  billingAccountId: optional(text),
  currency: computed(optional(text), sql`b."remaining_amount_unit"`),
  /** The part that is left to pay here; undefined for a bill that cannot be paid, or not any more. */
  open: computed(optional(decimal), sql`CASE WHEN ${PAYABLE} THEN b."remaining_amount_value" END`)
}
const FOUND = rowOf('customer_bill', FIELDS, 'b')
const OVER = rowOf('customer_bill', { ...FIELDS, place: computed(count, sql`a."place"`) }, 'b')

export type FoundBill = ReturnType<typeof FOUND.read>

/** Returns the bills that a view knows by these numbers. */
export function billsByNumber(
  queryable: Queryable,
  view: View,
  numbers: readonly string[]
): Promise<readonly FoundBill[]> {
  return find(queryable, view, sql`b."bill_no" = ANY(${numbers}::text[])`)
}

/** Returns the bills in view with these numbers, also those in another name space. */
export async function billsNumbered(
  queryable: Queryable,
  view: View,
  numbers: readonly string[]
): Promise<readonly FoundBill[]> {
  const { rows } = await queryable.run(prepared`SELECT ${FOUND.columns} FROM "customer_bill" b
    WHERE ${ownedBy(view, 'b')} AND b."bill_no" = ANY(${numbers}::text[]) ORDER BY b."id"`)
  return rows.map(FOUND.read)
}

/** Returns the bills that a view knows by numbers with these cores; see creditor-reference.ts. */
export function billsByCore(queryable: Queryable, view: View, cores: readonly string[]): Promise<readonly FoundBill[]> {
  return find(queryable, view, sql`b."bill_no" IS NOT NULL AND ${CORE} = ANY(${cores}::text[])`)
}

/** Returns the bills that a view knows by a creditor reference; more than one, if their numbers hardly differ. */
export function billsByReference(queryable: Queryable, view: View, reference: string): Promise<readonly FoundBill[]> {
  return billsByCore(queryable, view, coresOfReference(reference))
}

/**
 * Returns open bills in view over exactly these amounts, of any currency if none is said: up to `max` for each, in the
 * order of the amounts.
 */
export async function billsOver(
  queryable: Queryable,
  view: View,
  amounts: readonly { readonly amount: string; readonly currency: string | undefined }[],
  max: number
): Promise<readonly (readonly FoundBill[])[]> {
  const { rows } = await queryable.run(
    prepared`SELECT ${OVER.columns} FROM unnest(${amounts.map(({ amount }) => amount)}::numeric[],
        ${amounts.map(({ currency }) => currency)}::text[]) WITH ORDINALITY a("amount", "currency", "place")
      CROSS JOIN LATERAL (SELECT * FROM "customer_bill" b WHERE ${ownedBy(view, 'b')}
        AND b."remaining_amount_value" = a."amount" AND ${PAYABLE}
        AND b."remaining_amount_unit" = coalesce(a."currency", b."remaining_amount_unit")
        AND b."bill_no" IS NOT NULL AND b."billing_account_id" IS NOT NULL ORDER BY b."id" LIMIT ${max}) b`
  )
  const found = Map.groupBy(rows.map(OVER.read), ({ place }) => place - 1)
  return amounts.map((_, at) => found.get(at) ?? [])
}

async function find(queryable: Queryable, view: View, those: Sql): Promise<readonly FoundBill[]> {
  const found = prepared`SELECT ${FOUND.columns} FROM "customer_bill" b
    WHERE b."tenant_id" = ${view.tenantId} AND ${those} AND ${isOwnNumber(view)} ORDER BY b."id"`
  return (await queryable.run(found)).rows.map(FOUND.read)
}

/**
 * Selects bills `b` whose numbers are in the name space of a view: numbers of posted bills are their sender's, numbers
 * of the engine the tenant's.
 */
export function isOwnNumber({ partnerId }: View): Sql {
  if (partnerId !== undefined) return sql`b."partner_id" = ${partnerId}`
  return sql`(b."partner_id" IS NULL OR b."rounding_amount" IS NOT NULL)`
}
