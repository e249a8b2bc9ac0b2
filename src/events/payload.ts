import { writeEvent } from './envelope.ts'
import type { Addresses } from './event-types.ts'
import type { Listener } from './listener.ts'
import type { EventRow } from './outbox.ts'
import { parseEvent, payloadFor } from './subscription.ts'

/** Returns what a listener gets of an event, or undefined. Writes and parses an event once for all listeners. */
export function payloads(addresses: Addresses): (listener: Listener, event: EventRow) => string | undefined {
  const written = new WeakMap<EventRow, string>()
  const parsed = new WeakMap<EventRow, unknown>()
  return ({ subscription }, event) => {
    const write = () => {
      const text = written.get(event) ?? writeEvent(event, addresses)
      written.set(event, text)
      return text
    }
    const read = (text: string) => {
      if (!parsed.has(event)) parsed.set(event, parseEvent(text))
      return parsed.get(event)
    }
    return payloadFor(subscription, event.eventType, write, read)
  }
}
