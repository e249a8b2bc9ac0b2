import { setTimeout as delay } from 'node:timers/promises'

const LIMIT_MS = 240_000
const POLL_MS = 20

/** Polls a condition. Throws after the limit. */
export async function until(what: string, condition: () => unknown, limitMs = LIMIT_MS): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await delay(POLL_MS)) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`)
  }
}
