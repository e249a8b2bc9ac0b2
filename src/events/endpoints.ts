import { preferred } from '../http/accept.ts'
import { findingAt, listing, parameterFault } from '../http/findings.ts'
import { EVENTS } from '../messages/event.ts'
import { FIELDS } from '../messages/field.ts'
import { Problem } from '../messages/problem.ts'
import { QUERIES } from '../messages/query.ts'
import { RESOURCES } from '../messages/resource.ts'
import { parameterRefs } from '../tmf/openapi/components.ts'
import { pagesOf, type QueryReader } from '../tmf/openapi/endpoint.ts'
import { TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { noParameter } from '../tmf/query/list-query.ts'
import { parseWithoutPages } from '../tmf/query/query.ts'
import { find } from '../tmf/read.ts'
import { idOf } from '../tmf/representation.ts'
import { type Answer, type Asked, anyQuery, type Endpoint, endpoint, noBody } from '../tmf/serving/endpoint.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { writeEvent } from './envelope.ts'
import { type EventsQuery, LAST_EVENT_ID, listEvents } from './event-list.ts'
import { eventResource } from './event-resource.ts'
import { ANY_EVENT } from './event-schema.ts'
import { streamEvents } from './event-stream.ts'
import type { Addresses } from './event-types.ts'
import { eventsById } from './outbox.ts'
import { payloadFor, type Subscription, subscriptionTo } from './subscription.ts'

const BOTH = {
  method: 'GET',
  tag: 'event',
  access: { scopes: eventResource.scopes.read, supportsProxy: true },
  body: noBody
} as const
const STREAM = 'text/event-stream'

export const EVENT_TAGS = { event: eventResource.description } as const
export const EVENT_SCHEMAS = { Event: ANY_EVENT } as const
const EVENT_SCHEMA = schemaRef('Event')

const DESCRIPTION = `Returns events in their order, as subscribers get them. Events of one resource are in the order of
its changes. A reader that follows the \`next\` links, and later goes on with \`lastEventId\`, sees each event once.

With \`Accept: text/event-stream\` the response is a stream of Server-Sent Events without an end: each has the id of
the event, its type and, as data, the event. Conditions filter it. It begins now, or after the event that
\`Last-Event-ID\` or \`lastEventId\` names.`

const EVENTS_QUERY: QueryReader<EventsQuery> = {
  parameters: [
    ...parameterRefs('Fields', 'Conditions', 'Filter', 'Sort', 'Offset', 'Limit', 'After'),
    {
      name: LAST_EVENT_ID,
      in: 'query',
      description:
        'Identifier of the event after which to begin; a stream takes it as the header `Last-Event-ID`, too.',
      schema: TEXT
    }
  ],
  read: (raw) => {
    const parts = raw.split('&')
    const given = parts.filter((part) => part.startsWith(`${LAST_EVENT_ID}=`))
    if (given.length > 1) throw parameterFault(QUERIES.repeated, LAST_EVENT_ID, FIELDS.repeated())
    const rest = parts.filter((part) => !given.includes(part)).join('&')
    return { raw: rest, lastEventId: given[0]?.slice(LAST_EVENT_ID.length + 1) }
  }
}

/** The events of a tenant or partner, listed, followed and one by one. */
export function eventEndpoints(billingBase: string): readonly Endpoint[] {
  return [list(billingBase), retrieve(billingBase)]
}

function list(billingBase: string): Endpoint {
  const { 200: whole, 206: part } = pagesOf(EVENT_SCHEMA)
  const media = { 'application/json': { type: 'array', items: EVENT_SCHEMA }, [STREAM]: TEXT }
  return endpoint({
    ...BOTH,
    path: `/${eventResource.path}`,
    operationId: 'listEvent',
    summary: 'List events, or follow them',
    description: DESCRIPTION,
    headers: ['Prefer'],
    query: EVENTS_QUERY,
    replies: {
      200: { ...whole, description: 'All matches, the first page, or the stream', media },
      206: { description: 'The part that `offset`, `limit` and `after` asked for', ...part }
    },
    handle: async (asked, context) => {
      const addresses = addressesOf(asked, context, billingBase)
      const { accept } = asked.request.headers
      const isStream = asked.request.method === 'GET' && preferred(accept, ['application/json', STREAM]) === STREAM
      return isStream ? stream(asked, addresses, context) : listEvents(asked, addresses, context)
    }
  })
}

async function stream(
  asked: Asked<EventsQuery, unknown>,
  addresses: Addresses,
  context: RouteContext
): Promise<Answer> {
  const { request, view, author, query } = asked
  const header = request.headers['last-event-id']
  const subscription = subscriptionOf(query.raw)
  const body = await streamEvents({
    ...{ request, view, author, database: context.database },
    lastEventId: header === undefined ? query.lastEventId : String(header),
    write: (event) => payloadFor(subscription, event.eventType, () => writeEvent(event, addresses))
  })
  return { headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }, content: { type: STREAM, body } }
}

/** Reads the query of a stream, which has no pages and is in the order of events. */
function subscriptionOf(raw: string): Subscription {
  const query = parseWithoutPages(raw, (name) => listing(EVENTS.streamQuery(), [findingAt(name, noParameter([]))]))
  try {
    return subscriptionTo(query)
  } catch (error) {
    throw error instanceof Problem && error.kind === 'invalidField' ? EVENTS.streamWithout(error.message) : error
  }
}

function retrieve(billingBase: string): Endpoint {
  return endpoint({
    ...BOTH,
    path: `/${eventResource.path}/{id}`,
    operationId: 'retrieveEvent',
    summary: 'Read one event',
    description: 'Returns an event as subscribers got it. An event never changes.',
    query: anyQuery,
    replies: { 200: { description: 'The event', schema: EVENT_SCHEMA } },
    handle: async (asked, context) => {
      const { database } = context
      const row = await find(database, eventResource, asked.view, String(asked.params.id))
      const [event] = await eventsById(database, asked.view.tenantId, [idOf(row)])
      if (!event) throw RESOURCES.notFound(eventResource.noun)
      return { json: writeEvent(event, addressesOf(asked, context, billingBase)) }
    }
  })
}

function addressesOf(
  { request, base }: Pick<Asked<unknown, unknown>, 'request' | 'base'>,
  { address }: RouteContext,
  billingBase: string
): Addresses {
  return { api: address(request, base).json, billing: address(request, billingBase).json }
}
