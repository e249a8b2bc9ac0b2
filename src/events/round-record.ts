import type { Clock } from '../base/clock.ts'
import { type Instant, later } from '../base/instant.ts'
import type { Attempt } from './attempts.ts'
import { GIVE_UP_MS, type Random, retryWaitMs } from './back-off.ts'
import type { RoundRecord } from './commit.ts'
import type { Kept } from './exceptions.ts'
import type { Item, Work } from './gather.ts'
import type { Situation } from './listener.ts'
import { settle } from './settlement.ts'
import { type Course, courseAfter, isAskedToWait, isGone, type Standing } from './standing.ts'

const SECOND_MS = 1_000

/** The situation of a listener that takes events. */
export type Tried = Situation & { readonly state: RoundRecord['before'] }

export interface Posts {
  /** In the order of their ends. */
  readonly attempts: readonly Attempt[]
  readonly standing: Standing
}

export interface Recording {
  readonly clock: Clock
  readonly random: Random
}

/** Decides what is to be stored of a round. */
export function recordOf({ clock, random }: Recording, situation: Tried, work: Work, posts: Posts): RoundRecord {
  const { attempts, standing } = posts
  const now = clock()
  const itemsFrom = (source: Item['from']) => work.items.filter(({ from }) => from === source)
  const [fresh, replayed, exceptions] = [itemsFrom('new'), itemsFrom('replay'), itemsFrom('exception')]
  const [read, again] = [settle(fresh, work.until), settle(replayed, work.replayUntil)]
  const course = courseOf(situation, posts, now, random)
  const kept = [
    ...fresh.filter(({ position }) => read.kept.includes(position)),
    ...replayed.filter(({ position }) => again.kept.includes(position)),
    ...exceptions.filter(({ fate }) => fate === 'failed')
  ].map((item) => keptOf(item, attempts, now, random))
  const { replay } = work
  return {
    position: read.position,
    attempts,
    kept,
    removed: [...replayed, ...exceptions].filter(({ fate }) => fate === 'delivered').map(({ event }) => event.id),
    hasWaiting: situation.waiting > 0 || kept.length > 0,
    replay: replay && { id: replay.id, position: again.position, isDone: again.position >= replay.untilPosition },
    standing,
    before: situation.state,
    course,
    isReleased: course.state === 'ended' || (course.retryAt !== undefined && course.retryAt > now),
    now
  }
}

/** Nothing happened that must be stored at once: the cursor is stored with the lease. */
export function isEmpty({ attempts, kept, removed, replay }: RoundRecord): boolean {
  return attempts.length === 0 && kept.length === 0 && removed.length === 0 && !replay
}

function courseOf(situation: Tried, { attempts, standing }: Posts, now: Instant, random: Random): Course {
  const decisive = attempts.find(isGone) ?? attempts.findLast(isAskedToWait) ?? attempts.at(-1)
  if (decisive) return courseAfter(standing, decisive, now, random)
  return { state: situation.state, reason: undefined, retryAt: situation.retryAt }
}

/** One that was sent gets a time for the next try, or is a dead letter; the first of the others becomes due. */
function keptOf(item: Item, attempts: readonly Attempt[], now: Instant, random: Random): Kept {
  const { event, position, lane, exception, fate } = item
  const base = { eventId: event.id, position, lane }
  if (fate !== 'failed') {
    return { ...base, failures: 0, failingSince: undefined, retryAt: undefined, deadAt: undefined }
  }
  const failures = (exception?.failures ?? 0) + 1
  const failingSince = exception?.failingSince ?? now
  const askedMs = attempts.findLast(({ eventId }) => eventId === event.id)?.retryAfterMs
  const isDead = Date.parse(now) - Date.parse(failingSince) >= GIVE_UP_MS
  const retryAt = isDead ? undefined : later(now, retryWaitMs(failures, askedMs, random) / SECOND_MS)
  return { ...base, failures, failingSince, retryAt, deadAt: isDead ? now : undefined }
}
