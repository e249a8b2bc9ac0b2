import type { Database } from '../db/database.ts'
import type { DeliveryFigures } from '../events/figures.ts'
import { LISTENER_STATES } from '../events/listener.ts'
import type { JobFigures } from '../jobs/supervisor.ts'
import type { Metrics } from './catalogue.ts'
import { type Figures, readFigures } from './figures.ts'

export interface Sources {
  readonly database: Pick<Database, 'run' | 'connections'>
  readonly jobs: () => Promise<JobFigures | undefined>
  readonly delivery: () => Promise<DeliveryFigures | undefined>
}

const NO_LISTENERS = Object.fromEntries(LISTENER_STATES.map((state) => [state, 0]))

/** For this long, all scrapes get the same figures of the database. */
const FRESH_MS = 10_000

/** Returns the function that brings the metrics up to date before a scrape. It never fails. */
export function collector(metrics: Metrics, sources: Sources): () => Promise<void> {
  let [readAt, reading]: [number, Promise<void> | undefined] = [Number.NEGATIVE_INFINITY, undefined]
  return async () => {
    setPool(metrics, sources)
    if (performance.now() - readAt < FRESH_MS) return
    reading ??= readAll(metrics, sources)
      .then(() => {
        readAt = performance.now()
      })
      .catch(() => metrics.failures.inc())
      .finally(() => {
        reading = undefined
      })
    await reading
  }
}

function setPool({ connections, waiting }: Metrics, { database }: Sources): void {
  const { inUse, idle, waiting: number } = database.connections()
  connections.set({ state: 'in_use' }, inUse)
  connections.set({ state: 'idle' }, idle)
  waiting.set(number)
}

async function readAll(metrics: Metrics, { database, jobs, delivery }: Sources): Promise<void> {
  const [figures, ofJobs, ofDelivery] = await Promise.all([readFigures(database), jobs(), delivery()])
  setFigures(metrics, figures)
  if (ofJobs) setJobs(metrics, ofJobs)
  if (ofDelivery) setDelivery(metrics, ofDelivery)
}

function setFigures(metrics: Metrics, figures: Figures): void {
  setAll(metrics.runs, 'state', figures.runs)
  setAll(metrics.uploads, 'state', figures.uploads)
  setAll(metrics.mails, 'state', figures.mails)
  const { eligible, billed, skipped, parked } = figures
  setAll(metrics.accounts, 'outcome', { eligible, billed, skipped, parked })
  metrics.runRate.set(Number(figures.accountsPerSecond ?? 0))
  if (figures.runSeconds !== undefined) metrics.runSeconds.set(Number(figures.runSeconds))
  for (const { kind, at, sound, seconds } of figures.verifications) {
    metrics.verifiedAt.set({ kind }, at)
    metrics.verifiedSound.set({ kind }, sound)
    metrics.verifiedSeconds.set({ kind }, seconds)
  }
  metrics.overdue.set(figures.overdue)
}

function setJobs({ jobs, oldestJob, replacedRunners }: Metrics, figures: JobFigures): void {
  setAll(jobs, 'state', { queued: figures.queued, running: figures.underWay })
  oldestJob.set(figures.oldestReadySeconds)
  replacedRunners.set(figures.replacedRunners)
}

function setDelivery(metrics: Metrics, figures: DeliveryFigures): void {
  setAll(metrics.listeners, 'state', { ...NO_LISTENERS, ...figures.listeners })
  setAll(metrics.attempts, 'outcome', figures.attempts)
  metrics.backlog.set(figures.backlog)
  metrics.oldestEvent.set(figures.oldestSeconds)
  metrics.waitingEvents.set(figures.waiting)
  metrics.deadLetters.set(figures.deadLetters)
}

interface Labelled<Label extends string> {
  reset(): void
  set(labels: Partial<Record<Label, string>>, value: number): void
}

/** Sets a gauge by the values of its one label; values that are gone have no figure any more. */
function setAll<const Label extends string>(
  gauge: Labelled<Label>,
  label: Label,
  figures: Readonly<Record<string, number>>
): void {
  gauge.reset()
  for (const [name, figure] of Object.entries(figures)) {
    const labels: Partial<Record<Label, string>> = {}
    labels[label] = name
    gauge.set(labels, figure)
  }
}
