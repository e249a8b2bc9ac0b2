import type { Queryable } from '../db/database.ts'
import { computed, count, instant, integer, oneOf, optional, rowOf, scalar, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import { ownedBy, type View } from '../tmf/view.ts'
import { BACKLOG } from './backlog.ts'
import type { ListenerKey } from './lease.ts'
import { LISTENER_STATES } from './listener.ts'

export const DELIVERY_STATES = ['waiting', 'dead'] as const

/** Returns the key of a listener of a view; throws `notFound`. */
export async function findListener(queryable: Queryable, view: View, id: string): Promise<ListenerKey> {
  const { rowCount } = await queryable.run(sql`SELECT FROM "event_listener" WHERE ${ownedBy(view)} AND "id" = ${id}`)
  if (rowCount === 1) return { tenantId: view.tenantId, listenerId: id }
  throw RESOURCES.notFound('listener')
}

const DELIVERY = rowOf(
  'event_delivery',
  {
    eventId: text,
    eventType: computed(text, sql`e."event_type"`),
    eventTime: computed(instant, sql`e."event_time"`),
    state: oneOf(DELIVERY_STATES),
    failures: integer,
    failingSince: optional(instant),
    retryAt: optional(instant),
    deadAt: optional(instant)
  },
  'd'
)

/** Returns events that were not delivered at their turn, in their order. */
export async function listDeliveries(
  queryable: Queryable,
  listener: ListenerKey,
  states: readonly string[],
  { limit, offset }: Range
): Promise<PageOf<ReturnType<typeof DELIVERY.read>>> {
  const meant = sql`${ofListener(listener)} AND "state" = ANY (${states}::text[])`
  const { rows } = await queryable.run(sql`SELECT ${DELIVERY.columns}
    FROM (SELECT * FROM "event_delivery" WHERE ${meant} ORDER BY "position" LIMIT ${limit} OFFSET ${offset}) d
    JOIN "event" e ON e."tenant_id" = d."tenant_id" AND e."id" = d."event_id" ORDER BY d."position"`)
  return { rows: rows.map(DELIVERY.read), total: await counted(queryable, sql`"event_delivery" WHERE ${meant}`) }
}

const ATTEMPT = rowOf('event_attempt', {
  id: text,
  eventId: text,
  eventType: text,
  attemptedAt: instant,
  durationMs: integer,
  status: optional(integer),
  fault: optional(text),
  answer: text
})

/** Returns attempts, the latest first. */
export async function listAttempts(
  queryable: Queryable,
  listener: ListenerKey,
  events: readonly string[] | undefined,
  { limit, offset }: Range
): Promise<PageOf<ReturnType<typeof ATTEMPT.read>>> {
  const meant = sql`${ofListener(listener)} AND ${events ? sql`"event_id" = ANY (${events}::text[])` : sql`TRUE`}`
  const { rows } = await queryable.run(sql`SELECT ${ATTEMPT.columns} FROM "event_attempt" WHERE ${meant}
    ORDER BY "id" DESC LIMIT ${limit} OFFSET ${offset}`)
  return { rows: rows.map(ATTEMPT.read), total: await counted(queryable, sql`"event_attempt" WHERE ${meant}`) }
}

const own = sql`"tenant_id" = p."tenant_id" AND "listener_id" = p."listener_id"`
const PROGRESS = rowOf(
  'event_progress',
  {
    state: computed(oneOf(LISTENER_STATES), sql`l."state"`),
    stateReason: computed(optional(text), sql`l."state_reason"`),
    backlog: computed(count, sql`b."events"`),
    oldestEventTime: computed(
      optional(instant),
      sql`least(b."oldest", (SELECT e."event_time" FROM "event_delivery" d
        JOIN "event" e ON e."tenant_id" = d."tenant_id" AND e."id" = d."event_id"
        WHERE d."tenant_id" = p."tenant_id" AND d."listener_id" = p."listener_id" AND d."state" = 'waiting'
        ORDER BY d."position" LIMIT 1))`
    ),
    waiting: computed(count, sql`(SELECT count(*) FROM "event_delivery" WHERE ${own} AND "state" = 'waiting')`),
    dead: computed(count, sql`(SELECT count(*) FROM "event_delivery" WHERE ${own} AND "state" = 'dead')`),
    replays: computed(count, sql`(SELECT count(*) FROM "event_replay" WHERE ${own})`),
    failures: integer,
    failingSince: optional(instant),
    retryAt: optional(instant),
    lastAttemptAt: computed(
      optional(instant),
      sql`(SELECT "attempted_at" FROM "event_attempt" WHERE ${own} ORDER BY "id" DESC LIMIT 1)`
    )
  },
  'p'
)

/** Returns how far the delivery to a listener has come. */
export async function readProgress(
  queryable: Queryable,
  { tenantId, listenerId }: ListenerKey
): Promise<ReturnType<typeof PROGRESS.read>> {
  return PROGRESS.one(
    await queryable.run(sql`SELECT ${PROGRESS.columns} FROM "event_progress" p
      JOIN "event_listener" l ON l."tenant_id" = p."tenant_id" AND l."id" = p."listener_id"
      CROSS JOIN LATERAL ${BACKLOG} b
      WHERE p."tenant_id" = ${tenantId} AND p."listener_id" = ${listenerId}`)
  )
}

function ofListener({ tenantId, listenerId }: ListenerKey): Sql {
  return sql`"tenant_id" = ${tenantId} AND "listener_id" = ${listenerId}`
}

async function counted(queryable: Queryable, rows: Sql): Promise<number> {
  return scalar(await queryable.run(sql`SELECT count(*) FROM ${rows}`), count)
}
