import { setImmediate } from 'node:timers/promises'

/** Limit of one turn of the event loop. */
export const TURN_MAX_MS = 50

/**
 * Returns the longest turn of the event loop during some work, in milliseconds of this thread's processor time. Other
 * threads and processes do not count, so that a busy machine changes nothing.
 */
export async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
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
