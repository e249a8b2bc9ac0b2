import { within } from '../pace/within.ts'
import { CONCURRENCY, type Runner, startRunner, type Task, type UnderWay } from './runner.ts'
import type { Warnings } from './warnings.ts'

export interface TaskGroup {
  readonly name: string
  readonly tasks: ReadonlyMap<string, Task>
}

export interface Watch {
  readonly tasks: readonly string[]
  underWay(): readonly string[]
  giveUp(id: string): void
  look(next: string | undefined): void
  /** Restarts the wait for a sign of life, after the database was away. */
  excuse(): void
  stuckMs(): number
  replaced(): number
  stop(limitMs: number): Promise<void>
}

export interface Patience {
  /** Time that a ready job may stay untaken while the runner has a free place. */
  readonly standstillMs: number
  /** A runner with a free place polls every second. */
  readonly silenceMs: number
}

const FAREWELL_MS = 500

export function watch(url: string, { name, tasks }: TaskGroup, warnings: Warnings, patience: Patience): Watch {
  const start = () => startRunner(url, tasks, warnings)
  let [runner, replaced, isStopped] = [start(), 0, false]
  const orphans = new Map<string, UnderWay>()
  let [startedAt, excusedAt] = [performance.now(), 0]
  let left: { readonly job: string; readonly since: number } | undefined
  const stuckMs = () => (left === undefined ? 0 : performance.now() - left.since)

  function fault(): string | undefined {
    const now = performance.now()
    if (runner.hasEnded()) return 'it has ended'
    if (Math.min(stuckMs(), now - startedAt) >= patience.standstillMs)
      return `no job was taken for ${seconds(stuckMs())}`
    const silentMs = now - Math.max(runner.answeredAt(), excusedAt)
    const isSilent = runner.underWay.size < CONCURRENCY && silentMs >= patience.silenceMs
    return isSilent ? `it was silent for ${seconds(silentMs)}` : undefined
  }

  return {
    tasks: [...tasks.keys()],
    underWay: () => [...runner.underWay.keys(), ...orphans.keys()],
    giveUp: (id) => (runner.underWay.get(id) ?? orphans.get(id))?.giveUp(),
    look: (next) => {
      const job = runner.underWay.size < CONCURRENCY ? next : undefined
      if (job !== left?.job) left = job === undefined ? undefined : { job, since: performance.now() }
      const reason = isStopped ? undefined : fault()
      if (reason === undefined) return
      warnings.warn(`The runner of ${name} is replaced: ${reason}`)
      adopt(orphans, runner)
      runner.cut()
      runner = start()
      replaced += 1
      startedAt = performance.now()
    },
    excuse: () => {
      excusedAt = performance.now()
      left = undefined
    },
    stuckMs,
    replaced: () => replaced,
    stop: async (limitMs) => {
      isStopped = true
      await Promise.all([retire(runner, limitMs), within(limitMs, Promise.allSettled(worksOf(orphans)))])
    }
  }
}

function adopt(orphans: Map<string, UnderWay>, { underWay }: Runner): void {
  for (const [id, { work, giveUp }] of underWay) {
    const done = work.catch(() => undefined).finally(() => orphans.delete(id))
    orphans.set(id, { work: done.then(() => undefined), giveUp })
  }
}

const worksOf = (jobs: ReadonlyMap<string, UnderWay>) => [...jobs.values()].map(({ work }) => work)

async function retire(runner: Runner, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  let isOver = false
  const over = runner.stop().then(() => {
    isOver = true
  })
  // It may be taking a job as it is stopped.
  do {
    await within(deadline - performance.now(), Promise.allSettled(worksOf(runner.underWay)))
    if (runner.underWay.size === 0) await within(FAREWELL_MS, over)
  } while (!isOver && runner.underWay.size > 0 && performance.now() < deadline)
  runner.cut()
}

export const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`
