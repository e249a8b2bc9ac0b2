import type { SecretKeys } from '../base/secret-keys.ts'
import type { Database } from '../db/database.ts'
import type { Attempt } from './attempts.ts'
import { commitRound } from './commit.ts'
import { gather, type Item, type Work } from './gather.ts'
import { runLanes } from './lanes.ts'
import { type ListenerKey, releaseLeases } from './lease.ts'
import { type Listener, readListener, readSituation, type Situation } from './listener.ts'
import type { EventRow } from './outbox.ts'
import { isEmpty, type Posts, type Recording, recordOf, type Tried } from './round-record.ts'
import { type Sending, send } from './send.ts'
import type { ReadEvents } from './shared-reads.ts'
import {
  concurrencyAfter,
  FAILURES_MAX,
  firstConcurrency,
  isAskedToWait,
  isGone,
  type Standing,
  standingAfter
} from './standing.ts'

/** Of a process. */
export interface DeliveryContext extends Sending, Recording {
  readonly database: Pick<Database, 'run' | 'transaction'>
  readonly readEvents: ReadEvents
  readonly keys: () => SecretKeys
  readonly payloadOf: (listener: Listener, event: EventRow) => string | undefined
  readonly isStopping: () => boolean
}

/** A leased listener, as its process knows it. */
export interface Line extends ListenerKey {
  readonly owner: string
  /** Up to where events were read. */
  position: number
  /** Up to where there are events to read. */
  target: number
  limit: number
  isFailing: boolean
  /** A post of the last round took long. */
  isSlow: boolean
  concurrency?: number
  listener?: Listener
}

/** `more`: there may be more to do at once. `released`: the listener is no longer this process's. */
export type RoundEnd = 'more' | 'idle' | 'released'

/** Events read at once. */
const LIMIT_MAX = 500
export const FIRST_LIMIT = 50
/** Characters of payloads of a round; it reads fewer events at once if they are longer. */
const LENGTH_MAX = 4_194_304
/** After this time a round takes up no further event: its results are stored soon. */
const ROUND_MS = 2_000
/** A receiver that takes as long for a post, with the wait for its turn, is slow. */
const SLOW_MS = 1_000

/** Delivers some events to a listener and stores the results. */
export async function deliverRound(context: DeliveryContext, line: Line): Promise<RoundEnd> {
  const { database, readEvents, clock } = context
  const situation = await readSituation(database, line, line.owner)
  if (!situation) return 'released'
  const { state, retryAt } = situation
  const now = clock()
  if ((state !== 'active' && state !== 'suspended') || (retryAt !== undefined && retryAt > now)) {
    await releaseLeases(database, [line])
    return 'released'
  }
  const listener = await presentListener(context, line, situation)
  line.position = Math.max(line.position, situation.position)
  const { position: readUpTo, target, limit } = line
  const payloadOf = (event: EventRow) => context.payloadOf(listener, event)
  const work = await gather({ database, readEvents, now, payloadOf, target, limit }, listener, {
    ...situation,
    readUpTo
  })
  line.limit = nextLimit(limit, work.items)
  const posts = await post(context, line, listener, { ...situation, state }, work.items)
  const record = recordOf(context, { ...situation, state }, work, posts)
  if (isEmpty(record)) {
    line.position = record.position
    return isUnfinished(work) ? 'more' : 'idle'
  }
  if (!(await commitRound(context, line, line.owner, record))) return 'released'
  line.position = record.position
  if (record.isReleased) return 'released'
  return isUnfinished(work) ? 'more' : 'idle'
}

async function presentListener(
  { database, keys }: DeliveryContext,
  line: Line,
  { version }: Situation
): Promise<Listener> {
  if (line.listener?.version === version) return line.listener
  line.listener = await readListener(database, line, keys())
  return line.listener
}

/** Something is left that can be done at once. */
function isUnfinished({ isPart, items }: Work): boolean {
  return isPart || items.some(({ fate, from }) => fate === 'unsent' || (from === 'exception' && fate === 'delivered'))
}

function nextLimit(limit: number, items: readonly Item[]): number {
  const length = items.reduce((sum, { payload = '' }) => sum + payload.length, 0)
  if (length > LENGTH_MAX) return Math.max(Math.floor(limit / 2), 1)
  return length < LENGTH_MAX / 2 ? Math.min(limit * 2, LIMIT_MAX) : limit
}

/** Posts what may be sent and notes the fates. A suspended listener gets one post. */
async function post(
  context: DeliveryContext,
  line: Line,
  listener: Listener,
  situation: Tried,
  items: readonly Item[]
): Promise<Posts> {
  const isProbe = situation.state === 'suspended'
  const deadline = performance.now() + ROUND_MS
  const attempts: Attempt[] = []
  let [standing, isOver, hasProbed, longestMs]: [Standing, boolean, boolean, number] = [situation, false, false, 0]
  let concurrency = line.concurrency ?? firstConcurrency(situation)
  const unsent = items.filter(({ fate }) => fate === 'unsent')
  // Asked again after the wait for a turn. Not so the deadline: who always waits that long would never post.
  const maySend = () => !isOver && !context.isStopping()
  await runLanes(unsent, {
    limit: () => concurrency,
    mayBegin: () => !hasProbed && maySend() && performance.now() < deadline,
    work: async (item) => {
      hasProbed = isProbe
      const begunAt = performance.now()
      const attempt = await send(context, listener, item.event, item.payload ?? '', maySend)
      longestMs = Math.max(longestMs, performance.now() - begunAt)
      if (!attempt || attempt.fault === 'aborted') return false
      attempts.push(attempt)
      const posted = { isRepeated: (item.exception?.failures ?? 0) > 0, isProbe }
      standing = standingAfter(standing, attempt, posted, attempt.attemptedAt)
      concurrency = concurrencyAfter(concurrency, attempt)
      if (!attempt.fault) item.fate = 'delivered'
      else if (!isGone(attempt)) item.fate = 'failed'
      isOver ||= isGone(attempt) || isAskedToWait(attempt) || standing.failures >= FAILURES_MAX
      return !attempt.fault
    }
  })
  line.concurrency = concurrency
  line.isFailing = standing.failures > 0
  if (unsent.length > 0) line.isSlow = longestMs >= SLOW_MS
  const failed = new Set(items.filter(({ fate }) => fate === 'failed').map(({ lane }) => lane))
  for (const item of unsent) if (item.fate === 'unsent' && failed.has(item.lane)) item.fate = 'held'
  return { attempts, standing }
}
