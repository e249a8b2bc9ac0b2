import Big from 'big.js'
import { z } from 'zod'
import { minorDigits } from '../base/money.ts'
import type { Transaction } from '../db/database.ts'
import { computed, computedRow, decimal, json, optional, scalar, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { TAX_KEY } from '../ledger/tax-key.ts'
import type { Cell, Left } from './split.ts'

/** Taxes that lines were given, with their amounts added up, as printed. */
const GIVEN = z.array(
  z.object({ taxCategory: z.string().optional(), taxRate: z.string().optional(), amount: z.string() })
)
export type GivenTaxes = Readonly<z.output<typeof GIVEN>>

const PROFILE = z.array(z.object({ taxCategory: z.string(), taxRate: z.string() }))

/** Lines of one type with the same taxes. */
export interface BillCell extends Cell {
  readonly taxKey: string | undefined
  /** The lines as the bill shows them. */
  readonly shown: string
  /** Undefined for lines taxed by the account's profile. */
  readonly given: GivenTaxes | undefined
}

/** A tax item of the bill. */
export interface BillTax {
  readonly category: string | undefined
  readonly rate: string | undefined
  readonly left: bigint
}

export interface BillLeft extends Left<BillCell> {
  readonly currency: string
  readonly taxes: readonly BillTax[]
  /** The rates for lines that were given no taxes. */
  readonly profile: z.output<typeof PROFILE>
}

/** The sums of the given taxes of rates `r`. */
export const GIVEN_TAXES = sql`(SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('taxCategory', "category",
    'taxRate', "rate", 'amount', trim_scale("amount")::text)) ORDER BY "category", "rate")
  FROM (SELECT x->>'taxCategory' AS "category", x->>'taxRate' AS "rate",
      sum((x#>>'{taxAmount,value}')::numeric) AS "amount"
    FROM jsonb_array_elements(nullif(r."applied_tax", '[]')) x GROUP BY 1, 2) g)`

export const givenTaxes = optional(json(GIVEN))

const CELL = computedRow({
  rateType: computed(optional(text), sql`c."kind"`),
  taxKey: computed(optional(text), sql`c."key"`),
  shown: computed(decimal, sql`c."shown"`),
  given: computed(givenTaxes, sql`c."given"`),
  left: computed(decimal, sql`c."shown" + coalesce(n."amount", 0)`)
})

const TAX = computedRow({
  category: optional(text),
  rate: optional(text),
  left: computed(decimal, sql`sum("amount")`)
})

/** Reads what earlier credit notes have left of a bill of the engine, which is locked. */
export async function readLeft(
  tx: Transaction,
  tenantId: string,
  { id, currency }: { readonly id: string; readonly currency: string }
): Promise<BillLeft> {
  const digits = minorDigits(currency)
  const notes = sql`"correction" k WHERE k."tenant_id" = ${tenantId} AND k."bill_id" = ${id}`
  const cells = await tx.run(sql`WITH "line" AS (
      SELECT coalesce(r."rate_type", 'appliedBillingCharge') AS "kind", ${TAX_KEY} AS "key",
        r."tax_excluded_amount_value" AS "exact", round(r."tax_excluded_amount_value", ${digits}::int) AS "shown",
        r."applied_tax"
      FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = ${tenantId} AND r."bill_id" = ${id}),
    "cell" AS (
      SELECT r."kind", r."key", r."shown", ${GIVEN_TAXES} AS "given"
      FROM (SELECT l."kind", l."key", sum(l."shown") AS "shown", (
          SELECT jsonb_agg(x) FROM "line" o CROSS JOIN LATERAL jsonb_array_elements(o."applied_tax") x
          WHERE o."kind" = l."kind" AND o."key" = l."key") AS "applied_tax"
        FROM "line" l GROUP BY 1, 2) r
      UNION ALL
      SELECT NULL, l."key", round(sum(l."exact"), ${digits}::int) - sum(l."shown"), NULL FROM "line" l GROUP BY 2)
    SELECT ${CELL.columns} FROM "cell" c
    LEFT JOIN (SELECT l."rate_type", l."tax_key", sum(l."amount") AS "amount" FROM (SELECT * FROM ${notes}) k
      JOIN "credit_note_line" l ON l."tenant_id" = k."tenant_id" AND l."credit_note_id" = k."credit_note_id"
      GROUP BY 1, 2) n ON n."rate_type" IS NOT DISTINCT FROM c."kind" AND n."tax_key" IS NOT DISTINCT FROM c."key"
    ORDER BY c."kind" NULLS LAST, c."key" NULLS FIRST`)
  const taxes = await tx.run(sql`SELECT ${TAX.columns} FROM (
      SELECT t->>'taxCategory' AS "category", t->>'taxRate' AS "rate", (t#>>'{taxAmount,value}')::numeric AS "amount"
      FROM "customer_bill" b CROSS JOIN LATERAL jsonb_array_elements(b."tax_item") t
      WHERE b."tenant_id" = ${tenantId} AND (b."id" = ${id} OR b."id" IN (SELECT k."credit_note_id" FROM ${notes}))) t
    GROUP BY 1, 2 ORDER BY 1, 2`)
  const profile = await tx.run(sql`SELECT jsonb_agg(jsonb_build_object('taxCategory', p->>'taxCategory',
      'taxRate', p->>'taxRate'))
    FROM "customer_bill" b CROSS JOIN LATERAL jsonb_array_elements(b."applied_tax_profile"->'rates') p
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id}`)
  const minor = (amount: string) => toMinor(amount, digits)
  return {
    currency,
    cells: cells.rows.map(CELL.read).map((cell) => ({ ...cell, left: minor(cell.left) })),
    taxes: taxes.rows.map(TAX.read).map((tax) => ({ ...tax, left: minor(tax.left) })),
    profile: scalar(profile, optional(json(PROFILE))) ?? []
  }
}

/** Returns an amount in minor units, of which it must have no part. */
export function toMinor(amount: string | number, digits: number): bigint {
  return BigInt(new Big(amount).times(new Big(10).pow(digits)).toFixed())
}

export function fromMinor(amount: bigint, digits: number): string {
  return new Big(amount.toString()).div(new Big(10).pow(digits)).toFixed()
}
