import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** A request in autocannon's terms. */
export interface LoadRequest {
  readonly method: 'GET' | 'PATCH' | 'POST'
  readonly path: string
  readonly headers?: Headers
  readonly body?: string
}

/** One round of load: each connection sends its requests in turn, each after the response to the last. */
export interface Job {
  readonly origin: string
  readonly seconds: number
  /** Sent with every request. */
  readonly headers: Headers
  readonly requests: readonly (readonly LoadRequest[])[]
}

/** One round at fixed rates, all streams at once, whether earlier requests are answered or not. */
export interface PacedJob {
  readonly origin: string
  readonly seconds: number
  readonly headers: Headers
  readonly streams: readonly Stream[]
}

/** All requests of a wave at once, and the next wave after the last response. */
export interface WaveJob {
  readonly origin: string
  readonly seconds: number
  readonly headers: Headers
  readonly wave: readonly LoadRequest[]
}

/** Counts by status or failure. */
export type Waves = Readonly<Record<string, number>>

/** Requests sent in turn at a rate. */
export interface Stream {
  readonly perSecond: number
  readonly requests: readonly LoadRequest[]
}

type Headers = Readonly<Record<string, string>>

export interface Load {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Any failure makes the round worthless. */
  readonly failures: readonly string[]
}

/** A process of its own for the load, so that it does not slow down the server. */
export interface Loader {
  run(job: Job): Promise<Load>
  /** In the order of the streams. */
  pace(job: PacedJob): Promise<readonly Load[]>
  waves(job: WaveJob): Promise<Waves>
  stop(): void
}

export function startLoader(): Loader {
  const child = fork(path.join(import.meta.dirname, 'load.ts'), { execArgv: [] })
  return {
    run: (job) => ask<Load>(child, job),
    pace: (job) => ask<readonly Load[]>(child, job),
    waves: (job) => ask<Waves>(child, job),
    stop: () => child.disconnect()
  }
}

/** Sends a message to a process and returns its answer. Throws if the process ends. */
export async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  const ended = new AbortController()
  const exit = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error(`${child.spawnargs.at(-1)} ended`)
  })
  try {
    child.send(message)
    const [answer] = await Promise.race([once(child, 'message', { signal: ended.signal }), exit])
    return answer as T
  } finally {
    ended.abort()
    exit.catch(() => {})
  }
}
