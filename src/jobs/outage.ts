import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../messages/problem.ts'

const FIRST_WAIT_MS = 250
const WAIT_MAX_MS = 4_000
/** About 30 s; then the job is put back to make way for others. */
const TRIES_MAX = 11

export function isOutage(error: unknown): boolean {
  return error instanceof Problem && error.kind === 'unavailable'
}

/** Runs a task and repeats it during an outage: a restart of the database is no failure of the job. */
export async function withinOutage(task: () => Promise<void>, stopping: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await task()
      return
    } catch (error) {
      if (!isOutage(error) || tries >= TRIES_MAX || stopping.aborted) throw error
      // An aborted wait ends with the next try.
      await delay(Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), WAIT_MAX_MS), undefined, { signal: stopping }).catch(
        () => undefined
      )
    }
  }
}
