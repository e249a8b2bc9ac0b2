import type { Transaction } from '../db/database.ts'
import { identifier, sql } from '../db/sql.ts'
import type { Resource } from './declaration/resource.ts'
import { documentSql } from './document-sql.ts'
import type { View } from './view.ts'

/**
 * Records an event for resources of one type, in the transaction of the change, with their present documents. Delivery
 * adds the addresses, which depend on the reader. An event belongs to the owner of its resource, not to the author of
 * the change.
 */
export async function recordEvents(
  tx: Transaction,
  { view: { tenantId }, newId }: { readonly view: Pick<View, 'tenantId'>; readonly newId: () => string },
  resource: Resource,
  what: 'created' | 'stateChanged' | 'removed',
  ids: readonly string[],
  now: string
): Promise<void> {
  const type = resource.events?.[what]
  if (!type || ids.length === 0) return
  const owner = resource.owner === 'tenant' ? sql`NULL` : sql`o."partner_id"`
  await tx.run(
    sql`INSERT INTO "event"
        ("tenant_id", "partner_id", "id", "event_type", "event_time", "resource_path", "resource_id", "document")
      SELECT ${tenantId}, ${owner}, e."id", ${type}, ${now}, ${resource.path}, o."id", ${documentSql(resource)}
      FROM unnest(${ids.map(() => newId())}::text[], ${ids}::text[]) e("id", "resource")
      JOIN ${identifier(resource.table)} o ON o."tenant_id" = ${tenantId} AND o."id" = e."resource"`,
    { prepared: true }
  )
}
