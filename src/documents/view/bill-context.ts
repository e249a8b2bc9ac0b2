import { instantFromPostgres } from '../../base/instant.ts'
import { trimScale } from '../../base/money.ts'
import { Problem } from '../../base/problem.ts'
import type { Queryable } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { LETTERHEAD, RECIPIENT } from '../../resources/letterhead.ts'
import type { Balance, BillSource, Itemisation, TaxProfile } from './bill-source.ts'
import { readAddress, readBranding } from './branding.ts'
import { languageOf } from './words.ts'

type Context = Pick<
  BillSource,
  'createdAt' | 'rounding' | 'tenant' | 'language' | 'customer' | 'account' | 'taxProfile'
>

/** As src/resources/letterhead.ts puts them together; one that was kept by an earlier release has less. */
interface Letterhead {
  readonly name: string
  readonly branding: unknown
  readonly timeZone: string
  readonly language: string
  readonly itemisation?: Itemisation | null
}

interface Recipient {
  readonly name?: string
  readonly address?: unknown
  readonly language?: string
  readonly account?: string
  readonly billingType?: string
  readonly balance?: Balance
}

/** The provider and the recipient: those that an issued bill keeps, so that it stays as it is, else those of now. */
export async function readContext(queryable: Queryable, tenantId: string, billId: string): Promise<Context> {
  const { rows } = await queryable.run(
    sql`SELECT b."created_at", b."rounding_amount", b."applied_tax_profile", coalesce(l."content", ${LETTERHEAD}),
      coalesce(b."recipient", ${RECIPIENT})
    FROM "customer_bill" b JOIN "tenant" t ON t."id" = b."tenant_id"
    LEFT JOIN "letterhead" l ON l."tenant_id" = b."tenant_id" AND l."id" = b."letterhead_id"
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${billId}`,
    { prepared: true }
  )
  if (!rows[0]) throw new Problem('notFound', 'There is no customerBill with this id any more')
  const [createdAt, rounding, taxProfile, letterhead, recipient] = rows[0]
  const { name, branding, timeZone, itemisation, ...tenant }: Letterhead = JSON.parse(String(letterhead))
  const { address, language = tenant.language, ...kept }: Recipient = JSON.parse(String(recipient))
  return {
    createdAt: instantFromPostgres(String(createdAt)),
    rounding: rounding ? trimScale(rounding) : undefined,
    taxProfile: taxProfile ? (JSON.parse(taxProfile) as TaxProfile) : undefined,
    tenant: { name, branding: await readBranding(branding), timeZone, itemisation: itemisation ?? {} },
    language: languageOf(language),
    customer: { name: kept.name, address: readAddress(address) },
    account: { name: kept.account, isPrepaid: kept.billingType === 'prepaid', balance: kept.balance }
  }
}
