import { setImmediate } from 'node:timers/promises'

/** Limit of one turn of the event loop. */
export const TURN_MAX_MS = 50

/**
 * The first attempt may compile its code, and the garbage of earlier tests in the same process may be collected during
 * an attempt, but hardly during each.
 */
export const ATTEMPTS = 4

/**
 * Returns the longest turn of the event loop during some work, in milliseconds of this thread's processor time. Other
 * threads and processes do not count, so that a busy machine changes nothing. Repeats work with too long a turn; work
 * whose result is kept must differ in each attempt.
 */
export async function longestTurnMs(work: (attempt: number) => Promise<unknown>): Promise<number> {
  let longest = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < ATTEMPTS && longest >= TURN_MAX_MS; attempt++) {
    longest = Math.min(longest, await longestTurnOnceMs(() => work(attempt)))
  }
  return longest
}

async function longestTurnOnceMs(work: () => Promise<unknown>): Promise<number> {
  let isOver = false
  let longest = 0
  const watch = async () => {
    while (!isOver) {
      const before = process.threadCpuUsage()
      await setImmediate()
      const { user, system } = process.threadCpuUsage(before)
      longest = Math.max(longest, (user + system) / 1_000)
    }
  }
  const watching = watch()
  await work().finally(() => {
    isOver = true
  })
  await watching
  return longest
}
