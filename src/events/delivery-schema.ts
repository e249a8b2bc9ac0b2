import { COUNT, INSTANT, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { DELIVERY_STATES } from './delivery-list.ts'
import { LISTENER_STATES } from './listener.ts'

const EVENT = {
  eventId: { ...TEXT, description: 'Identifier of the event, and `webhook-id` of its posts' },
  eventType: { ...TEXT, description: 'Type of the event' }
}

export const DELIVERY_SCHEMAS = {
  EventDelivery: objectOf(
    {
      ...EVENT,
      eventTime: { ...INSTANT, description: 'When it happened' },
      state: { ...TEXT, enum: [...DELIVERY_STATES], description: '`dead`: it is not tried any more' },
      failures: { ...COUNT, description: 'Failed posts' },
      failingSince: { ...INSTANT, description: 'When it first failed' },
      retryAt: { ...INSTANT, description: 'The next try; without it a waiting event waits for an earlier one' },
      deadAt: { ...INSTANT, description: 'When it was given up' }
    },
    ['failingSince', 'retryAt', 'deadAt']
  ),
  EventAttempt: objectOf(
    {
      id: { ...TEXT, description: 'Identifier of the attempt' },
      ...EVENT,
      attemptedAt: { ...INSTANT, description: 'When it was posted' },
      durationMs: { ...COUNT, description: 'Time until the answer, or until it was given up, in milliseconds' },
      status: { type: 'integer', description: 'Status of the answer, if one came' },
      fault: { ...TEXT, description: 'Why it failed, such as `timeout`, `status` or `addressRefused`' },
      answer: { ...TEXT, description: 'The first 1,024 bytes of the answer' }
    },
    ['status', 'fault']
  ),
  EventProgress: objectOf(
    {
      state: { ...TEXT, enum: [...LISTENER_STATES], description: 'State of the listener' },
      stateReason: { ...TEXT, description: 'Why it is suspended or has ended' },
      backlog: { ...COUNT, description: 'Events that were not looked at yet, 100,000 at most' },
      oldestEventTime: { ...INSTANT, description: 'Time of the oldest event that may have to be delivered' },
      waiting: { ...COUNT, description: 'Events that wait for a further try, or for an earlier one of their resource' },
      dead: { ...COUNT, description: 'Dead letters' },
      replays: { ...COUNT, description: 'Periods that are being delivered again' },
      failures: { ...COUNT, description: 'Failures since the last success' },
      failingSince: { ...INSTANT, description: 'When the first of them was' },
      retryAt: { ...INSTANT, description: 'Nothing is posted before' },
      lastAttemptAt: { ...INSTANT, description: 'The last post' }
    },
    ['stateReason', 'oldestEventTime', 'failingSince', 'retryAt', 'lastAttemptAt']
  )
} as const
