import { type Instant, later } from '../base/instant.ts'
import { askedWaitMs, probeWaitMs, type Random } from './back-off.ts'
import type { CallbackResult } from './callback-client.ts'

/** Failures of a listener since its last success. */
export interface Standing {
  readonly failures: number
  readonly failingSince: Instant | undefined
}

type Outcome = Pick<CallbackResult, 'status' | 'fault' | 'retryAfterMs'>

/** A listener is suspended after this many failures without a success. */
export const FAILURES_MAX = 10

/** Posts to one listener under way at the same time. */
const CONCURRENCY_MAX = 32
const FIRST_CONCURRENCY = 4

const SECOND_MS = 1_000
const GONE = 410
/** Statuses that say that the receiver has too much to do, beside those of 500 and more. */
const OVERLOADED = [408, 425, 429]
/** Statuses whose Retry-After means the receiver, not the event. */
const UNAVAILABLE = [429, 503]

export function standingAfter({ failures, failingSince }: Standing, { fault }: Outcome, now: Instant): Standing {
  if (!fault) return { failures: 0, failingSince: undefined }
  return { failures: failures + 1, failingSince: failingSince ?? now }
}

/** The receiver wants no more events. */
export function isGone({ status }: Outcome): boolean {
  return status === GONE
}

/** The receiver wants nothing for a while. */
export function isAskedToWait({ status = 0, retryAfterMs = 0 }: Outcome): boolean {
  return UNAVAILABLE.includes(status) && retryAfterMs > 0
}

/** Returns how many posts may be under way at first; a listener that failed last gets one. */
export function firstConcurrency({ failures }: Standing): number {
  return failures > 0 ? 1 : FIRST_CONCURRENCY
}

/**
 * Returns how many posts may be under way after a result: one more after a success, half after a failure of the
 * receiver as a whole, one after a timeout. An answer that refuses one event changes nothing.
 */
export function concurrencyAfter(concurrency: number, { fault, status = 0 }: Outcome): number {
  if (!fault) return Math.min(concurrency + 1, CONCURRENCY_MAX)
  if (fault === 'timeout') return 1
  const isOfEvent = fault === 'redirected' || (fault === 'status' && status < 500 && !OVERLOADED.includes(status))
  return isOfEvent ? concurrency : Math.max(1, Math.floor(concurrency / 2))
}

/** How it goes on with a listener. */
export interface Course {
  readonly state: 'active' | 'suspended' | 'ended'
  /** Why it is suspended or ended. */
  readonly reason: string | undefined
  /** Nothing is sent before. */
  readonly retryAt: Instant | undefined
}

/** Decides how it goes on after the last result of a round. */
export function courseAfter({ failures }: Standing, last: Outcome, now: Instant, random: Random): Course {
  if (isGone(last)) return { state: 'ended', reason: 'The receiver answered 410 Gone', retryAt: undefined }
  if (failures >= FAILURES_MAX) {
    const waitMs = probeWaitMs(failures - FAILURES_MAX + 1, last.retryAfterMs, random)
    return { state: 'suspended', reason: reasonOf(failures, last), retryAt: later(now, waitMs / SECOND_MS) }
  }
  const retryAt = isAskedToWait(last) ? later(now, askedWaitMs(last.retryAfterMs) / SECOND_MS) : undefined
  return { state: 'active', reason: undefined, retryAt }
}

function reasonOf(failures: number, { fault, status }: Outcome): string {
  return `${failures} posts in a row failed, the last one by ${status === undefined ? fault : `status ${status}`}`
}
