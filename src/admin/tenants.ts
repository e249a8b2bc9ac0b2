import { type Author, type Change, recordChange } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import { type Instant, instantFromPostgres } from '../base/instant.ts'
import { Problem } from '../base/problem.ts'
import type { Queryable, Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'

/** A provider with everything that is its own. */
export interface Tenant {
  readonly id: string
  readonly name: string
  /** Its administrators see all tenants and create them. */
  readonly isOperator: boolean
  readonly createdAt: Instant
}

/** Who changes a tenant, and when. */
export interface TenantContext {
  readonly clock: Clock
  readonly newId: () => string
  readonly author: Author
}

/** One page of the tenants that administrators of a tenant see, by id, and how many there are. */
export async function listTenants(
  queryable: Queryable,
  ownId: string,
  { offset, limit }: { readonly offset: number; readonly limit: number }
): Promise<{ readonly tenants: readonly Tenant[]; readonly total: number }> {
  const { rows } = await queryable.run(
    sql`SELECT ${COLUMNS} FROM "tenant" WHERE ${visibleTo(ownId)} ORDER BY "id" LIMIT ${limit} OFFSET ${offset}`
  )
  const { rows: counts } = await queryable.run(sql`SELECT count(*) FROM "tenant" WHERE ${visibleTo(ownId)}`)
  return { tenants: rows.map(readTenant), total: Number(counts[0]?.[0]) }
}

/** A tenant that administrators of a tenant see; else throws `notFound`. */
export async function findTenant(queryable: Queryable, ownId: string, id: string, lock: Sql = sql``): Promise<Tenant> {
  const { rows } = await queryable.run(
    sql`SELECT ${COLUMNS} FROM "tenant" WHERE "id" = ${id} AND ${visibleTo(ownId)}${lock}`
  )
  const [row] = rows
  if (row) return readTenant(row)
  throw new Problem('notFound', 'There is no tenant with this id')
}

/** Gives a tenant another name; a name that it has already changes nothing. */
export async function renameTenant(tx: Transaction, context: TenantContext, id: string, name: string): Promise<Tenant> {
  const tenant = await findTenant(tx, context.author.tenantId, id, sql` FOR UPDATE`)
  if (tenant.name === name) return tenant
  await tx.run(sql`UPDATE "tenant" SET "name" = ${name} WHERE "id" = ${id}`)
  const change = { action: 'patch', before: { name: tenant.name }, after: { name } }
  await recordTenantChange(tx, context, id, change, context.clock())
  return { ...tenant, name }
}

/** Adds a change of a tenant to its own audit and to that of whoever makes it. */
export async function recordTenantChange(
  tx: Transaction,
  { author, newId }: TenantContext,
  id: string,
  change: Omit<Change, 'resourceType' | 'resourceId'>,
  now: Instant
): Promise<void> {
  for (const tenantId of new Set([author.tenantId, id])) {
    const whole = { ...change, resourceType: 'Tenant', resourceId: id }
    await recordChange(tx, { ...author, tenantId }, whole, { id: newId(), now })
  }
}

const COLUMNS = sql`"id", "name", "is_operator", "created_at"`

/** The own tenant; all of them when that one operates the service. */
function visibleTo(ownId: string): Sql {
  return sql`("id" = ${ownId} OR EXISTS (
    SELECT FROM "tenant" AS "own" WHERE "own"."id" = ${ownId} AND "own"."is_operator"))`
}

function readTenant([id, name, isOperator, createdAt]: readonly (string | null)[]): Tenant {
  return {
    id: String(id),
    name: String(name),
    isOperator: isOperator === 't',
    createdAt: instantFromPostgres(String(createdAt))
  }
}
