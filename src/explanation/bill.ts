import { z } from 'zod'
import { canonicalDecimal, NO_CURRENCY } from '../base/money.ts'
import type { Queryable } from '../db/database.ts'
import { boolean, computed, decimal, json, optional, rowOf, text, texts } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { DOCUMENTS } from '../messages/document.ts'

/** A bill in its own words. Amounts are decimals as text, all of them in `unit`. */
export interface ExplainedBill {
  readonly id: string
  readonly billNo: string | undefined
  readonly state: string
  readonly category: string | undefined
  readonly isIssued: boolean
  /** Whether this service computed it; otherwise its amounts are the word of who sent it. */
  readonly isComputed: boolean
  /** The numbers of cancelled bills of which it has lines. */
  readonly replaces: readonly string[]
  readonly unit: string
  readonly amountDue: string | undefined
  readonly remaining: string | undefined
  readonly taxExcluded: string | undefined
  readonly taxIncluded: string | undefined
  readonly taxItems: readonly StatedTax[]
  /** How lines without taxes of their own are taxed; undefined if the bill does not say it. */
  readonly profile: TaxProfile | undefined
}

export interface TaxName {
  readonly taxCategory: string | undefined
  /** A fraction. */
  readonly taxRate: string | undefined
}

export interface StatedTax extends TaxName {
  readonly unit: string
  readonly amount: string
}

export interface TaxProfile {
  readonly rates: readonly TaxName[]
  readonly isExempt: boolean
  readonly exemptReason: string | undefined
}

const TAX = z.tuple([z.string().nullable(), z.string().nullable(), z.string(), z.string()])
const PROFILE = z.object({
  rates: z.array(z.object({ taxCategory: z.string(), taxRate: z.number() })).optional(),
  exempt: z.boolean().optional(),
  exemptReason: z.string().optional()
})

const BILL = rowOf(
  'customer_bill',
  {
    id: text,
    billNo: optional(text),
    state: text,
    category: optional(text),
    isIssued: computed(boolean, sql`b."issued_as" IS NOT NULL`),
    isComputed: computed(boolean, sql`b."rounding_amount" IS NOT NULL`),
    amountDueValue: optional(decimal),
    amountDueUnit: optional(text),
    remainingAmountValue: optional(decimal),
    remainingAmountUnit: optional(text),
    taxExcludedAmountValue: optional(decimal),
    taxExcludedAmountUnit: optional(text),
    taxIncludedAmountValue: optional(decimal),
    taxIncludedAmountUnit: optional(text),
    // As text, since a sum may have more digits than a number keeps.
    taxes: computed(
      json(z.array(TAX)),
      sql`(SELECT coalesce(jsonb_agg(jsonb_build_array(t->>'taxCategory', t->>'taxRate', t#>>'{taxAmount,unit}',
        t#>>'{taxAmount,value}') ORDER BY "at"), '[]')
        FROM jsonb_array_elements(b."tax_item") WITH ORDINALITY x(t, "at"))`
    ),
    appliedTaxProfile: optional(json(PROFILE)),
    replaces: computed(
      texts,
      sql`(SELECT coalesce(jsonb_agg(x->>'billNo'), '[]') FROM jsonb_array_elements(b."related_bill") x
        WHERE x->>'relationshipType' = 'replaces')`
    )
  },
  'b'
)

/** Reads a bill that was found in the caller's view. */
export async function readExplainedBill(queryable: Queryable, tenantId: string, id: string): Promise<ExplainedBill> {
  const { rows } = await queryable.run(prepared`SELECT ${BILL.columns} FROM "customer_bill" b
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id}`)
  const [row] = rows.map(BILL.read)
  if (!row) throw DOCUMENTS.billGone()
  const { amountDueUnit, taxExcludedAmountUnit, taxIncludedAmountUnit, remainingAmountUnit, taxes } = row
  const unit = amountDueUnit ?? taxExcludedAmountUnit ?? taxIncludedAmountUnit ?? taxes[0]?.[2] ?? NO_CURRENCY
  const inUnit = (value: string | undefined, of: string | undefined) => (of === unit ? value : undefined)
  const { billNo, state, category, isIssued, isComputed, replaces, appliedTaxProfile } = row
  return {
    ...{ id, billNo, state, category, isIssued, isComputed, replaces, unit },
    amountDue: row.amountDueValue,
    remaining: inUnit(row.remainingAmountValue, remainingAmountUnit),
    taxExcluded: inUnit(row.taxExcludedAmountValue, taxExcludedAmountUnit),
    taxIncluded: inUnit(row.taxIncludedAmountValue, taxIncludedAmountUnit),
    taxItems: taxes.map(([category, rate, of, amount]) => ({ ...taxName(category, rate), unit: of, amount })),
    profile: appliedTaxProfile && profileOf(appliedTaxProfile)
  }
}

/** Names a tax, its rate without trailing zeros. */
export function taxName(category: string | null, rate: string | null): TaxName {
  return {
    taxCategory: category ?? undefined,
    taxRate: rate === null ? undefined : canonicalDecimal(rate)
  }
}

function profileOf({ rates = [], exempt = false, exemptReason }: z.output<typeof PROFILE>): TaxProfile {
  return {
    rates: rates.map(({ taxCategory, taxRate }) => taxName(taxCategory, String(taxRate))),
    isExempt: exempt,
    exemptReason
  }
}
