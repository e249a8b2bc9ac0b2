import { adminResources } from '../admin/index.ts'
import { findTenant } from '../admin/tenants.ts'
import { memberOf } from '../base/unknown.ts'
import type { Queryable, Transaction } from '../db/database.ts'
import { optional, scalar, text } from '../db/row.ts'
import { identifier, sql } from '../db/sql.ts'
import { RESOURCES } from '../messages/resource.ts'
import { columnsOf } from '../tmf/declaration/attribute.ts'
import type { Resource } from '../tmf/declaration/resource.ts'
import type { WriteContext } from '../tmf/write.ts'
import type { Arguments, Context, Result, Work } from './command.ts'

/** Throws `notFound` if the tenant of `--tenant` does not exist. */
export async function enterTenant(context: Context, { options }: Arguments): Promise<WriteContext> {
  const tenantId = String(options.tenant)
  await findTenant(context.database, tenantId, tenantId)
  return { ...context, author: { tenantId, actor: context.actor }, view: { tenantId }, resources: adminResources }
}

export function describeId(resource: Resource): string {
  const name = naturalName(resource)
  return `ID is the id of the ${resource.path}${name ? `, or its ${name}` : ''}.`
}

/** A command has seen no version to compare. */
export const isAnyVersion = (): boolean => true

/** Returns the attribute, unique in the tenant, that people use as a name. */
export function naturalName({ unique = {} }: Resource): string | undefined {
  return Object.values(unique)[0]
}

/**
 * Works on the row that the first parameter names by its id or natural name, in one transaction. Throws `notFound` if
 * there is none.
 */
export function onNamed(
  resource: Resource,
  args: Arguments,
  work: (tx: Transaction, writing: WriteContext, id: string) => Promise<Result>
): Work {
  return async (context) => {
    const writing = await enterTenant(context, args)
    return context.database.transaction(async (tx) => {
      const id = await idOf(tx, resource, writing.view.tenantId, String(args.parameters[0]))
      return work(tx, writing, id)
    })
  }
}

/** An id is never taken for a name. */
async function idOf(queryable: Queryable, resource: Resource, tenantId: string, named: string): Promise<string> {
  const attribute = resource.attributes.get(naturalName(resource) ?? 'id')
  const column = identifier(attribute ? String(columnsOf(attribute)[0]) : 'id')
  const found = await queryable.run(
    sql`SELECT "id" FROM ${identifier(resource.table)} WHERE "tenant_id" = ${tenantId}
      AND ("id" = ${named} OR ${column} = ${named}) ORDER BY "id" = ${named} DESC LIMIT 1`
  )
  const id = scalar(found, optional(text))
  if (id !== undefined) return id
  throw RESOURCES.unknownName(resource.path, JSON.stringify(named))
}

/** Replaces natural names in the references of a body by ids. */
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
    const named = target && memberOf(value, 'id')
    resolved.set(name, named ? { id: await idOf(queryable, target, tenantId, String(named)) } : value)
  }
  return Object.fromEntries(resolved)
}
