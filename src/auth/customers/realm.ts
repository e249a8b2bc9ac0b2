import type { Queryable } from '../../db/database.ts'
import { optional, scalar, text } from '../../db/row.ts'
import { prepared } from '../../db/sql.ts'

/** The customers who sign in: the provider's own, or those of one partner. */
export interface Realm {
  readonly tenantId: string
  readonly partnerId?: string | undefined
}

/** Finds a realm by the names in a link; undefined for an unknown tenant or partner. */
export async function findRealm(
  queryable: Queryable,
  tenantId: string,
  accountNumber?: string
): Promise<Realm | undefined> {
  if (accountNumber === undefined) {
    const { rowCount } = await queryable.run(prepared`SELECT FROM "tenant" WHERE "id" = ${tenantId}`)
    return rowCount > 0 ? { tenantId, partnerId: undefined } : undefined
  }
  const found = prepared`SELECT "id" FROM "partner"
    WHERE "tenant_id" = ${tenantId} AND "account_number" = ${accountNumber}`
  const partnerId = scalar(await queryable.run(found), optional(text))
  return partnerId === undefined ? undefined : { tenantId, partnerId }
}

export type PortalPage = 'link' | 'confirm' | 'reset'

/** Returns the address of a page of the portal, with the names of the realm and further parameters. */
export async function portalUrl(
  queryable: Queryable,
  root: string,
  page: PortalPage,
  { tenantId, partnerId }: Realm,
  parameters: Readonly<Record<string, string>>
): Promise<string> {
  const numbered = prepared`SELECT "account_number" FROM "partner"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${partnerId}`
  const partner = scalar(await queryable.run(numbered), optional(text))
  const query = new URLSearchParams({ tenant: tenantId, ...(partner !== undefined && { partner }), ...parameters })
  return `${root}/portal/${page}?${query}`
}
