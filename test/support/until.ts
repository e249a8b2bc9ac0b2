import { setTimeout as delay } from 'node:timers/promises'

const LIMIT_MS = 600_000
const POLL_MS = 5

/** Polls a condition. Throws after the limit. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = LIMIT_MS
): Promise<Exclude<Awaited<T>, false | 0 | null | undefined>> {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline; await delay(POLL_MS)) {
    const found = await look()
    if (isThere(found)) return found
  }
  throw new Error(`not within ${limitMs} ms: ${what}`)
}

function isThere<T>(found: T): found is Exclude<T, false | 0 | null | undefined> {
  return Boolean(found)
}
