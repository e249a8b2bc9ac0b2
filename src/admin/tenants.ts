import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type Change, recordChange } from '../audit/record.ts'
import type { Instant } from '../base/instant.ts'
import { memberOf } from '../base/unknown.ts'
import type { Queryable, Transaction } from '../db/database.ts'
import { count, scalar } from '../db/row.ts'
import { join, type Sql, sql } from '../db/sql.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { merge } from '../tmf/patch.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import { type CheckedSettings, checkSettings, requireTwoSeries } from './tenant-checks.ts'
import { columnValues, LISTED, TENANT, type Tenant, type Values } from './tenant-row.ts'
import { PARTS, requirePart, type TenantPatch } from './tenant-settings.ts'

/** Returns one page of the tenants that a tenant's administrators see, by id, and their number. */
export async function listTenants(
  queryable: Queryable,
  ownId: string,
  { offset, limit }: Range
): Promise<PageOf<Tenant>> {
  const { rows } = await queryable.run(
    sql`SELECT ${LISTED.columns} FROM "tenant" WHERE ${visibleTo(ownId)} ORDER BY "id" LIMIT ${limit} OFFSET ${offset}`
  )
  const counted = await queryable.run(sql`SELECT count(*) FROM "tenant" WHERE ${visibleTo(ownId)}`)
  return { rows: rows.map(LISTED.read), total: scalar(counted, count) }
}

export async function allTenants(queryable: Queryable): Promise<readonly Tenant[]> {
  const { rows } = await queryable.run(sql`SELECT ${LISTED.columns} FROM "tenant" ORDER BY "id"`)
  return rows.map(LISTED.read)
}

/** Returns a tenant that a tenant's administrators see; else throws `notFound`. */
export async function findTenant(queryable: Queryable, ownId: string, id: string, lock: Sql = sql``): Promise<Tenant> {
  const { rows } = await queryable.run(
    sql`SELECT ${TENANT.columns} FROM "tenant" WHERE "id" = ${id} AND ${visibleTo(ownId)}${lock}`
  )
  const [tenant] = rows.map(TENANT.read)
  if (tenant) return tenant
  throw RESOURCES.notFound('tenant')
}

/**
 * Changes a tenant by a merge patch; equal values change nothing. Throws `notFound`, `invalidField`, and `conflict` for
 * a pattern that could give a bill number twice.
 */
export async function changeTenant(
  tx: Transaction,
  context: ChangeContext,
  id: string,
  patch: TenantPatch
): Promise<Tenant> {
  // Not FOR UPDATE: adding rows of the tenant need not wait.
  const tenant = await findTenant(tx, context.author.tenantId, id, sql` FOR NO KEY UPDATE`)
  const changes = changesOf(tenant, { ...patch, ...mergedParts(tenant, patch) })
  if (Object.keys(changes).length === 0) return tenant
  await checkSettings(tx, changes, tenant)
  requireTwoSeries({ ...tenant, ...changes })
  const assignments = columnValues(changes).map(({ column, value }) => sql`${column} = ${value}`)
  const changed = await tx.run(
    sql`UPDATE "tenant" SET ${join(assignments)} WHERE "id" = ${id} RETURNING ${TENANT.columns}`
  )
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, memberOf(tenant, name)]))
  const change = { action: 'patch' as const, before: withoutLogo(before), after: withoutLogo(changes) }
  await recordTenantChange(tx, context, id, change, context.clock())
  return TENANT.one(changed)
}

function mergedParts(tenant: Tenant, patch: TenantPatch): Values {
  const given = PARTS.filter((part) => patch[part] !== undefined)
  const merged = given.map((part) => [part, patch[part] && merge(tenant[part], patch[part])] as const)
  for (const [part, value] of merged) if (value !== null) requirePart(part, value)
  return Object.fromEntries(merged)
}

export async function recordTenantChange(
  tx: Transaction,
  { author, newId }: ChangeContext,
  id: string,
  change: Omit<Change, 'resourceType' | 'resourceId'>,
  now: Instant
): Promise<void> {
  for (const tenantId of new Set([author.tenantId, id])) {
    const whole = { ...change, resourceType: 'Tenant', resourceId: id }
    await recordChange(tx, { author: { ...author, tenantId }, newId }, whole, now)
  }
}

function changesOf(tenant: Tenant, settings: Values): Values & CheckedSettings {
  const isChanged = ([name, value]: [string, unknown]) =>
    value !== undefined && !isDeepStrictEqual(value, memberOf(tenant, name) ?? null)
  return Object.fromEntries(Object.entries(settings).filter(isChanged))
}

/** Shortens the logo for the audit, enough to tell one from another. */
export function withoutLogo<V extends Values>(values: V): V {
  const { branding } = values
  if (typeof branding !== 'object' || branding === null || !('logo' in branding)) return values
  const digest = createHash('sha256').update(String(branding.logo)).digest('hex')
  return { ...values, branding: { ...branding, logo: `SHA-256 ${digest}` } }
}

/** Returns a condition: the own tenant, or all for an operator. */
function visibleTo(ownId: string): Sql {
  return sql`("id" = ${ownId} OR EXISTS (
    SELECT FROM "tenant" AS "own" WHERE "own"."id" = ${ownId} AND "own"."is_operator"))`
}
