import type { Logger } from 'pino'
import { Problem } from './messages/problem.ts'
import { within } from './pace/within.ts'
import type { Store } from './store.ts'

const READY_CHECK_MS = 2_000

interface Work {
  stop(limitMs: number): Promise<void>
}

/** Work that waits for a database that is ready. */
interface Waiting<T extends Work> {
  start(): void
  /** Undefined before the database is ready. */
  started(): T | undefined
  /** Stops the work, or what begins it; takes at most `limitMs`. */
  stop(limitMs: number): Promise<void>
}

/** Begins work once the database is ready. A failure is logged under `warning` and tried again. */
export function startWhenReady<T extends Work>(
  store: Pick<Store, 'requireReady'>,
  logger: Pick<Logger, 'warn'>,
  warning: string,
  begin: () => T | Promise<T>
): Waiting<T> {
  let work: T | undefined
  let starting: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  return {
    start: () => {
      attempt()
      timer = setInterval(attempt, READY_CHECK_MS).unref()
    },
    started: () => work,
    stop: async (limitMs) => {
      const deadline = performance.now() + limitMs
      isStopped = true
      clearInterval(timer)
      if (starting) await within(limitMs, starting)
      await work?.stop(deadline - performance.now())
    }
  }

  function attempt(): void {
    if (work) return
    starting ??= beginWhenReady()
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) logger.warn({ err: error }, warning)
      })
      .finally(() => {
        starting = undefined
      })
  }

  async function beginWhenReady(): Promise<void> {
    await store.requireReady()
    const begun = await begin()
    if (isStopped) await begun.stop(0)
    else work = begun
  }
}
