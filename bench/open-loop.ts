import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Load, LoadRequest, PacedJob, Stream } from './loader.ts'

/** Start of a round that is not counted: connecting. */
const RAMP_S = 0.5
/** A slower response is a failure. */
const TIMEOUT_MS = 10_000

interface Seen {
  answered: number
  readonly latenciesMs: number[]
  readonly failures: Map<string, number>
}

interface Round extends PacedJob {
  readonly startMs: number
  readonly agent: Agent
}

/**
 * Sends each stream's requests at its fixed rate, whether earlier ones are answered or not. Responses within the round
 * count for `perSecond`; latencies are those of all requests.
 */
export async function runStreams(job: PacedJob): Promise<Load[]> {
  const agent = new Agent({ keepAlive: true })
  const round = { ...job, agent, startMs: performance.now() }
  try {
    return await Promise.all(job.streams.map((stream) => runStream(round, stream)))
  } finally {
    agent.destroy()
  }
}

async function runStream(round: Round, { perSecond, requests }: Stream): Promise<Load> {
  const seen: Seen = { answered: 0, latenciesMs: [], failures: new Map() }
  const sent: Promise<void>[] = []
  for (let at = 0; at < (RAMP_S + round.seconds) * perSecond; at++) {
    const dueMs = round.startMs + (at * 1000) / perSecond
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
    sent.push(send(round, requests[at % requests.length] as LoadRequest, dueMs, seen))
  }
  await Promise.all(sent)
  const sorted = Float64Array.from(seen.latenciesMs).sort()
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  const failures = [...seen.failures].map(([what, count]) => `${count} times ${what}`)
  return { perSecond: seen.answered / round.seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99), failures }
}

/** Latency counts from the actual sending: a late loader is not the server's fault. */
async function send(round: Round, each: LoadRequest, dueMs: number, seen: Seen): Promise<void> {
  const sentMs = performance.now()
  const outcome = await ask(round, each).catch((error: Error) => error.message)
  const nowMs = performance.now()
  const isSuccess = outcome.startsWith('2')
  if (!isSuccess) seen.failures.set(outcome, (seen.failures.get(outcome) ?? 0) + 1)
  const countsFromMs = round.startMs + RAMP_S * 1000
  if (dueMs >= countsFromMs) seen.latenciesMs.push(nowMs - sentMs)
  const isWithin = nowMs >= countsFromMs && nowMs < countsFromMs + round.seconds * 1000
  if (isSuccess && isWithin) seen.answered++
}

/** Resolves with the status after the whole response. */
async function ask(round: Round, { method, path, headers, body }: LoadRequest): Promise<string> {
  const { origin, agent } = round
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const sent = { ...(headers ?? round.headers), ...length }
  const message = request(origin, { method, path, headers: sent, agent, timeout: TIMEOUT_MS })
  message.on('timeout', () => message.destroy(new Error('no answer')))
  message.end(body)
  const [response] = (await once(message, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  return String(response.statusCode)
}
