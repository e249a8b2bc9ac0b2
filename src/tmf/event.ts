import type { Transaction } from '../db/database.ts'
import { identifier, type Sql, sql } from '../db/sql.ts'
import { type Row, selectAll, writeDocument } from './representation.ts'
import type { Resource } from './resource.ts'
import type { View } from './view.ts'

/** Records that something happened to a resource, in the transaction in which it happens. Delivery reads these rows. */
export async function recordEvent(
  tx: Transaction,
  { view: { tenantId }, newId }: { view: View; newId: () => string },
  resource: Resource,
  what: 'created' | 'stateChanged',
  row: Row,
  now: string
): Promise<void> {
  const type = resource.events?.[what]
  if (!type) return
  // The href depends on who reads the event, so it is written at delivery.
  const document = writeDocument(resource.path, selectAll(resource), row, '')
  await tx.run(
    sql`INSERT INTO "event"
        ("tenant_id", "partner_id", "id", "event_type", "event_time", "resource_path", "resource_id", "document")
      VALUES (${tenantId}, ${ownerOf(resource, tenantId, row)}, ${newId()}, ${type}, ${now},
        ${resource.path}, ${row[0]}, ${document}::jsonb - 'href')`,
    { prepared: true }
  )
}

/** The same of many rows, in one statement. */
export async function recordEvents(
  tx: Transaction,
  { view: { tenantId }, newId }: { view: View; newId: () => string },
  resource: Resource,
  what: 'created' | 'stateChanged',
  rows: readonly Row[],
  now: string
): Promise<void> {
  const type = resource.events?.[what]
  if (!type) return
  const documents = rows.map((row) => writeDocument(resource.path, selectAll(resource), row, ''))
  const owner = resource.owner === 'tenant' ? sql`NULL` : sql`o."partner_id"`
  await tx.run(
    sql`INSERT INTO "event"
        ("tenant_id", "partner_id", "id", "event_type", "event_time", "resource_path", "resource_id", "document")
      SELECT ${tenantId}, ${owner}, e."id", ${type}, ${now}, ${resource.path}, e."resource",
        e."document"::jsonb - 'href'
      FROM unnest(${rows.map(() => newId())}::text[], ${rows.map(([id]) => id)}::text[], ${documents}::text[])
        e("id", "resource", "document")
      JOIN ${identifier(resource.table)} o ON o."tenant_id" = ${tenantId} AND o."id" = e."resource"`,
    { prepared: true }
  )
}

/** The event belongs to whom the row belongs to, whoever changed it. */
function ownerOf({ owner, table }: Resource, tenantId: string, row: Row): Sql {
  if (owner === 'tenant') return sql`NULL`
  return sql`(SELECT "partner_id" FROM ${identifier(table)} WHERE "tenant_id" = ${tenantId} AND "id" = ${row[0]})`
}
