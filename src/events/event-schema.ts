import { COUNT, INSTANT, type ObjectSchema, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import type { Json } from '../tmf/openapi/schemas.ts'
import { DOMAIN } from './envelope.ts'
import { EVENT } from './event-shape.ts'
import { EVENT_TYPES } from './event-types.ts'

/** Returns the JSON schema of an event with the given payload, described as it is in queries. */
export function eventSchema(
  event: Json,
  { eventType, title }: { readonly eventType: Json; readonly title: Json }
): ObjectSchema {
  const schemas: Readonly<Record<string, Json>> = {
    eventId: TEXT,
    eventTime: INSTANT,
    eventType,
    correlationId: TEXT,
    domain: { const: DOMAIN },
    title,
    timeOcurred: INSTANT,
    resourceVersion: { ...COUNT, minimum: 1 },
    event
  }
  const members = Object.entries(schemas).map(([member, schema]) => {
    return [member, { ...schema, description: EVENT.members.get(member)?.description }] as const
  })
  return objectOf(Object.fromEntries(members), ['correlationId'])
}

/** Of an event of any type. */
export const ANY_EVENT = eventSchema(
  { type: 'object' },
  { eventType: { ...TEXT, enum: [...EVENT_TYPES.keys()] }, title: TEXT }
)
