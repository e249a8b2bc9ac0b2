import { setInterval } from 'node:timers/promises'
import { Unexpected } from './expectation.ts'

const LOOK_INTERVAL_MS = 50
/** Much longer than anything takes. */
const PATIENCE_MS = 300_000

/** Yields until the caller stops looking. Throws Unexpected after too long. */
export async function* looks(what: string, signal: AbortSignal): AsyncGenerator<void> {
  const deadline = performance.now() + PATIENCE_MS
  for await (const _ of setInterval(LOOK_INTERVAL_MS, undefined, { signal })) {
    yield
    if (performance.now() > deadline) {
      throw new Unexpected(`The demo expected ${what} to be over within ${PATIENCE_MS / 1_000} s, but it is not`)
    }
  }
}
