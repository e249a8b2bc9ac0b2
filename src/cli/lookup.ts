import { adminResources } from '../admin/index.ts'
import { findTenant } from '../admin/tenants.ts'
import { Problem } from '../base/problem.ts'
import type { Queryable } from '../db/database.ts'
import { identifier, sql } from '../db/sql.ts'
import { columnsOf } from '../tmf/attribute.ts'
import type { Resource } from '../tmf/resource.ts'
import type { WriteContext } from '../tmf/write.ts'
import type { Arguments, Context } from './command.ts'

/** What writing within the tenant of `--tenant` needs. Throws `notFound` when there is no such tenant. */
export async function enterTenant(context: Context, { options }: Arguments): Promise<WriteContext> {
  const tenantId = String(options.tenant)
  await findTenant(context.database, tenantId, tenantId)
  return { ...context, author: { tenantId, actor: context.actor }, view: { tenantId }, resources: adminResources }
}

/** The attribute besides the id by which people know a row: it is unique in the tenant. */
export function naturalName({ unique = {} }: Resource): string | undefined {
  return Object.values(unique)[0]
}

/** The id of what is named by its id or its natural name; else throws `notFound`. An id is never taken for a name. */
export async function idOf(queryable: Queryable, resource: Resource, tenantId: string, named: string): Promise<string> {
  const attribute = resource.attributes.get(naturalName(resource) ?? 'id')
  const column = identifier(attribute ? String(columnsOf(attribute)[0]) : 'id')
  const { rows } = await queryable.run(
    sql`SELECT "id" FROM ${identifier(resource.table)} WHERE "tenant_id" = ${tenantId}
      AND ("id" = ${named} OR ${column} = ${named}) ORDER BY "id" = ${named} DESC LIMIT 1`
  )
  const id = rows[0]?.[0]
  if (id) return id
  throw new Problem('notFound', `There is no ${resource.path} ${JSON.stringify(named)} in this tenant`)
}

/** The body with the natural names in its references replaced by ids. */
export async function resolveReferences(
  queryable: Queryable,
  resource: Resource,
  tenantId: string,
  body: Readonly<Record<string, unknown>>
): Promise<Readonly<Record<string, unknown>>> {
  const resolved = new Map<string, unknown>()
  for (const [name, value] of Object.entries(body)) {
    const storage = resource.attributes.get(name)?.storage
    const target = storage?.kind === 'reference' && storage.to && adminResources.get(storage.to.path)
    const isNamed = target && isReference(value)
    resolved.set(name, isNamed ? { id: await idOf(queryable, target, tenantId, value.id) } : value)
  }
  return Object.fromEntries(resolved)
}

function isReference(value: unknown): value is { readonly id: string } {
  return typeof value === 'object' && value !== null && 'id' in value
}
