import { setImmediate } from 'node:timers/promises'

/** What one turn of the event loop may take. */
export const TURN_MAX_MS = 50

/**
 * The longest that a turn of the event loop took while some work went on, in milliseconds of processor time of this
 * thread: what other threads and processes take meanwhile does not count, so that a busy machine changes nothing.
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
