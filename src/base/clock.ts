import type { Instant } from './instant.ts'

/** Where "now" comes from; tests hand in their own. */
export type Clock = () => Instant

export const systemClock: Clock = () => new Date().toISOString()
