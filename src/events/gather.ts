import type { Instant } from '../base/instant.ts'
import type { Queryable } from '../db/database.ts'
import { count, instant, optional, rowOf, text, texts } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { pace } from '../pace/turns.ts'
import { blockedLanes, dueExceptions, type Exception, nextException } from './exceptions.ts'
import type { Queued } from './lanes.ts'
import type { ListenerKey } from './lease.ts'
import type { Listener, Situation } from './listener.ts'
import { type EventRow, eventsById } from './outbox.ts'
import type { Fate } from './settlement.ts'
import type { ReadEvents } from './shared-reads.ts'

/** An event that was read for a listener. */
export interface Item extends Queued {
  readonly event: EventRow
  /** Undefined if the listener does not want it. */
  readonly payload: string | undefined
  readonly from: 'new' | 'replay' | 'exception'
  readonly exception: Exception | undefined
  fate: Fate
}

export interface Replay {
  readonly id: string
  readonly position: number
  readonly untilPosition: number
  readonly eventTypes: readonly string[] | undefined
  readonly eventFrom: Instant | undefined
  readonly eventUntil: Instant | undefined
}

/** The events to be done with now, for one listener. */
export interface Work {
  readonly items: readonly Item[]
  /** The position up to which new events were read. */
  readonly until: number
  readonly replay: Replay | undefined
  readonly replayUntil: number
  /** There may be more than was read. */
  readonly isPart: boolean
}

export interface Reading {
  readonly database: Queryable
  readonly readEvents: ReadEvents
  readonly now: Instant
  /** Undefined if the listener does not want the event. */
  readonly payloadOf: (event: EventRow) => string | undefined
  /** The horizon. */
  readonly target: number
  readonly limit: number
}

/** A listener with as many waiting events gets no new ones until some of them are done with. */
export const WAITING_MAX = 1_000

/** Reads what is due, the next events of a replay, and the next new events. */
export async function gather(
  reading: Reading,
  listener: Listener,
  situation: Situation & { readonly readUpTo: number }
): Promise<Work> {
  const { database, readEvents, now, target, limit } = reading
  const isProbe = situation.state === 'suspended'
  const blocked = situation.waiting > 0 ? await blockedLanes(database, listener) : NONE
  const exceptions = isProbe || situation.waiting === 0 ? [] : await dueExceptions(database, listener, now, limit)
  const replay = situation.replayId === undefined ? undefined : await readReplay(database, listener, situation.replayId)
  const hasRoom = situation.waiting < WAITING_MAX
  const view = { tenantId: listener.tenantId, partnerId: listener.partnerId }
  const read = (after: number, until: number) => (hasRoom && after < until ? readEvents(view, after, until, limit) : [])
  const replayed = replay ? await read(replay.position, replay.untilPosition) : []
  const fresh = await read(situation.readUpTo, target)
  const items = [
    ...(await exceptionItems(reading, listener, exceptions)),
    ...(await inTurn(replayed, (event) => itemOf(reading, blocked, event, 'replay', isWanted(replay, event)))),
    ...(await inTurn(fresh, (event) => itemOf(reading, blocked, event, 'new', true)))
  ]
  const isIdleProbe = isProbe && !items.some(({ fate }) => fate === 'unsent')
  const probed = isIdleProbe ? await exceptionItems(reading, listener, await nextException(database, listener)) : []
  return {
    items: [...probed, ...items],
    until: hasRoom ? endOf(fresh, target, limit) : situation.readUpTo,
    replay: hasRoom ? replay : undefined,
    replayUntil: endOf(replayed, replay?.untilPosition ?? 0, limit),
    isPart: [exceptions, replayed, fresh].some(({ length }) => length === limit)
  }
}

const NONE: ReadonlySet<string> = new Set()

function itemOf(
  { payloadOf }: Reading,
  blocked: ReadonlySet<string>,
  event: EventRow,
  from: 'new' | 'replay',
  isMeant: boolean
): Item {
  const lane = laneOf(event)
  const payload = isMeant ? payloadOf(event) : undefined
  const fate = payload === undefined ? 'unwanted' : blocked.has(lane) ? 'held' : 'unsent'
  return { event, position: event.position, lane, payload, from, exception: undefined, fate }
}

/** An event that the listener no longer wants counts as delivered. */
async function exceptionItems(
  { database, payloadOf }: Reading,
  { tenantId }: Listener,
  exceptions: readonly Exception[]
): Promise<readonly Item[]> {
  if (exceptions.length === 0) return []
  const events = await eventsById(
    database,
    tenantId,
    exceptions.map(({ eventId }) => eventId)
  )
  return inTurn(events, (event) => {
    const payload = payloadOf(event)
    const exception = exceptions.find(({ eventId }) => eventId === event.id)
    const fate = payload === undefined ? 'delivered' : 'unsent'
    return { event, position: event.position, lane: laneOf(event), payload, from: 'exception', exception, fate }
  })
}

/** Lets others in between: conditions take their time, and payloads may be long. */
async function inTurn(events: readonly EventRow[], work: (event: EventRow) => Item): Promise<readonly Item[]> {
  const items: Item[] = []
  const turn = pace()
  for (const event of events) {
    items.push(work(event))
    await turn()
  }
  return items
}

/** The resource: its events are delivered in their order. */
export function laneOf({ resourcePath, resourceId }: EventRow): string {
  return `${resourcePath}/${resourceId}`
}

function isWanted(replay: Replay | undefined, { eventType, eventTime }: EventRow): boolean {
  const { eventTypes, eventFrom = eventTime, eventUntil } = replay ?? {}
  const isInTime = eventTime >= eventFrom && (eventUntil === undefined || eventTime < eventUntil)
  return isInTime && (eventTypes?.includes(eventType) ?? true)
}

function endOf(read: readonly EventRow[], until: number, limit: number): number {
  return read.length === limit ? (read.at(-1)?.position ?? until) : until
}

const REPLAY = rowOf('event_replay', {
  id: text,
  position: count,
  untilPosition: count,
  eventTypes: optional(texts),
  eventFrom: optional(instant),
  eventUntil: optional(instant)
})

async function readReplay(queryable: Queryable, { tenantId }: ListenerKey, id: string): Promise<Replay | undefined> {
  const { rows } = await queryable.run(
    sql`SELECT ${REPLAY.columns} FROM "event_replay" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`
  )
  return rows[0] && REPLAY.read(rows[0])
}
