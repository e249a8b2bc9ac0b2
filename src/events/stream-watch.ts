import type { FastifyRequest } from 'fastify'
import { Problem } from '../messages/problem.ts'
import type { Reader } from './feed.ts'

/** Proxies often end a connection that is silent for half a minute or more. */
const SILENCE_MAX_MS = 15_000
const ADMISSION_INTERVAL_MS = 2_000
/** The longest that a reader may take for what is buffered; less if requests have less time. */
const STALL_MAX_MS = 10_000

/** Watches one stream: its silence, its reader and its credential. */
export interface Watch extends Reader {
  readonly hasEnded: boolean
  /** Told to the reader at the end. */
  readonly reason: string | undefined
  end(reason?: string): void
  isSilent(): boolean
  /** Resolves at the next look. */
  looked(): Promise<void>
  /** Passes pieces on, and notes how long the reader takes for each. */
  timed(pieces: AsyncIterable<string>): AsyncGenerator<string>
}

/** Calls `cut` when the reader takes too long. */
export function watchStream(request: FastifyRequest, cut: () => void): Watch {
  const stallMs = Math.min(STALL_MAX_MS, request.server.server.requestTimeout || STALL_MAX_MS)
  let hasEnded = false
  let reason: string | undefined
  let heldSinceMs: number | undefined
  let sentAtMs = performance.now()
  let admittedAtMs = sentAtMs
  let wake: () => void = () => undefined
  return {
    get hasEnded() {
      return hasEnded
    },
    get reason() {
      return reason
    },
    end,
    isSilent: () => performance.now() - sentAtMs >= SILENCE_MAX_MS,
    looked: () =>
      new Promise((resolve) => {
        wake = resolve
      }),
    timed: async function* (pieces) {
      for await (const piece of pieces) {
        heldSinceMs = performance.now()
        yield piece
        sentAtMs = performance.now()
        heldSinceMs = undefined
      }
    },
    look: (nowMs) => {
      if (heldSinceMs !== undefined && nowMs - heldSinceMs >= stallMs) cut()
      if (nowMs - admittedAtMs >= ADMISSION_INTERVAL_MS) {
        admittedAtMs = nowMs
        request.server.requireAdmittedStill(request).catch(endIfRefused)
      }
      wake()
    }
  }

  function end(why?: string): void {
    hasEnded = true
    reason ??= why
    wake()
  }

  /** An outage refuses nobody. */
  function endIfRefused(error: unknown): void {
    if (error instanceof Problem && error.status < 500) end(error.message)
  }
}
