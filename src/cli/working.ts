import { setInterval } from 'node:timers/promises'
import type { Context } from './command.ts'

const LOOK_INTERVAL_MS = 250

/** Works at the jobs, with or without servers, until `look` returns a result. */
export async function workUntil<T>(context: Context, look: () => Promise<T | undefined>): Promise<T> {
  const work = await context.startWork()
  try {
    for await (const _ of setInterval(LOOK_INTERVAL_MS)) {
      const found = await look()
      if (found !== undefined) return found
    }
    throw new Error('an interval does not end')
  } finally {
    await work.stop()
  }
}
