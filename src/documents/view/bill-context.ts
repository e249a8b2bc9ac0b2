import { z } from 'zod'
import { Problem } from '../../base/problem.ts'
import type { Queryable } from '../../db/database.ts'
import { computed, decimal, instant, json, optional, rowOf } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { LETTERHEAD, RECIPIENT } from '../../resources/letterhead.ts'
import type { BillSource } from './bill-source.ts'
import { readAddress, readBranding } from './branding.ts'
import { languageOf } from './words.ts'

type Context = Pick<
  BillSource,
  'createdAt' | 'rounding' | 'tenant' | 'language' | 'customer' | 'account' | 'taxProfile'
>

/** The shape that resources/letterhead.ts writes; bills of earlier releases have less. */
const KEPT_LETTERHEAD = z.object({
  name: z.string(),
  branding: z.unknown().optional(),
  timeZone: z.string(),
  language: z.string(),
  itemisation: z.object({ lines: z.number().optional(), types: z.record(z.string(), z.number()).optional() }).nullish()
})

const KEPT_RECIPIENT = z.object({
  name: z.string().optional(),
  address: z.unknown().optional(),
  language: z.string().optional(),
  account: z.string().optional(),
  billingType: z.string().optional(),
  balance: z
    .object({ previous: z.string().optional(), before: z.string(), after: z.string(), credit: z.string() })
    .optional()
})

const TAX_PROFILE = z.object({
  rates: z.array(z.object({ taxCategory: z.string(), taxRate: z.number() })).optional(),
  exempt: z.boolean().optional(),
  exemptReason: z.string().optional()
})

const CONTEXT = rowOf(
  'customer_bill',
  {
    createdAt: instant,
    roundingAmount: optional(decimal),
    appliedTaxProfile: optional(json(TAX_PROFILE)),
    letterhead: computed(json(KEPT_LETTERHEAD), sql`coalesce(l."content", ${LETTERHEAD})`),
    recipient: computed(json(KEPT_RECIPIENT), sql`coalesce(b."recipient", ${RECIPIENT})`)
  },
  'b'
)

/** Reads the letterhead and the recipient of an issued bill, or the present ones for any other. */
export async function readContext(queryable: Queryable, tenantId: string, billId: string): Promise<Context> {
  const { rows } = await queryable.run(
    sql`SELECT ${CONTEXT.columns}
    FROM "customer_bill" b JOIN "tenant" t ON t."id" = b."tenant_id"
    LEFT JOIN "letterhead" l ON l."tenant_id" = b."tenant_id" AND l."id" = b."letterhead_id"
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${billId}`,
    { prepared: true }
  )
  const [context] = rows.map(CONTEXT.read)
  if (!context) throw new Problem('notFound', 'There is no customerBill with this id any more')
  const { createdAt, roundingAmount: rounding, appliedTaxProfile: taxProfile, letterhead, recipient } = context
  const { name, branding, timeZone, itemisation, ...tenant } = letterhead
  const { address, language = tenant.language, ...kept } = recipient
  return {
    createdAt,
    rounding,
    taxProfile,
    tenant: { name, branding: await readBranding(branding), timeZone, itemisation: itemisation ?? {} },
    language: languageOf(language),
    customer: { name: kept.name, address: readAddress(address) },
    account: { name: kept.account, isPrepaid: kept.billingType === 'prepaid', balance: kept.balance }
  }
}
