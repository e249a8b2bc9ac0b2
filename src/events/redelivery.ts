import { type Author, recordChange } from '../audit/record.ts'
import { type Instant, parseInstant } from '../base/instant.ts'
import type { Transaction } from '../db/database.ts'
import { computed, computedRow, count, oneOf, optional, rowOf, scalar, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { DELIVERIES } from '../messages/delivery.ts'
import { RESOURCES } from '../messages/resource.ts'
import { ownedBy, type View } from '../tmf/view.ts'
import { writeEvent } from './envelope.ts'
import { EVENT_TYPES } from './event-types.ts'
import { keepAgain } from './exceptions.ts'
import { laneOf } from './gather.ts'
import { LISTENER_STATES } from './listener.ts'
import { eventsById } from './outbox.ts'
import { payloadFor, readSubscription } from './subscription.ts'

/** The events that a listener is to get once more: one event, or those of a period, whose end is not included. */
export type Wish =
  | { readonly eventId: string }
  | { readonly from: Instant; readonly to: Instant; readonly eventTypes: readonly string[] | undefined }

export interface RedeliveryContext {
  readonly author: Author
  readonly view: View
  readonly newId: () => string
  readonly now: Instant
}

const REPLAYS_MAX = 10
/** The conditions of a query do not depend on them. */
const NO_ADDRESSES = { api: '', billing: '' }

const LISTENER = rowOf(
  'event_listener',
  {
    id: text,
    partnerId: optional(text),
    query: optional(text),
    state: oneOf(LISTENER_STATES),
    position: computed(count, sql`p."position"`)
  },
  'l'
)
type Listener = ReturnType<typeof LISTENER.read>

/** A wish as clients write it; without an end, the period is the one until now. */
interface Asked {
  readonly eventId?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Types, separated by commas. */
  readonly eventType?: string | undefined
}

/** Reads what is to be delivered again. Throws Problems. */
export function wishOf({ eventId, from, to, eventType }: Asked, now: Instant): Wish {
  const eventTypes = eventType?.split(',').map((name) => name.trim())
  if (eventId !== undefined) {
    if (from ?? to ?? eventTypes) throw DELIVERIES.eventOrPeriod()
    return { eventId }
  }
  if (from === undefined) throw DELIVERIES.eventOrPeriod()
  const [start, end] = [instantOf('$.from', from), to === undefined ? now : instantOf('$.to', to)]
  if (start >= end) throw DELIVERIES.period()
  if (!(eventTypes ?? []).every((type) => EVENT_TYPES.has(type))) throw DELIVERIES.unknownType([...EVENT_TYPES.keys()])
  return { from: start, to: end, eventTypes }
}

function instantOf(place: string, given: string): Instant {
  const instant = parseInstant(given)
  if (instant) return instant
  throw DELIVERIES.instant(place)
}

/**
 * Has a listener get events once more, and returns how many at most: conditions in its query may leave out some of a
 * period. Events of a period that it has not got yet come anyway. A suspended listener is tried at once. Throws
 * Problems.
 */
export async function redeliver(
  tx: Transaction,
  context: RedeliveryContext,
  listenerId: string,
  wish: Wish
): Promise<number> {
  const { view, now } = context
  const listener = await lockListener(tx, view, listenerId)
  if (listener.state === 'ended') throw DELIVERIES.ended()
  const events =
    'eventId' in wish ? await again(tx, context, listener, wish.eventId) : await replay(tx, context, listener, wish)
  await tx.run(sql`UPDATE "event_progress" SET "retry_at" = NULL
    WHERE "tenant_id" = ${view.tenantId} AND "listener_id" = ${listenerId}`)
  const change = { action: 'retry', resourceType: 'EventSubscription', resourceId: listenerId } as const
  await recordChange(tx, context, { ...change, after: { ...wish, events } }, now)
  return events
}

async function lockListener(tx: Transaction, view: View, id: string): Promise<Listener> {
  const { rows } = await tx.run(sql`SELECT ${LISTENER.columns} FROM "event_listener" l
    JOIN "event_progress" p ON p."tenant_id" = l."tenant_id" AND p."listener_id" = l."id"
    WHERE ${ownedBy(view, 'l')} AND l."id" = ${id} FOR UPDATE OF l`)
  if (rows[0]) return LISTENER.read(rows[0])
  throw RESOURCES.notFound('listener')
}

async function again(
  tx: Transaction,
  { view: { tenantId }, now }: RedeliveryContext,
  { id, partnerId, query }: Listener,
  eventId: string
): Promise<number> {
  const [event] = await eventsById(tx, tenantId, [eventId])
  if (!event || (partnerId !== undefined && event.partnerId !== partnerId)) throw DELIVERIES.unknownEvent()
  const payload = payloadFor(readSubscription(query), event.eventType, () => writeEvent(event, NO_ADDRESSES))
  if (payload === undefined) throw DELIVERIES.unwanted()
  await keepAgain(tx, { tenantId, listenerId: id }, { ...event, eventId: event.id, lane: laneOf(event) }, now)
  return 1
}

async function replay(
  tx: Transaction,
  { view: { tenantId }, newId }: RedeliveryContext,
  listener: Listener,
  { from, to, eventTypes }: Exclude<Wish, { readonly eventId: string }>
): Promise<number> {
  const { conditions } = readSubscription(listener.query)
  const asked = eventTypes ?? [...EVENT_TYPES.keys()]
  const types = asked.filter((type) => conditions.has(type))
  if (types.length === 0) throw DELIVERIES.unwantedTypes(asked)
  const { events, first, last } = FOUND.one(
    await tx.run(sql`SELECT ${FOUND.columns} FROM "event"
      WHERE ${ownedBy({ tenantId, partnerId: listener.partnerId })} AND "event_time" >= ${from} AND "event_time" < ${to}
        AND "position" <= ${listener.position} AND "event_type" = ANY (${types}::text[])`)
  )
  if (first === undefined || last === undefined) return 0
  await requireRoom(tx, tenantId, listener.id)
  await tx.run(sql`INSERT INTO "event_replay" ("tenant_id", "id", "listener_id", "position", "until_position",
      "event_types", "event_from", "event_until")
    VALUES (${tenantId}, ${newId()}, ${listener.id}, ${first - 1}, ${last}, ${JSON.stringify(types)}, ${from}, ${to})`)
  return events
}

const FOUND = computedRow({
  events: computed(count, sql`count(*)`),
  first: computed(optional(count), sql`min("position")`),
  last: computed(optional(count), sql`max("position")`)
})

async function requireRoom(tx: Transaction, tenantId: string, listenerId: string): Promise<void> {
  const waiting = await tx.run(sql`SELECT count(*) FROM "event_replay"
    WHERE "tenant_id" = ${tenantId} AND "listener_id" = ${listenerId}`)
  if (scalar(waiting, count) >= REPLAYS_MAX) throw DELIVERIES.tooManyReplays(REPLAYS_MAX)
}
