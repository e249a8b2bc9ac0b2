import type { Author } from '../audit/record.ts'
import type { Transaction } from '../db/database.ts'
import { identifier, sql } from '../db/sql.ts'
import type { EventNames, Resource } from './declaration/resource.ts'
import { documentSql } from './document-sql.ts'

/** The origin of a change, as its events tell it. */
export interface EventContext {
  readonly author: Pick<Author, 'tenantId' | 'requestId'>
  readonly newId: () => string
  /** The run, or the request for a bill, that makes the change; by default the HTTP request. */
  readonly correlationId?: string | undefined
}

/**
 * Records an event for resources of one type, in the transaction of the change, with their present documents and
 * versions. Reading adds the addresses, which depend on the reader. An event belongs to the owner of its resource, not
 * to the author of the change. Call it with the rows locked: the events of a resource then stand in the order of its
 * commits. A removed resource is still there.
 */
export async function recordEvents(
  tx: Transaction,
  context: EventContext,
  resource: Resource,
  what: keyof EventNames,
  ids: readonly string[],
  now: string
): Promise<void> {
  const type = resource.events?.[what]
  if (!type || ids.length === 0) return
  const { author, newId, correlationId = author.requestId } = context
  const { tenantId } = author
  const owner = resource.owner === 'tenant' ? sql`NULL` : sql`o."partner_id"`
  const version = what === 'removed' ? sql`o."version" + 1` : sql`o."version"`
  await tx.run(
    sql`INSERT INTO "event" ("tenant_id", "partner_id", "id", "event_type", "event_time", "correlation_id",
        "resource_path", "resource_id", "resource_version", "document")
      SELECT ${tenantId}, ${owner}, e."id", ${type}, ${now}, ${correlationId}, ${resource.path}, o."id", ${version},
        ${documentSql(resource)}
      FROM unnest(${ids.map(() => newId())}::text[], ${ids}::text[]) e("id", "resource")
      JOIN ${identifier(resource.table)} o ON o."tenant_id" = ${tenantId} AND o."id" = e."resource"`,
    { prepared: true }
  )
}
