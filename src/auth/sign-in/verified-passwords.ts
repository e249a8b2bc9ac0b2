import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

/** A gateway asks for the same user's token again and again; so long, the same password need not be worked on anew. */
export const VERIFIED_FOR_MS = 60_000
/** Passwords remembered at once; beyond, the one verified longest ago is forgotten. */
export const VERIFIED_MAX = 1_000
const KEY_BYTES = 32

/** Known to this process alone, so that what is remembered tells nothing of the passwords. */
const key = randomBytes(KEY_BYTES)

/** When what was verified, in the order of time. */
const verifiedAtMs = new Map<string, number>()

/**
 * Whether this encoded password was found to be the one behind this stored hash within the last minute. Another
 * password, or a stored hash that was changed since, was not.
 */
export function wasVerified(clock: Clock, encoded: string, hash: string): boolean {
  const atMs = verifiedAtMs.get(nameOf(encoded, hash))
  return atMs !== undefined && isRecent(atMs, clock)
}

/** Remembers that an encoded password is the one behind a stored hash. */
export function noteVerified(clock: Clock, encoded: string, hash: string): void {
  const name = nameOf(encoded, hash)
  verifiedAtMs.delete(name)
  verifiedAtMs.set(name, Date.parse(clock()))
  for (const [oldest, atMs] of verifiedAtMs) {
    if (verifiedAtMs.size <= VERIFIED_MAX && isRecent(atMs, clock)) break
    verifiedAtMs.delete(oldest)
  }
}

/** A clock that was put back makes nothing last longer. */
function isRecent(atMs: number, clock: Clock): boolean {
  return Math.abs(Date.parse(clock()) - atMs) < VERIFIED_FOR_MS
}

/** A salted hash of the stored one and the password together. */
function nameOf(encoded: string, hash: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([hash, encoded]))
    .digest('base64')
}
