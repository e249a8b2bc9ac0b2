import { z } from 'zod'
import { minorDigits, UNUSUAL_DIGITS } from '../base/money.ts'
import type { Queryable } from '../db/database.ts'
import { boolean, computed, computedRow, count, decimal, json, optional, text } from '../db/row.ts'
import { join, prepared, type Sql, sql } from '../db/sql.ts'
import { type TaxName, taxName } from './bill.ts'
import type { Lines } from './lines.ts'

/** The rates of a bill that have the same taxes, type and product, added up by the database. Decimals as text. */
export interface ChargeSum {
  readonly taxes: readonly TaxName[]
  /** The same for the same taxes. */
  readonly taxKey: string
  readonly type: string
  readonly unit: string
  /** Undefined for rates of no product, and for the sum of further products. */
  readonly product: Product | undefined
  /** The number of products in this sum, of more than are listed by themselves. */
  readonly furtherProducts: number | undefined
  readonly rateCount: number
  readonly exact: string
  readonly shown: string
}

export interface Product {
  readonly id: string
  readonly name: string | undefined
}

export interface GivenTax extends TaxName {
  readonly taxKey: string
  readonly unit: string
  readonly amount: string
}

/** Products that are named of one type with the same taxes; the others are added up. */
const PRODUCTS_MAX = 1_000

export const RATE_TYPE: Sql = sql`coalesce(r."rate_type", 'appliedBillingCharge')`

/** The amount of a rate `r`, and its currency; of a rate without an amount 0, and the given one. */
export function amountsOf(unit: string): { readonly unit: Sql; readonly value: Sql } {
  const isGiven = sql`r."tax_excluded_amount_unit" IS NOT NULL AND r."tax_excluded_amount_value" IS NOT NULL`
  return {
    unit: sql`CASE WHEN ${isGiven} THEN r."tax_excluded_amount_unit" ELSE ${unit}::text END`,
    value: sql`CASE WHEN ${isGiven} THEN r."tax_excluded_amount_value" ELSE 0 END`
  }
}

/** The digits of the minor unit of a currency in SQL; by lists, which Postgres looks up faster than pairs. */
export function digitsOf(unit: Sql): Sql {
  const unusual = [...Map.groupBy(UNUSUAL_DIGITS, ([, digits]) => digits)].map(
    ([digits, pairs]) => sql`WHEN ${unit} = ANY(${pairs.map(([currency]) => currency)}::text[]) THEN ${digits}::int`
  )
  return sql`CASE ${join(unusual, sql` `)} ELSE ${USUAL_DIGITS}::int END`
}

const USUAL_DIGITS = minorDigits('EUR')

/** The taxes that a rate `r` was given, as a text; empty without any. */
export const TAX_KEY: Sql = sql`CASE WHEN r."applied_tax" IS NULL OR r."applied_tax" = '[]' THEN '[]' ELSE
  (SELECT jsonb_agg(jsonb_build_array(t->>'taxCategory', t->>'taxRate') ORDER BY t->>'taxCategory', t->>'taxRate')
    FROM jsonb_array_elements(r."applied_tax") t)::text END`

/** The name of the product of sums `x`, as the rate `named` has it. */
export const PRODUCT_NAME = computed(
  optional(text),
  sql`(SELECT f."product"->>'name' FROM "applied_customer_billing_rate" f
    WHERE f."tenant_id" = x."tenant_id" AND f."id" = x."named" AND x."product_id" IS NOT NULL)`
)

/** Returns the product of sums; undefined for rates without one. */
export function productOf(id: string | undefined, name: string | undefined): Product | undefined {
  return id === undefined ? undefined : { id, name }
}

const NAMES = z.array(z.tuple([z.string().nullable(), z.string().nullable()]))

