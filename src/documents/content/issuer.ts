import { z } from 'zod'
import type { Queryable } from '../../db/database.ts'
import { computed, json, optional, rowOf, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import type { Logo } from '../../image/logo.ts'
import { readBranding } from './branding.ts'

/** The name and the look of the tenant or partner that customers deal with. */
export interface Issuer {
  readonly name: string
  /** `#rrggbb` */
  readonly colour: string
  readonly logo: Logo | undefined
}

const ISSUER = rowOf(
  'tenant',
  { name: computed(text, sql`coalesce(p."name", t."name")`), branding: optional(json(z.unknown())) },
  't'
)

/** Returns the name of the partner, or of the tenant, in the look of the tenant's bills. */
export async function issuerOf(queryable: Queryable, tenantId: string, partnerId: string | undefined): Promise<Issuer> {
  const found = await queryable.run(sql`SELECT ${ISSUER.columns} FROM "tenant" t
    LEFT JOIN "partner" p ON p."tenant_id" = t."id" AND p."id" = ${partnerId} WHERE t."id" = ${tenantId}`)
  const { name, branding } = ISSUER.one(found)
  const { colour, logo } = await readBranding(branding)
  return { name, colour, logo }
}
