import { objectOf } from '../http/json.ts'
import { type Addresses, EVENT_TYPES } from './event-types.ts'
import type { EventRow } from './outbox.ts'

/** The domain of all events. */
export const DOMAIN = 'customerBillManagement'

/**
 * Writes an event for its reader: the envelope of TMF630 with the whole resource as the API returned it after the
 * change, every digit kept. `resourceVersion` ascends with the changes of a resource. Throws for an unknown type.
 */
export function writeEvent(event: EventRow, addresses: Addresses): string {
  const type = EVENT_TYPES.get(event.eventType)
  if (!type) throw new Error(`the database holds an event of the unknown type ${event.eventType}`)
  const { subject, title } = type
  return objectOf({
    eventId: JSON.stringify(event.id),
    eventTime: JSON.stringify(event.eventTime),
    eventType: JSON.stringify(event.eventType),
    correlationId: event.correlationId && JSON.stringify(event.correlationId),
    domain: JSON.stringify(DOMAIN),
    title: JSON.stringify(title),
    // The spelling of the standard.
    timeOcurred: JSON.stringify(event.eventTime),
    resourceVersion: String(event.resourceVersion),
    event: objectOf({ [subject.path]: subject.write(event.document, addresses) })
  })
}
