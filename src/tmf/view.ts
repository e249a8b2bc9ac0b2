import { type Sql, sql } from '../db/sql.ts'
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
export function within({ owner }: Resource, { tenantId, partnerId, seesTenants }: View): Sql {
  const tenant = sql`"tenant_id" = ${tenantId}`
  if (partnerId === undefined) return tenant
  if (seesTenants) return sql`${tenant} AND ("partner_id" = ${partnerId} OR "partner_id" IS NULL)`
  return owner === 'partner' ? sql`${tenant} AND "partner_id" = ${partnerId}` : sql`${tenant} AND FALSE`
}
