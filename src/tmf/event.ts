import type { Author } from '../audit/record.ts'
import type { Transaction } from '../db/database.ts'
import { identifier, prepared, type Sql, sql } from '../db/sql.ts'
import type { EventNames, Resource } from './declaration/resource.ts'
import { documentSql } from './document-sql.ts'

/** The origin of a change, as its events tell it. */
export interface EventContext {
  readonly author: Pick<Author, 'tenantId' | 'requestId'>
  readonly newId: () => string
  /** The run, or the request for a bill, that makes the change; by default the HTTP request. */
  readonly correlationId?: string | undefined
}

/** The type of an event, and the resource of which it tells. */
interface Source extends Pick<Resource, 'path'> {
  readonly type: string
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
  const version = what === 'removed' ? sql`o."version" + 1` : sql`o."version"`
  const content = { version, document: documentSql(resource) }
  const resources = sql`unnest(${ids.map(() => context.newId())}::text[], ${ids}::text[]) e("id", "resource")`
  await tx.run(insertion(context, { ...resource, type }, resources, content, now))
}

/** The base path of billing in documents under way, as OWN_ROOT is that of the API. */
export const OWN_BILLING = '~billing'

/** Records an event of each row that is no declared resource, with its document as JSON. */
export async function recordDocuments(
  tx: Transaction,
  context: EventContext,
  source: Source & Pick<Resource, 'table' | 'owner'>,
  documents: readonly { readonly id: string; readonly document: string }[],
  now: string
): Promise<void> {
  const content = { version: sql`o."version"`, document: sql`e."document"::jsonb` }
  const ids = documents.map(({ id }) => id)
  const resources = sql`unnest(${ids.map(() => context.newId())}::text[], ${ids}::text[],
    ${documents.map(({ document }) => document)}::text[]) e("id", "resource", "document")`
  await tx.run(insertion(context, source, resources, content, now))
}

function insertion(
  context: EventContext,
  { owner, ...source }: Source & Pick<Resource, 'table' | 'owner'>,
  resources: Sql,
  { version, document }: { readonly version: Sql; readonly document: Sql },
  now: string
): Sql {
  const partner = owner === 'tenant' ? sql`NULL` : sql`o."partner_id"`
  const events = sql`SELECT ${partner} AS "partner_id", e."id" AS "event_id", o."id", ${version} AS "version",
      ${document} AS "document"
    FROM ${resources}
    JOIN ${identifier(source.table)} o ON o."tenant_id" = ${context.author.tenantId} AND o."id" = e."resource"`
  return prepared`${eventInsertion(context, source, events, now)}`
}

/**
 * Returns the statement that records an event for each row of a query with the columns "partner_id", its owner,
 * "event_id", "id" and "version" of the resource, and "document", what documentSql makes of it.
 */
export function eventInsertion(
  { author: { tenantId, requestId }, correlationId = requestId }: EventContext,
  { type, path }: Source,
  events: Sql,
  now: string
): Sql {
  return sql`INSERT INTO "event" ("tenant_id", "partner_id", "id", "event_type", "event_time", "correlation_id",
      "resource_path", "resource_id", "resource_version", "document")
    SELECT ${tenantId}, e."partner_id", e."event_id", ${type}, ${now}, ${correlationId}, ${path}, e."id", e."version",
      e."document"
    FROM (${events}) e`
}
