/** Which events a listener wants. */
export interface Subscription {
  /** Names of types; undefined for all. */
  readonly types: readonly string[] | undefined
}

/** Reads the query of a listener. */
export function readSubscription(query: string | undefined): Subscription {
  const types = new URLSearchParams(query).get('eventType')
  return { types: types?.split(',') }
}

/** Returns what a listener gets of an event, or undefined. */
export function payloadFor({ types }: Subscription, envelope: string): string | undefined {
  return types?.every((type) => !envelope.includes(`"eventType":"${type}"`)) ? undefined : envelope
}
