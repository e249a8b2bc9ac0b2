import type { Instant } from './instant.ts'

/** Tests hand in their own. */
export type Clock = () => Instant

export const systemClock: Clock = () => new Date().toISOString()
