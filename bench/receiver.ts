import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from './loader.ts'

/** The deliveries that a receiver has got, each event at each path once. */
export interface Seen {
  readonly taken: number
  /** In ms since 1970. */
  readonly firstAtMs: number
  readonly lastAtMs: number
  /** From the time of an event to its arrival. */
  readonly p50Ms: number
  readonly p95Ms: number
  /** Requests that never get an answer. */
  readonly unanswered: number
}

/** A process of its own that gets events. */
export interface Receiver {
  /** Returns 503 below `/refuse`, else 204, at once. */
  readonly origin: string
  /** Takes requests and leaves them without an answer. */
  readonly silentOrigin: string
  seen(): Promise<Seen>
  /** Counts from zero again. */
  forget(): Promise<void>
  stop(): void
}

const POLL_MS = 50
/** Without one more delivery. */
const STANDSTILL_MS = 60_000

export async function startReceiver(): Promise<Receiver> {
  const child = fork(path.join(import.meta.dirname, 'receive.ts'), { execArgv: [] })
  const [[origin, silentOrigin]] = (await once(child, 'message')) as [readonly [string, string]]
  const look = (forgets: boolean) => ask<Seen>(child, { forgets })
  return {
    origin,
    silentOrigin,
    seen: () => look(false),
    forget: async () => void (await look(true)),
    stop: () => child.disconnect()
  }
}

/** Waits until a receiver has got that many deliveries. Throws at a standstill. */
export async function receive({ seen }: Receiver, count: number): Promise<Seen> {
  let [most, sinceMs] = [0, performance.now()]
  while (performance.now() - sinceMs < STANDSTILL_MS) {
    const now = await seen()
    if (now.taken >= count) return now
    if (now.taken > most) [most, sinceMs] = [now.taken, performance.now()]
    await delay(POLL_MS)
  }
  throw new Error(`of ${count} deliveries ${most} came`)
}

/** Polls a condition. Throws after too long. */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + STANDSTILL_MS; !(await look()); await delay(POLL_MS)) {
    if (performance.now() > deadline) throw new Error(`not within ${STANDSTILL_MS} ms: ${what}`)
  }
}