const SUM = computedRow({
  taxes: computed(json(NAMES), sql`x."tax_key"`),
  taxKey: computed(text, sql`x."tax_key"`),
  type: computed(text, sql`x."type"`),
  unit: computed(text, sql`x."unit"`),
  productId: computed(optional(text), sql`x."product_id"`),
  productName: PRODUCT_NAME,
  isFurther: computed(boolean, sql`x."is_further"`),
  products: computed(count, sql`x."products"`),
  rateCount: computed(count, sql`x."count"`),
  exact: computed(decimal, sql`x."exact"`),
  shown: computed(decimal, sql`x."shown"`)
})

/**
 * Adds up the rates of a bill by taxes, type and product, in the order of the first rate of each. The displayed amounts
 * are rounded one by one, the exact ones not at all.
 */
export async function readCharges(
  queryable: Queryable,
  { of, rateId }: Lines,
  tenantId: string,
  unit: string
): Promise<readonly ChargeSum[]> {
  const amount = amountsOf(unit)
  const lines = sql`SELECT r."id", ${rateId} AS "rate_id", ${TAX_KEY} AS "tax_key", ${RATE_TYPE} AS "type",
      r."product_id", ${amount.unit} AS "unit", ${amount.value} AS "value" FROM ${of}`
  const sums = sql`SELECT "tax_key", "type", "product_id", "unit", count(*) AS "count", sum("value") AS "exact",
      sum(round("value", ${digitsOf(sql`"unit"`)})) AS "shown", min("id") AS "first", min("rate_id") AS "named"
    FROM (${lines}) l GROUP BY 1, 2, 3, 4`
  const ranked = sql`SELECT *, row_number() OVER (PARTITION BY "tax_key", "type", "unit" ORDER BY "first")
      > ${PRODUCTS_MAX}::int AS "is_further" FROM (${sums}) s`
  const { rows } = await queryable.run(prepared`SELECT ${SUM.columns} FROM (
      SELECT ${tenantId}::text AS "tenant_id", "tax_key", "type", "unit", "is_further",
        CASE WHEN NOT "is_further" THEN "product_id" END AS "product_id", count(*) AS "products",
        sum("count") AS "count", sum("exact") AS "exact", sum("shown") AS "shown", min("first") AS "first",
        min("named") AS "named"
      FROM (${ranked}) k GROUP BY 2, 3, 4, 5, 6) x
    ORDER BY x."is_further", x."first"`)
  return rows.map(SUM.read).map(({ taxes, productId, productName, isFurther, products, ...sum }) => ({
    ...sum,
    taxes: taxes.map(([category, rate]) => taxName(category, rate)),
    product: productOf(productId, productName),
    furtherProducts: isFurther ? products : undefined
  }))
}

const GIVEN = computedRow({
  taxKey: computed(text, sql`x."tax_key"`),
  category: computed(optional(text), sql`x."category"`),
  rate: computed(optional(text), sql`x."rate"`),
  unit: computed(text, sql`x."unit"`),
  amount: computed(decimal, sql`sum(x."value")`)
})

/** Adds up the tax amounts that rates of a bill were given, by their taxes. */
export async function readGivenTaxes(queryable: Queryable, { of }: Lines): Promise<readonly GivenTax[]> {
  const { rows } = await queryable.run(prepared`SELECT ${GIVEN.columns} FROM (
      SELECT ${TAX_KEY} AS "tax_key", t->>'taxCategory' AS "category", t->>'taxRate' AS "rate",
        t#>>'{taxAmount,unit}' AS "unit", (t#>>'{taxAmount,value}')::numeric AS "value"
      FROM (SELECT * FROM ${of} AND r."applied_tax" <> '[]') r
      CROSS JOIN LATERAL jsonb_array_elements(r."applied_tax") t) x
    GROUP BY 1, 2, 3, 4`)
  return rows
    .map(GIVEN.read)
    .map(({ category, rate, ...given }): GivenTax => ({ ...given, ...taxName(category ?? null, rate ?? null) }))
}
