import Big from 'big.js'
import type { Instant } from '../base/instant.ts'
import type { Transaction } from '../db/database.ts'
import { boolean, computed, computedRow, count, decimal, instant, optional, rowOf, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { ownedBy, type View } from '../tmf/view.ts'
import type { ExplainedBill, TaxName } from './bill.ts'
import { amountsOf, PRODUCT_NAME, type Product, productOf, RATE_TYPE } from './charges.ts'
import { type Explanation, explain } from './explanation.ts'
import { type Change, changesOf } from './words.ts'

/** Two amounts as decimal text, and `current` less `previous`. */
export interface Compared {
  readonly current: string
  readonly previous: string
  readonly difference: string
}

/**
 * A bill and the account's previous one. The differences of the charges, of the rounding, of what no rate has, of the
 * taxes and of the unexplained part add up to that of the amount due.
 */
export interface BillComparison {
  readonly previous: PreviousBill
  readonly amountDue: Compared
  readonly charges: readonly ComparedCharge[]
  readonly rounding: Compared
  readonly withoutRates: Compared
  readonly taxes: readonly (TaxName & Compared)[]
  readonly unexplained: Compared
}

export interface PreviousBill {
  readonly id: string
  readonly billNo: string | undefined
  readonly billDate: Instant | undefined
}

/** The rates of a type and product on both bills; those of further products have none. */
export interface ComparedCharge extends Compared {
  readonly type: string
  readonly product: Product | undefined
  readonly furtherProducts: number | undefined
  readonly currentCount: number
  readonly previousCount: number
  readonly changes: readonly Change[]
}

/** Charges that are compared by themselves: those with the largest differences. */
const CHARGES_MAX = 1_000

/** Compares a bill, found in the view, with the account's previous one; undefined if there is none. */
export async function compareWithPrevious(
  tx: Transaction,
  view: View,
  current: Explanation
): Promise<BillComparison | undefined> {
  const bill = await previousBill(tx, view, current.bill)
  if (!bill) return undefined
  const previous = await explain(tx, view.tenantId, bill.id)
  const charges = await compareCharges(tx, view.tenantId, current.bill, bill.id)
  const both = (part: (explanation: Explanation) => string | undefined) => compared(part(current), part(previous))
  return {
    previous: bill,
    amountDue: both(({ bill: { amountDue } }) => amountDue),
    charges,
    rounding: both(roundingOf),
    withoutRates: both(({ withoutRates }) => withoutRates),
    taxes: compareTaxes(current, previous),
    unexplained: both(({ unexplained }) => unexplained)
  }
}

const PREVIOUS = rowOf('customer_bill', { id: text, billNo: optional(text), billDate: optional(instant) }, 'p')

/** Finds the last issued bill of the account before this one, in its currency; credit notes and trials are none. */
async function previousBill(
  tx: Transaction,
  view: View,
  { id, unit }: ExplainedBill
): Promise<PreviousBill | undefined> {
  const { rows } = await tx.run(prepared`SELECT ${PREVIOUS.columns} FROM "customer_bill" b
    JOIN "customer_bill" p ON p."tenant_id" = b."tenant_id" AND p."billing_account_id" = b."billing_account_id"
    WHERE ${ownedBy(view, 'b')} AND b."id" = ${id} AND ${ownedBy(view, 'p')} AND p."issued_as" IS NOT NULL
      AND b."category" IS DISTINCT FROM 'creditNote'
      AND p."amount_due_unit" = ${unit} AND coalesce(p."category", 'normal') NOT IN ('creditNote', 'trial')
      AND (p."bill_date", p."id") < (coalesce(b."bill_date", b."created_at"), b."id")
    ORDER BY p."bill_date" DESC, p."id" DESC LIMIT 1`)
  return rows.map(PREVIOUS.read)[0]
}

function roundingOf({ taxGroups, bill }: Explanation): string {
  const own = taxGroups.filter(({ unit }) => unit === bill.unit)
  return own.reduce((sum, { rounding = '0' }) => sum.plus(rounding), new Big(0)).toFixed()
}

const CHARGE = computedRow({
  type: computed(text, sql`x."type"`),
  productId: computed(optional(text), sql`x."product_id"`),
  productName: PRODUCT_NAME,
  isFurther: computed(boolean, sql`x."is_further"`),
  products: computed(count, sql`x."products"`),
  currentCount: computed(count, sql`x."current_count"`),
  previousCount: computed(count, sql`x."previous_count"`),
  current: computed(decimal, sql`x."current"`),
  previous: computed(decimal, sql`x."previous"`),
  currentPrice: computed(optional(decimal), sql`x."current_price"`),
  previousPrice: computed(optional(decimal), sql`x."previous_price"`)
})

/** Adds up both bills by type and product in one statement. A price is the amount that all rates have in common. */
async function compareCharges(
  tx: Transaction,
  tenantId: string,
  { id, unit }: ExplainedBill,
  previousId: string
): Promise<readonly ComparedCharge[]> {
  const amount = amountsOf(unit)
  const price = (bill: string) => sql`CASE WHEN min("value") FILTER (WHERE "bill_id" = ${bill})
    = max("value") FILTER (WHERE "bill_id" = ${bill}) THEN min("value") FILTER (WHERE "bill_id" = ${bill}) END`
  const sums = sql`SELECT "type", "product_id", max("id") AS "named",
      count(*) FILTER (WHERE "bill_id" = ${id}) AS "current_count",
      count(*) FILTER (WHERE "bill_id" = ${previousId}) AS "previous_count",
      coalesce(sum("value") FILTER (WHERE "bill_id" = ${id}), 0) AS "current",
      coalesce(sum("value") FILTER (WHERE "bill_id" = ${previousId}), 0) AS "previous",
      ${price(id)} AS "current_price", ${price(previousId)} AS "previous_price"
    FROM (SELECT r."id", r."bill_id", ${RATE_TYPE} AS "type", r."product_id", ${amount.value} AS "value"
      FROM "applied_customer_billing_rate" r
      WHERE r."tenant_id" = ${tenantId} AND r."bill_id" IN (${id}, ${previousId}) AND ${amount.unit} = ${unit}) l
    GROUP BY 1, 2`
  const ranked = sql`SELECT *, row_number() OVER (ORDER BY abs("current" - "previous") DESC, "type", "product_id")
      > ${CHARGES_MAX}::int AS "is_further" FROM (${sums}) s`
  const { rows } = await tx.run(prepared`SELECT ${CHARGE.columns} FROM (
      SELECT ${tenantId}::text AS "tenant_id", "type", "is_further",
        CASE WHEN NOT "is_further" THEN "product_id" END AS "product_id", max("named") AS "named",
        count(*) AS "products", sum("current_count") AS "current_count", sum("previous_count") AS "previous_count",
        sum("current") AS "current", sum("previous") AS "previous",
        min("current_price") FILTER (WHERE NOT "is_further") AS "current_price",
        min("previous_price") FILTER (WHERE NOT "is_further") AS "previous_price"
      FROM (${ranked}) k GROUP BY 2, 3, 4) x
    ORDER BY x."is_further", abs(x."current" - x."previous") DESC, x."type", x."product_id"`)
  return rows.map(CHARGE.read).map((row): ComparedCharge => {
    const { type, productId, productName, isFurther, products, currentCount, previousCount } = row
    return {
      ...{ type, currentCount, previousCount, ...compared(row.current, row.previous) },
      product: productOf(productId, productName),
      furtherProducts: isFurther ? products : undefined,
      changes: isFurther ? [] : changesOf({ ...row, unit })
    }
  })
}

function compareTaxes(current: Explanation, previous: Explanation): BillComparison['taxes'] {
  const names = new Map([...current.taxes, ...previous.taxes].map((tax) => [keyOf(tax), tax]))
  const amountIn = ({ taxes, bill }: Explanation, key: string) =>
    taxes
      .filter((tax) => tax.unit === bill.unit && keyOf(tax) === key)
      .reduce((sum, { amount }) => sum.plus(amount), new Big(0))
      .toFixed()
  return [...names].map(([key, { taxCategory, taxRate }]) => ({
    ...{ taxCategory, taxRate },
    ...compared(amountIn(current, key), amountIn(previous, key))
  }))
}

function keyOf({ taxCategory, taxRate }: TaxName): string {
  return JSON.stringify([taxCategory, taxRate])
}

function compared(current = '0', previous = '0'): Compared {
  const difference = new Big(current).minus(previous)
  return { current, previous, difference: difference.eq(0) ? '0' : difference.toFixed() }
}
