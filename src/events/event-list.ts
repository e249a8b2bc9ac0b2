import { isId } from '../base/ulid.ts'
import type { Database, Queryable } from '../db/database.ts'
import { count, scalars } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { EVENTS } from '../messages/event.ts'
import { pageOf } from '../tmf/page.ts'
import { parseQuery, type Query } from '../tmf/query/query.ts'
import { idOf } from '../tmf/representation.ts'
import type { Answer, Asked } from '../tmf/serving/endpoint.ts'
import { answerList } from '../tmf/serving/list.ts'
import { writeParts } from '../tmf/serving/list-text.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { type View, within } from '../tmf/view.ts'
import { writeEvent } from './envelope.ts'
import { selectMembers } from './event-fields.ts'
import { eventResource } from './event-resource.ts'
import type { Addresses } from './event-types.ts'
import { type EventRow, eventsById, horizon } from './outbox.ts'

export const LAST_EVENT_ID = 'lastEventId'

export interface EventsQuery {
  /** Without `lastEventId`. */
  readonly raw: string
  readonly lastEventId: string | undefined
}

type Reading = Pick<Asked<EventsQuery, unknown>, 'request' | 'base' | 'view' | 'query'>

/** The order of events, which is that of the commits for each resource. */
const IN_ORDER: Query['sort'] = [{ path: ['position'], descending: false }]
const PART = 50
/** Only ids are needed: the events are read by them. */
const IDS = { columns: ['id', 'version', 'extension'], parts: [] }

/**
 * Reads a page of events up to the horizon: a reader that follows the pages, and later goes on after the last event,
 * sees each event once.
 */
export async function listEvents(
  asked: Reading,
  addresses: Addresses,
  { database, address }: RouteContext
): Promise<Answer> {
  const { request, base, view } = asked
  const { raw, lastEventId } = asked.query
  const parsed = parseQuery(raw)
  const until = await horizon(database)
  const after = lastEventId === undefined ? 0 : await positionOf(database, view, lastEventId)
  const query = parsed.sort.length > 0 ? parsed : { ...parsed, sort: IN_ORDER }
  const page = pageOf(eventResource, view, query)
  const matches = sql`${page.matches} AND "position" > ${after} AND "position" <= ${until}`
  const last = lastEventId === undefined ? [] : [`${LAST_EVENT_ID}=${lastEventId}`]
  const { made, ...answer } = await answerList(
    {
      request,
      database,
      query: { ...query, link: [query.link, ...last].filter((part) => part !== '').join('&') },
      page: { ...page, matches, selection: IDS },
      url: `${address(request, base).url}/${eventResource.path}`
    },
    (parts) => Array.fromAsync(parts, (rows) => rows.map(idOf))
  )
  const write = (event: EventRow) => {
    const text = writeEvent(event, addresses)
    return query.fields ? selectMembers(text, query.fields) : text
  }
  return { ...answer, json: await writeParts(eventsOf(database, view, made.flat()), write) }
}

/** Reads events in small parts, in the order of their ids here. */
async function* eventsOf(
  database: Database,
  { tenantId }: View,
  ids: readonly string[]
): AsyncGenerator<readonly EventRow[]> {
  for (let at = 0; at < ids.length; at += PART) {
    const part = ids.slice(at, at + PART)
    const events = new Map((await eventsById(database, tenantId, part)).map((event) => [event.id, event]))
    yield part.flatMap((id) => events.get(id) ?? [])
  }
}

/** Returns the place of an event of the view in the order of events. Throws a Problem if there is none. */
export async function positionOf(queryable: Queryable, view: View, eventId: string): Promise<number> {
  const found = isId(eventId)
    ? await queryable.run(
        prepared`SELECT "position" FROM "event" WHERE ${within(eventResource, view)} AND "id" = ${eventId}`
      )
    : undefined
  const [position] = found ? scalars(found, count) : []
  if (position === undefined) throw EVENTS.unknownLast()
  return position
}
