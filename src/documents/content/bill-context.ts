import { z } from 'zod'
import { LETTERHEAD, RECIPIENT } from '../../accounts/letterhead.ts'
import type { Queryable } from '../../db/database.ts'
import { computed, decimal, instant, json, optional, rowOf, text, texts } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import { DOCUMENTS } from '../../messages/document.ts'
import { ownName } from '../../tmf/declaration/own-names.ts'
import { type Amount, BALANCE, type BillSource, ITEMISATION, PERIOD, TAX, TAX_PROFILE } from './bill-source.ts'
import { readAddress, readBranding } from './branding.ts'
import { languageOf } from './words.ts'

type Context = Omit<BillSource, 'rates' | 'sums' | 'lineCount'>

/** The shape that accounts/letterhead.ts writes; bills of earlier releases have less. */
const KEPT_LETTERHEAD = z.object({
  name: z.string(),
  branding: z.unknown().optional(),
  timeZone: z.string(),
  language: z.string(),
  itemisation: ITEMISATION.nullish()
})

const KEPT_RECIPIENT = z.object({
  name: z.string().optional(),
  address: z.unknown().optional(),
  language: z.string().optional(),
  account: z.string().optional(),
  billingType: z.string().optional(),
  balance: BALANCE.optional()
})

export const TAXED = {
  taxExcludedAmountValue: optional(decimal),
  taxExcludedAmountUnit: optional(text),
  taxIncludedAmountValue: optional(decimal),
  taxIncludedAmountUnit: optional(text)
} as const

export const KEPT_PERIOD = optional(json(PERIOD))
export const TAXES = optional(json(z.array(TAX)))

const CONTEXT = rowOf(
  'customer_bill',
  {
    ...TAXED,
    id: text,
    billNo: optional(text),
    billDate: optional(instant),
    category: optional(text),
    issuedAs: optional(text),
    billingPeriod: KEPT_PERIOD,
    paymentDueDate: optional(instant),
    billingAccountId: optional(text),
    financialAccountId: optional(text),
    amountDueValue: optional(decimal),
    amountDueUnit: optional(text),
    taxItem: TAXES,
    createdAt: instant,
    roundingAmount: optional(decimal),
    appliedTaxProfile: optional(json(TAX_PROFILE)),
    correctedNo: computed(optional(text), sql`o."bill_no"`),
    correctedDate: computed(optional(instant), sql`o."bill_date"`),
    replaced: computed(
      texts,
      sql`(SELECT coalesce(jsonb_agg(x->>'billNo' ORDER BY x->>'billNo'), '[]')
        FROM jsonb_array_elements(b."related_bill") x WHERE x->>'relationshipType' = 'replaces')`
    ),
    letterhead: computed(json(KEPT_LETTERHEAD), sql`coalesce(l."content", ${LETTERHEAD})`),
    recipient: computed(json(KEPT_RECIPIENT), sql`coalesce(b."recipient", ${RECIPIENT})`)
  },
  'b'
)

/** Reads a bill, with the letterhead and the recipient that it kept when issued, or the present ones. */
export async function readContext(queryable: Queryable, tenantId: string, billId: string): Promise<Context> {
  const { rows } = await queryable.run(prepared`SELECT ${CONTEXT.columns}
    FROM "customer_bill" b JOIN "tenant" t ON t."id" = b."tenant_id"
    LEFT JOIN "correction" k ON k."tenant_id" = b."tenant_id" AND k."credit_note_id" = b."id"
    LEFT JOIN "customer_bill" o ON o."tenant_id" = k."tenant_id" AND o."id" = k."bill_id"
    LEFT JOIN "letterhead" l ON l."tenant_id" = b."tenant_id" AND l."id" = b."letterhead_id"
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${billId}`)
  const [context] = rows.map(CONTEXT.read)
  if (!context) throw DOCUMENTS.billGone()
  const { id, billNo, billDate, category, paymentDueDate, createdAt, letterhead, recipient } = context
  const { billingAccountId, financialAccountId, billingPeriod: period = {}, taxItem: taxes = [] } = context
  const accountId = billingAccountId ?? financialAccountId
  const { correctedNo, correctedDate } = context
  const { name, branding, timeZone, itemisation, ...tenant } = letterhead
  const { address, language = tenant.language, ...kept } = recipient
  return {
    ...{ id, billNo, billDate, category, period, paymentDueDate, createdAt, taxes, ...taxedAmounts(context) },
    corrected: correctedNo && correctedDate ? { billNo: correctedNo, date: correctedDate } : undefined,
    replaced: context.replaced,
    isIssued: context.issuedAs !== undefined,
    accountId: accountId === undefined ? undefined : ownName(accountId),
    amountDue: amount(context.amountDueValue, context.amountDueUnit),
    rounding: context.roundingAmount,
    taxProfile: context.appliedTaxProfile,
    tenant: { name, branding: await readBranding(branding), timeZone, itemisation: itemisation ?? {} },
    language: languageOf(language),
    customer: { name: kept.name, address: readAddress(address) },
    account: { name: kept.account, isPrepaid: kept.billingType === 'prepaid', balance: kept.balance }
  }
}

export function taxedAmounts(row: Readonly<Partial<Record<keyof typeof TAXED, string | undefined>>>) {
  return {
    taxExcluded: amount(row.taxExcludedAmountValue, row.taxExcludedAmountUnit),
    taxIncluded: amount(row.taxIncludedAmountValue, row.taxIncludedAmountUnit)
  }
}

function amount(value: string | undefined, unit: string | undefined): Amount | undefined {
  return value && unit ? { unit, value } : undefined
}
