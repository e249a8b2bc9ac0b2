import { identifier, type Sql, sql } from '../db/sql.ts'
import type { Resource } from './declaration/resource.ts'

/** The rows a request sees and changes: those of a tenant or, with `partnerId`, of that partner. */
export interface View {
  readonly tenantId: string
  readonly partnerId?: string | undefined
  /** A partner also sees rows that belong to the tenant. */
  readonly seesTenants?: boolean
}

/**
 * Returns the condition that keeps a statement within a view. A partner sees nothing that belongs to the tenant only.
 */
export function within({ owner }: Resource, view: View): Sql {
  const { tenantId, partnerId, seesTenants } = view
  if (partnerId === undefined) return ownedBy(view)
  if (seesTenants) return sql`"tenant_id" = ${tenantId} AND ("partner_id" = ${partnerId} OR "partner_id" IS NULL)`
  return owner === 'partner' ? ownedBy(view) : sql`"tenant_id" = ${tenantId} AND FALSE`
}

/** Returns the condition for rows that partners own too, in a table or in one of this alias. */
export function ownedBy({ tenantId, partnerId }: Pick<View, 'tenantId' | 'partnerId'>, alias?: string): Sql {
  const of = alias === undefined ? sql`` : sql`${identifier(alias)}.`
  const tenant = sql`${of}"tenant_id" = ${tenantId}`
  return partnerId === undefined ? tenant : sql`${tenant} AND ${of}"partner_id" = ${partnerId}`
}
