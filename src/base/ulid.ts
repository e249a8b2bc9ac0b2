import { randomFillSync } from 'node:crypto'
import { monotonicFactory } from 'ulid'

const pool = new Uint8Array(4096)
let used = pool.length

/** A new id: 26 upper-case characters, in the order of creation within this process. */
export const newId: () => string = monotonicFactory(randomShare)

/** A random number from 0 up to 1. The library asks for one per character; the system is asked for many at once. */
function randomShare(): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return Number(pool[used++]) / 256
}

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** Whether `text` could be an id of ours at all; what cannot needs no look into the database. */
export function isId(text: string): boolean {
  return ULID.test(text)
}
