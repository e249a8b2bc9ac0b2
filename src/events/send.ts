import type { Clock } from '../base/clock.ts'
import type { Attempt } from './attempts.ts'
import type { CallbackClient } from './callback-client.ts'
import type { Listener } from './listener.ts'
import type { EventRow } from './outbox.ts'
import type { KeyedSlots } from './slots.ts'

export interface Sending {
  readonly client: CallbackClient
  readonly clock: Clock
  readonly newId: () => string
  /** The longest that one post may take. */
  readonly timeoutMs: number
  /** Gives up all posts at once. */
  readonly signal: AbortSignal
  readonly ofHost: KeyedSlots
  readonly ofTenant: KeyedSlots
}

const USER_AGENT = 'tmf678-server'

/**
 * Posts one event, signed as the Standard Webhooks have it, when its turn comes; undefined if `maySend` says no then.
 * Never throws.
 */
export function send(
  sending: Sending,
  listener: Listener,
  event: EventRow,
  payload: string,
  maySend: () => boolean
): Promise<Attempt | undefined> {
  const { client, clock, newId, timeoutMs, signal, ofHost, ofTenant } = sending
  const url = addressOf(listener, event.eventType)
  const post = async () => {
    if (!maySend()) return undefined
    const attemptedAt = clock()
    const headers = { ...listener.headers, ...signed(listener, event.id, attemptedAt, payload) }
    const result = await client.post({ url: url.href, headers, body: payload, timeoutMs, signal })
    return { ...result, id: newId(), eventId: event.id, eventType: event.eventType, attemptedAt }
  }
  return ofHost(url.origin, () => ofTenant(listener.tenantId, post))
}

function signed(
  { signer, earlierSigner }: Listener,
  id: string,
  now: string,
  payload: string
): Readonly<Record<string, string>> {
  const at = new Date(now)
  const signers = earlierSigner && now < earlierSigner.until ? [signer, earlierSigner.signer] : [signer]
  return {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signers.map((each) => each.sign(id, at, payload)).join(' ')
  }
}

function addressOf({ callback, isSuffixed }: Listener, eventType: string): URL {
  const url = new URL(callback)
  if (!isSuffixed) return url
  const name = eventType.charAt(0).toLowerCase() + eventType.slice(1)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/listener/${name}`
  return url
}
