import { type Instant, later } from '../base/instant.ts'
import { askedWaitMs, probeWaitMs, type Random } from './back-off.ts'
import type { CallbackResult } from './callback-client.ts'
import type { Fault } from './callback-fault.ts'

/** Failures of a listener since its last success that speak against the receiver. */
export interface Standing {
  readonly failures: number
  readonly failingSince: Instant | undefined
}

/** How a post came about. */
export interface Posted {
  /** The event has failed before. */
  readonly isRepeated: boolean
  /** The listener is suspended. */
  readonly isProbe: boolean
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
/** Statuses that may mean the callback or its headers as well as the event. */
const NOT_LET_IN = [401, 403, 404, 405, 407]
/** No connection: no event has reached the receiver. */
const NOT_REACHED: readonly (Fault | undefined)[] = [
  'addressRefused',
  'nameUnresolved',
  'connectionFailed',
  'tlsFailed'
]

/**
 * Counts a failure unless it may be that of its event alone: an answer that refuses the event never counts, and other
 * failures of an event count once, so that no single event suspends a receiver that is sound. Always counted are
 * failures to connect, and those of probes.
 */
export function standingAfter(standing: Standing, outcome: Outcome, posted: Posted, now: Instant): Standing {
  const { fault, status = 0 } = outcome
  if (!fault) return { failures: 0, failingSince: undefined }
  const isRefusal = isOfEvent(outcome) && fault === 'status' && !NOT_LET_IN.includes(status)
  const isCounted = NOT_REACHED.includes(fault) || (!isRefusal && (posted.isProbe || !posted.isRepeated))
  if (!isCounted) return standing
  return { failures: standing.failures + 1, failingSince: standing.failingSince ?? now }
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
export function concurrencyAfter(concurrency: number, outcome: Outcome): number {
  if (!outcome.fault) return Math.min(concurrency + 1, CONCURRENCY_MAX)
  if (outcome.fault === 'timeout') return 1
  return isOfEvent(outcome) ? concurrency : Math.max(1, Math.floor(concurrency / 2))
}

function isOfEvent({ fault, status = 0 }: Outcome): boolean {
  return fault === 'redirected' || (fault === 'status' && status < 500 && !OVERLOADED.includes(status))
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
