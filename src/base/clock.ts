import type { Instant } from './instant.ts'

export type Clock = () => Instant

export const systemClock: Clock = () => new Date().toISOString()
