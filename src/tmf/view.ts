import { type Sql, sql } from '../db/sql.ts'
import type { Resource } from './declaration/resource.ts'

/** Whose rows a request sees and changes: those of a tenant or, with a partner, those of that partner in it. */
export interface View {
  readonly tenantId: string
  readonly partnerId?: string | undefined
  /** With a partner: what belongs to the tenant alone is in view, too. */
  readonly seesTenants?: boolean
}

/** The condition that keeps a statement within a view. What belongs to the tenant alone is nothing to a partner. */
export function within({ owner }: Resource, { tenantId, partnerId, seesTenants }: View): Sql {
  const tenant = sql`"tenant_id" = ${tenantId}`
  if (partnerId === undefined) return tenant
  if (seesTenants) return sql`${tenant} AND ("partner_id" = ${partnerId} OR "partner_id" IS NULL)`
  return owner === 'partner' ? sql`${tenant} AND "partner_id" = ${partnerId}` : sql`${tenant} AND FALSE`
}
