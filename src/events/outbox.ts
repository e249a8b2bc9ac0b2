import type { Queryable } from '../db/database.ts'
import { count, instant, integer, jsonText, optional, rowOf, scalar, text } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { ownedBy, type View } from '../tmf/view.ts'

const EVENT = rowOf('event', {
  position: count,
  tenantId: text,
  partnerId: optional(text),
  id: text,
  eventType: text,
  eventTime: instant,
  correlationId: optional(text),
  resourcePath: text,
  resourceId: text,
  resourceVersion: integer,
  document: jsonText
})

/** An event as it is stored: its document lacks the addresses. */
export type EventRow = ReturnType<typeof EVENT.read>

/**
 * Returns the position up to which later statements see every event that will ever be there. No event beyond it may be
 * counted as read: one with a lower position may still commit. Not for a transaction on one snapshot.
 */
export async function horizon(queryable: Queryable): Promise<number> {
  return scalar(await queryable.run(prepared`SELECT "event_horizon"()`), count)
}

/** Returns the next events of a view, in their order: beyond `after`, up to `until`, which is a horizon. */
export async function eventsAfter(
  queryable: Queryable,
  view: View,
  after: number,
  until: number,
  limit: number
): Promise<readonly EventRow[]> {
  const { rows } = await queryable.run(prepared`SELECT ${EVENT.columns} FROM "event"
      WHERE ${ownedBy(view)} AND "position" > ${after} AND "position" <= ${until}
      ORDER BY "position" LIMIT ${limit}`)
  return rows.map(EVENT.read)
}

/** Returns the events with these ids, in their order. */
export async function eventsById(
  queryable: Queryable,
  tenantId: string,
  ids: readonly string[]
): Promise<readonly EventRow[]> {
  const { rows } = await queryable.run(prepared`SELECT ${EVENT.columns} FROM "event"
      WHERE "tenant_id" = ${tenantId} AND "id" = ANY (${ids}::text[]) ORDER BY "position"`)
  return rows.map(EVENT.read)
}
