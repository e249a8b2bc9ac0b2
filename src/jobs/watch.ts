import { within } from '../pace/within.ts'
import { CONCURRENCY, type Runner, startRunner, type Task, type UnderWay } from './runner.ts'
import type { Warnings } from './warnings.ts'

/** The tasks that share a runner, which those of others cannot keep busy. */
export interface TaskGroup {
  readonly name: string
  readonly tasks: ReadonlyMap<string, Task>
}

/** One runner after the other for a group of tasks: who does not get on is replaced. */
export interface Watch {
  readonly tasks: readonly string[]
  /** Ids of the jobs that are under way. */
  underWay(): readonly string[]
  /** Frees the place of a job that hangs, if it is one of these. */
  giveUp(id: string): void
  /** Replaces the runner if need be. `next`: the job in the database that it could take at once, by id. */
  look(next: string | undefined): void
  /** Begins anew to wait for a sign of life: the database was away, so that there could be none. */
  excuse(): void
  /** How many ms there was a job to take, and nobody took it, whoever was the runner. */
  stuckMs(): number
  /** How many runners were replaced. */
  replaced(): number
  /** Takes no further jobs and waits for those under way, at most so long. */
  stop(limitMs: number): Promise<void>
}

/** How long, in ms, a runner is trusted. */
export interface Patience {
  /** A job that could be taken, and is not for so long although there is a place for it, has nobody who would. */
  readonly standstillMs: number
  /** A runner with a free place asks for a job every second. */
  readonly silenceMs: number
}

/** What a runner still needs when its last job is done: to say so. */
const FAREWELL_MS = 500

/** Starts the first runner. What is seen of it counts, not what it says. */
export function watch(url: string, { name, tasks }: TaskGroup, warnings: Warnings, patience: Patience): Watch {
  const start = () => startRunner(url, tasks, warnings)
  let [runner, replaced, isStopped] = [start(), 0, false]
  /** What a runner was at when it was replaced. */
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

/** Keeps what a runner is at until it is done. */
function adopt(orphans: Map<string, UnderWay>, { underWay }: Runner): void {
  for (const [id, { work, giveUp }] of underWay) {
    const done = work.catch(() => undefined).finally(() => orphans.delete(id))
    orphans.set(id, { work: done.then(() => undefined), giveUp })
  }
}

const worksOf = (jobs: ReadonlyMap<string, UnderWay>) => [...jobs.values()].map(({ work }) => work)

/** Waits for the jobs of a runner, at most so long, and for the runner itself no longer than it can need. */
async function retire(runner: Runner, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  let isOver = false
  const over = runner.stop().then(() => {
    isOver = true
  })
  // It may be about to take a job when it is stopped.
  do {
    await within(deadline - performance.now(), Promise.allSettled(worksOf(runner.underWay)))
    if (runner.underWay.size === 0) await within(FAREWELL_MS, over)
  } while (!isOver && runner.underWay.size > 0 && performance.now() < deadline)
  runner.cut()
}

/** Milliseconds as a text for an operator. */
export const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`
