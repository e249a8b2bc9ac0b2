import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

/** Gateways sign the same user in again and again; this long the hash is not recomputed. */
export const VERIFIED_FOR_MS = 60_000
/** Limit of remembered passwords; beyond it, the one verified longest ago is forgotten. */
export const VERIFIED_MAX = 1_000
const KEY_BYTES = 32

/** Stays in this process, so that the memory reveals no password. */
const key = randomBytes(KEY_BYTES)

const verifiedAtMs = new Map<string, number>()

/** Finds a pair verified within the last minute. A changed stored hash does not match. */
export function wasVerified(clock: Clock, encoded: string, hash: string): boolean {
  const atMs = verifiedAtMs.get(nameOf(encoded, hash))
  return atMs !== undefined && isRecent(atMs, clock)
}

export function noteVerified(clock: Clock, encoded: string, hash: string): void {
  const name = nameOf(encoded, hash)
  verifiedAtMs.delete(name)
  verifiedAtMs.set(name, Date.parse(clock()))
  for (const [oldest, atMs] of verifiedAtMs) {
    if (verifiedAtMs.size <= VERIFIED_MAX && isRecent(atMs, clock)) break
    verifiedAtMs.delete(oldest)
  }
}

/** A clock set back makes nothing last longer. */
function isRecent(atMs: number, clock: Clock): boolean {
  return Math.abs(Date.parse(clock()) - atMs) < VERIFIED_FOR_MS
}

function nameOf(encoded: string, hash: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([hash, encoded]))
    .digest('base64')
}
