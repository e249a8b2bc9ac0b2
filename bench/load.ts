import autocannon from 'autocannon'
import type { Job, Load, PacedJob, WaveJob } from './loader.ts'
import { runStreams } from './open-loop.ts'
import { runWaves } from './waves.ts'

/** Start of a round that is not counted: connecting, and the first burst of requests. */
const RAMP_S = 0.2
/** Autocannon's clock tick. */
const TICK_MS = 50

/** Samples of a round: autocannon's own histogram has whole milliseconds only. */
interface Seen {
  firstAt: number
  readonly latenciesMs: number[]
  readonly refused: Map<number, number>
}

process.on('message', (job: Job | PacedJob | WaveJob) => {
  resultOf(job).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    }
  )
})

function resultOf(job: Job | PacedJob | WaveJob): Promise<object> {
  if ('streams' in job) return runStreams(job)
  return 'wave' in job ? runWaves(job) : run(job)
}

async function run(job: Job): Promise<Load> {
  const seen: Seen = { firstAt: 0, latenciesMs: [], refused: new Map() }
  let connected = 0
  const result = await autocannon({
    url: job.origin,
    headers: { ...job.headers },
    connections: job.requests.length,
    duration: RAMP_S + job.seconds + TICK_MS / 1000,
    sampleInt: TICK_MS,
    setupClient: (client) => {
      client.setRequests(job.requests[connected++ % job.requests.length] as autocannon.Request[])
      client.on('response', (status, _, latencyMs) => note(seen, job.seconds, status, latencyMs))
    }
  })
  const sorted = Float64Array.from(seen.latenciesMs).sort()
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  const failures = [...seen.refused].map(([status, count]) => `${count} answers of status ${status}`)
  if (result.errors > 0) failures.push(`${result.errors} lost connections or timeouts`)
  if (sorted.length === 0) failures.push(`no answer in the ${job.seconds} s of a round`)
  return { perSecond: sorted.length / job.seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99), failures }
}

function note(seen: Seen, seconds: number, status: number, latencyMs: number): void {
  const now = performance.now()
  seen.firstAt ||= now
  if (status < 200 || status > 299) seen.refused.set(status, (seen.refused.get(status) ?? 0) + 1)
  const sinceS = (now - seen.firstAt) / 1000 - RAMP_S
  if (sinceS >= 0 && sinceS < seconds) seen.latenciesMs.push(latencyMs)
}
