import { instant, integer, json, oneOf, text } from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import { payload } from './event-shape.ts'
import { EVENT_TYPES } from './event-types.ts'

/** Events as they are filtered and sorted. Readers get them in the envelope, as subscribers do. */
export const eventResource = defineResource({
  type: 'Event',
  path: 'events',
  // A view of `event`, which nobody changes or removes through the API.
  table: 'event_list',
  noun: 'event',
  owner: 'partner',
  scopes: { read: ['event:read'], write: [] },
  description: 'What happened, in its order',
  operations: {},
  attributes: {
    eventId: text('id', 'Identifier of the event', 'indexed', 'readOnly'),
    eventTime: instant('event_time', 'Time of the change', 'readOnly'),
    timeOcurred: instant('event_time', 'The same', 'readOnly'),
    eventType: oneOf('event_type', [...EVENT_TYPES.keys()], 'Type of the event', 'readOnly'),
    correlationId: text('correlation_id', 'The request, or the run, that made the change', 'readOnly'),
    resourceVersion: integer('resource_version', 'Ascends with the changes of a resource', 'readOnly'),
    position: integer('position', 'Place in the order of all events', 'indexed', 'readOnly'),
    event: json('event', payload, 'The resource as it was after the change', 'readOnly')
  },
  patchable: []
})
