import type { Instant } from '../base/instant.ts'
import type { Queryable, Transaction } from '../db/database.ts'
import { count, instant, integer, optional, rowOf, scalars, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import type { ListenerKey } from './lease.ts'

const EXCEPTION = rowOf('event_delivery', {
  eventId: text,
  position: count,
  lane: text,
  failures: integer,
  failingSince: optional(instant),
  retryAt: optional(instant)
})

/** An event that was not delivered at its turn. Without `retryAt` it waits for an earlier one of its lane. */
export type Exception = ReturnType<typeof EXCEPTION.read>

export interface Kept extends Exception {
  /** It is a dead letter since then. */
  readonly deadAt: Instant | undefined
}

const waitingOf = ({ tenantId, listenerId }: ListenerKey): Sql =>
  sql`"tenant_id" = ${tenantId} AND "listener_id" = ${listenerId} AND "state" = 'waiting'`

/** Returns the lanes whose further events have to wait. */
export async function blockedLanes(queryable: Queryable, listener: ListenerKey): Promise<ReadonlySet<string>> {
  const found = await queryable.run(prepared`SELECT DISTINCT "lane" FROM "event_delivery" WHERE ${waitingOf(listener)}`)
  return new Set(scalars(found, text))
}

/** Returns waiting events of the lanes that are due, in their order. */
export async function dueExceptions(
  queryable: Queryable,
  listener: ListenerKey,
  now: Instant,
  limit: number
): Promise<readonly Exception[]> {
  const { rows } =
    await queryable.run(prepared`SELECT ${EXCEPTION.columns} FROM "event_delivery" WHERE ${waitingOf(listener)}
        AND "lane" IN (SELECT "lane" FROM "event_delivery" WHERE ${waitingOf(listener)} AND "retry_at" <= ${now})
      ORDER BY "position" LIMIT ${limit}`)
  return rows.map(EXCEPTION.read)
}

/** Returns the waiting event to probe a suspended listener with: the one that was not tried for the longest time. */
export async function nextException(queryable: Queryable, listener: ListenerKey): Promise<readonly Exception[]> {
  const lastAttempt = sql`SELECT max(a."id") FROM "event_attempt" a WHERE a."tenant_id" = ${listener.tenantId}
    AND a."listener_id" = ${listener.listenerId} AND a."event_id" = "event_delivery"."event_id"`
  const { rows } = await queryable.run(
    sql`SELECT ${EXCEPTION.columns} FROM "event_delivery" WHERE ${waitingOf(listener)} AND "retry_at" IS NOT NULL
      ORDER BY (${lastAttempt}) NULLS FIRST, "position" LIMIT 1`
  )
  return rows.map(EXCEPTION.read)
}

export async function keepExceptions(
  tx: Transaction,
  { tenantId, listenerId }: ListenerKey,
  kept: readonly Kept[]
): Promise<void> {
  if (kept.length === 0) return
  await tx.run(prepared`INSERT INTO "event_delivery" ("tenant_id", "listener_id", "event_id", "position", "lane",
        "state", "failures", "failing_since", "retry_at", "dead_at")
      SELECT ${tenantId}, ${listenerId}, x."event", x."position", x."lane",
        CASE WHEN x."dead" IS NULL THEN 'waiting' ELSE 'dead' END, x."failures", x."since", x."retry", x."dead"
      FROM unnest(${kept.map(({ eventId }) => eventId)}::text[], ${kept.map(({ position }) => position)}::bigint[],
        ${kept.map(({ lane }) => lane)}::text[], ${kept.map(({ failures }) => failures)}::int[],
        ${kept.map(({ failingSince }) => failingSince ?? null)}::timestamptz[],
        ${kept.map(({ retryAt }) => retryAt ?? null)}::timestamptz[],
        ${kept.map(({ deadAt }) => deadAt ?? null)}::timestamptz[])
        x("event", "position", "lane", "failures", "since", "retry", "dead")
      ON CONFLICT ("tenant_id", "listener_id", "event_id") DO UPDATE SET "state" = excluded."state",
        "failures" = excluded."failures", "failing_since" = excluded."failing_since",
        "retry_at" = excluded."retry_at", "dead_at" = excluded."dead_at"
      WHERE excluded."failures" > 0 OR "event_delivery"."state" = 'dead'`)
}

/** Makes an event due that was delivered or is a dead letter; behind an earlier waiting one of its lane, it waits. */
export async function keepAgain(
  tx: Transaction,
  listener: ListenerKey,
  { eventId, position, lane }: Pick<Exception, 'eventId' | 'position' | 'lane'>,
  now: Instant
): Promise<void> {
  const { tenantId, listenerId } = listener
  await tx.run(sql`INSERT INTO "event_delivery" ("tenant_id", "listener_id", "event_id", "position", "lane", "state",
      "retry_at")
    SELECT ${tenantId}, ${listenerId}, ${eventId}, ${position}, ${lane}, 'waiting', CASE WHEN EXISTS (
      SELECT FROM "event_delivery" WHERE ${waitingOf(listener)} AND "lane" = ${lane} AND "position" < ${position})
      THEN NULL ELSE ${now}::timestamptz END
    ON CONFLICT ("tenant_id", "listener_id", "event_id") DO UPDATE SET "state" = 'waiting', "failures" = 0,
      "failing_since" = NULL, "dead_at" = NULL, "retry_at" = excluded."retry_at"`)
}

export async function removeExceptions(
  tx: Transaction,
  { tenantId, listenerId }: ListenerKey,
  eventIds: readonly string[]
): Promise<void> {
  if (eventIds.length === 0) return
  await tx.run(sql`DELETE FROM "event_delivery" WHERE "tenant_id" = ${tenantId} AND "listener_id" = ${listenerId}
    AND "event_id" = ANY (${eventIds}::text[])`)
}

/** Makes the first waiting event of each lane due that has no time yet. */
export async function wakeLanes(tx: Transaction, listener: ListenerKey, now: Instant): Promise<void> {
  await tx.run(prepared`UPDATE "event_delivery" SET "retry_at" = ${now} WHERE ${waitingOf(listener)} AND "event_id" IN (
      SELECT h."event_id" FROM (SELECT DISTINCT ON ("lane") "event_id", "retry_at" FROM "event_delivery"
        WHERE ${waitingOf(listener)} ORDER BY "lane", "position") h WHERE h."retry_at" IS NULL)`)
}

/** Makes everything due that waits for a time: the listener takes events again. */
export async function hastenExceptions(tx: Transaction, listener: ListenerKey, now: Instant): Promise<void> {
  await tx.run(
    sql`UPDATE "event_delivery" SET "retry_at" = ${now} WHERE ${waitingOf(listener)} AND "retry_at" > ${now}`
  )
}
