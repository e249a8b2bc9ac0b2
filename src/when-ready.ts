import type { Logger } from 'pino'
import { Problem } from './messages/problem.ts'
import { within } from './pace/within.ts'
import type { Store } from './store.ts'

const READY_CHECK_MS = 2_000

interface Work<Figures> {
  /** Says why the work of this process stands still; undefined while it goes on. */
  standstill(): string | undefined
  figures(): Promise<Figures>
  /** Waits for work under way, at most `limitMs`; other processes do the rest. */
  stop(limitMs: number): Promise<void>
}

/** Work that waits for a database that is ready; until then there are no figures. */
export interface BackgroundWork<Figures> extends Work<Figures | undefined> {
  start(): void
}

/** Begins work once the database is ready. A failure is logged under `warning` and tried again. */
export function startWhenReady<Figures>(
  store: Pick<Store, 'requireReady'>,
  logger: Pick<Logger, 'warn'>,
  warning: string,
  begin: () => Work<Figures> | Promise<Work<Figures>>
): BackgroundWork<Figures> {
  let work: Work<Figures> | undefined
  let starting: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  return {
    start: () => {
      attempt()
      timer = setInterval(attempt, READY_CHECK_MS).unref()
    },
    standstill: () => work?.standstill(),
    figures: async () => work?.figures(),
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
