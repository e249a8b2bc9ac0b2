import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../base/problem.ts'

const FIRST_WAIT_MS = 250
const WAIT_MAX_MS = 4_000
/** About 30 s. After that a job is put back, which makes way for others. */
const TRIES_MAX = 11

/** Whether a task failed because the database was not there, which says nothing about the task. */
export function isOutage(error: unknown): boolean {
  return error instanceof Problem && error.kind === 'unavailable'
}

/** Does a task, again while the database is away: a restart of it is no failure of the job. */
export async function withinOutage(task: () => Promise<void>, stopping: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await task()
      return
    } catch (error) {
      if (!isOutage(error) || tries >= TRIES_MAX || stopping.aborted) throw error
      // A wait that is broken off ends with the next try.
      await delay(Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), WAIT_MAX_MS), undefined, { signal: stopping }).catch(
        () => undefined
      )
    }
  }
}
