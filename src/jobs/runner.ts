import { EventEmitter } from 'node:events'
import { Logger as JobLogger, type RunnerOptions, run, type TaskList } from 'graphile-worker'
import { withinOutage } from './outage.ts'
import { openJobPool } from './pool.ts'
import { ATTEMPTS_MAX } from './queue.ts'
import type { Warnings } from './warnings.ts'

/** `isLast`: a failure is not retried. */
export type Task = (payload: Readonly<Record<string, unknown>>, attempt: { readonly isLast: boolean }) => Promise<void>

export interface UnderWay {
  readonly work: Promise<void>
  giveUp(): void
}

/** Takes jobs from the queue and runs them, `CONCURRENCY` at once. It can always be cut off. */
export interface Runner {
  readonly underWay: ReadonlyMap<string, UnderWay>
  /** Returns when the queue last answered, in ms of `performance.now()`; at first, the start. */
  answeredAt(): number
  hasEnded(): boolean
  /** Takes no more jobs. Resolves when those under way are done and the queue knows, which may be never. */
  stop(): Promise<void>
  /** Cuts it off from the queue for good. Jobs under way go on, unknown to the queue. */
  cut(): void
}

export const CONCURRENCY = 2
const SETTINGS: RunnerOptions = {
  concurrency: CONCURRENCY,
  pollInterval: 1_000,
  noHandleSignals: true,
  // In batches, even of one: a job whose end cannot be written then ends the runner, not the process.
  preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } }
}

export function startRunner(url: string, tasks: ReadonlyMap<string, Task>, warnings: Warnings): Runner {
  const underWay = new Map<string, UnderWay>()
  const stopping = new AbortController()
  let [answeredAt, hasEnded, isCut] = [performance.now(), false, false]
  // Warnings after a cut are expected.
  const warn = (message: string, error?: unknown) => (isCut ? undefined : warnings.warn(message, error))
  const { pool, cut } = openJobPool(url, (error) => warn('An idle connection of the jobs was lost', error))
  const around = (id: string, task: () => Promise<void>) => {
    const { promise: hopeless, reject } = Promise.withResolvers<never>()
    const done = withinOutage(task, stopping.signal)
    const work = Promise.race([done, hopeless]).finally(() => underWay.delete(id))
    underWay.set(id, { work, giveUp: () => reject(new Error('the database has lost what the job was at')) })
    return work
  }
  const events = watched(warn, () => {
    answeredAt = performance.now()
  })
  const logger = new JobLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning') warn(message)
  })
  const starting = run({ ...SETTINGS, pgPool: pool, taskList: taskList(tasks, around), events, logger })
  const over = starting
    .then((runner) => runner.promise)
    .catch((error: unknown) => warn('A runner of the jobs ended', error))
    .finally(() => {
      hasEnded = true
      cut()
    })
  const stop = async () => {
    stopping.abort()
    // It refuses to stop twice, as when it is about to end by itself.
    await starting.then((runner) => runner.stop()).catch(() => undefined)
    await over
  }
  return {
    underWay,
    answeredAt: () => answeredAt,
    hasEnded: () => hasEnded,
    stop,
    cut: () => {
      isCut = true
      cut()
      // Else its timers would go on for ever.
      void stop()
    }
  }
}

function taskList(
  tasks: ReadonlyMap<string, Task>,
  around: (id: string, task: () => Promise<void>) => Promise<void>
): TaskList {
  return Object.fromEntries(
    [...tasks].map(([name, task]) => [
      name,
      (payload, { job }) => {
        const isLast = job.attempts >= Math.min(job.max_attempts, ATTEMPTS_MAX)
        return around(job.id, () => task(payload as Readonly<Record<string, unknown>>, { isLast }))
      }
    ])
  )
}

/** Watches the library's events: answers of the queue, and failures that it does not log. */
function watched(warn: Warnings['warn'], onAnswer: () => void): EventEmitter {
  const events = new EventEmitter()
  for (const name of ['worker:getJob:empty', 'job:start']) events.on(name, onAnswer)
  events.on('worker:getJob:error', ({ error }) => warn('Failed to acquire job', error))
  return events
}
