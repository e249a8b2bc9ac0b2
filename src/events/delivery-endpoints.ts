import { z } from 'zod'
import { slotOf } from '../fairness/request-slot.ts'
import { DELIVERIES } from '../messages/delivery.ts'
import { FIELDS } from '../messages/field.ts'
import { weighed } from '../tmf/cost.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { COUNT, objectOf } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { requireKnown } from '../tmf/query/list-query.ts'
import { anyQuery, type Endpoint, endpoint, listQuery, noBody, noQuery } from '../tmf/serving/endpoint.ts'
import { answerPage } from '../tmf/serving/pages.ts'
import { DELIVERY_STATES, findListener, listAttempts, listDeliveries, readProgress } from './delivery-list.ts'
import { redeliver, wishOf } from './redelivery.ts'

const READ = {
  method: 'GET',
  tag: 'hub',
  access: { scopes: ['event:read'], supportsProxy: true },
  body: noBody
} as const

const progress = endpoint({
  ...READ,
  path: '/hub/{id}/progress',
  operationId: 'retrieveListenerProgress',
  summary: 'Read how far the delivery to a listener has come',
  description: 'Returns what is still to be delivered, and failures.',
  query: noQuery(DELIVERIES.noQuery),
  replies: { 200: { description: 'The progress', schema: schemaRef('EventProgress') } },
  handle: async ({ request, view, params }, { database }) => {
    const queryable = weighed(slotOf(request), database)
    return {
      json: JSON.stringify(await readProgress(queryable, await findListener(database, view, String(params.id))))
    }
  }
})

const deliveries = endpoint({
  ...READ,
  path: '/hub/{id}/delivery',
  operationId: 'listListenerDelivery',
  summary: 'Find events that were not delivered at their turn',
  description: 'Returns events that wait for a further try or are dead letters, in their order.',
  query: listQuery('delivery', { state: `Any of these states, separated by commas: ${DELIVERY_STATES.join(', ')}` }),
  replies: pagesOf(schemaRef('EventDelivery')),
  handle: async (asked, context) => {
    const states = asked.query.values.state ?? DELIVERY_STATES
    requireKnown('state', states, DELIVERY_STATES, DELIVERIES.unknownState)
    const listener = await findListener(context.database, asked.view, String(asked.params.id))
    return answerPage(
      asked,
      context,
      `hub/${listener.listenerId}/delivery`,
      (queryable, range) => listDeliveries(queryable, listener, states, range),
      (row) => JSON.stringify(row)
    )
  }
})

const attempts = endpoint({
  ...READ,
  path: '/hub/{id}/attempt',
  operationId: 'listListenerAttempt',
  summary: 'Find attempts to deliver events',
  description: 'Returns attempts with their answers, the latest first.',
  query: listQuery('attempt', { eventId: 'Any of these events, separated by commas' }),
  replies: pagesOf(schemaRef('EventAttempt')),
  handle: async (asked, context) => {
    const listener = await findListener(context.database, asked.view, String(asked.params.id))
    return answerPage(
      asked,
      context,
      `hub/${listener.listenerId}/attempt`,
      (queryable, range) => listAttempts(queryable, listener, asked.query.values.eventId, range),
      (row) => JSON.stringify(row)
    )
  }
})

const words = z.string({ error: FIELDS.text() }).optional()
const WISH = z.strictObject({
  eventId: words.meta({ description: 'One event' }),
  from: words.meta({ description: 'The beginning of a period' }),
  to: words.meta({ description: 'Its end, which is not included; now by default' }),
  eventType: words.meta({ description: 'Types, separated by commas; all by default' })
})

const redelivery = endpoint({
  method: 'POST',
  tag: 'hub',
  access: { scopes: ['event:write'], supportsProxy: true },
  path: '/hub/{id}/redeliver',
  operationId: 'redeliverEvents',
  summary: 'Deliver events again',
  description: `Delivers one event, or the events of a period, once more, under the same ids, as soon as the listener
takes them. Each request delivers again.`,
  query: anyQuery,
  body: WISH,
  examples: {
    period: { value: { from: '2026-11-01T00:00:00Z', eventType: 'CustomerBillCreateEvent' } }
  },
  failures: [409],
  replies: {
    202: {
      description: 'The number of events, less those that conditions in the query of the listener leave out',
      schema: objectOf({ events: COUNT })
    }
  },
  handle: async ({ view, author, params, body }, { database, clock, newId }) => {
    const events = await database.transaction((tx) => {
      const now = clock()
      return redeliver(tx, { author, view, newId, now }, String(params.id), wishOf(body, now))
    })
    return { status: 202, json: JSON.stringify({ events }) }
  }
})

/** Operations on the deliveries to a listener. */
export const deliveryEndpoints: readonly Endpoint[] = [progress, deliveries, attempts, redelivery]
