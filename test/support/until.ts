import { setTimeout as delay } from 'node:timers/promises'

const LIMIT_MS = 600_000
/** The pause between two looks is this share of the time waited so far, between these bounds. */
const PAUSE = { share: 0.05, leastMs: 5, mostMs: 100 } as const

/** Polls a condition, the more rarely the longer it takes: looks cost the processor time of what is waited for. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = LIMIT_MS
): Promise<Exclude<Awaited<T>, false | 0 | null | undefined>> {
  const start = Date.now()
  for (let waited = 0; waited < limitMs; waited = Date.now() - start) {
    const found = await look()
    if (isThere(found)) return found
    await delay(Math.min(Math.max(waited * PAUSE.share, PAUSE.leastMs), PAUSE.mostMs))
  }
  throw new Error(`not within ${limitMs} ms: ${what}`)
}

function isThere<T>(found: T): found is Exclude<T, false | 0 | null | undefined> {
  return Boolean(found)
}
