import { randomFillSync } from 'node:crypto'
import { monotonicFactory } from 'ulid'

const pool = new Uint8Array(4096)
let used = pool.length

/** Returns 26 upper-case characters, in the order of creation within this process. */
export const newId: () => string = monotonicFactory(randomShare)

/** Returns a `newId` by another clock than that of the process, in milliseconds. */
export function idsBy(clock: () => number): () => string {
  const next = monotonicFactory(randomShare)
  return () => next(clock())
}

/**
 * Returns a random number from 0 up to 1. The library asks for one per character; this asks the system for many at
 * once.
 */
function randomShare(): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return Number(pool[used++]) / 256
}

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** Checks the form of an id, which saves a look into the database. */
export function isId(text: string): boolean {
  return ULID.test(text)
}
