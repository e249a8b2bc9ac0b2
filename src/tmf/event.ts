import type { Transaction } from '../db/database.ts'
import { identifier, sql } from '../db/sql.ts'
import type { Resource } from './declaration/resource.ts'
import { documentSql } from './document-sql.ts'
import type { View } from './view.ts'

/**
 * Records that something happened to resources of one type, in the transaction in which it happens, with what they are
 * at that time. Delivery reads these rows and writes the addresses, which depend on who reads. An event belongs to
 * whom its resource belongs to, whoever changed that.
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
