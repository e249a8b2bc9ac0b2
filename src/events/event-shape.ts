import { instant, integer, oneOf, plainObject, text } from '../tmf/declaration/shape.ts'
import { EVENT_TYPES } from './event-types.ts'

const PAYLOADS = new Map([...EVENT_TYPES.values()].map(({ subject }) => [subject.path, subject]))

/** All payloads; each event has one of them. */
export const payload = plainObject(
  'EventPayload',
  Object.fromEntries([...PAYLOADS].map(([path, { shape, description }]) => [path, [shape, description]]))
)

/** The envelope that `writeEvent` writes (TMF630 part 1, section 10). */
export const EVENT = plainObject('Event', {
  eventId: [text(), 'Identifier of the event'],
  eventTime: [instant, 'When the change was made'],
  eventType: [oneOf([...EVENT_TYPES.keys()]), 'Its type'],
  correlationId: [text(), 'The HTTP request, the run or the request for a bill that made the change'],
  domain: [text(), 'Always customerBillManagement'],
  title: [text(), 'What happened, in words'],
  timeOcurred: [instant, 'The same as eventTime; the spelling is that of the standard'],
  resourceVersion: [integer, 'Ascends with the changes of a resource'],
  event: [payload, 'The resource after the change, under its name in lower camel case']
})
