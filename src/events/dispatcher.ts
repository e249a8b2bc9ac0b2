import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import type { Database } from '../db/database.ts'
import { isOutage } from '../jobs/outage.ts'
import { rateLimited } from '../jobs/warnings.ts'
import { within } from '../pace/within.ts'
import type { Random } from './back-off.ts'
import { CONNECTIONS_PER_HOST } from './callback-client.ts'
import { linesOf, lookAround, openDesk, whenIdle } from './desk.ts'
import { type DeliveryFigures, deliveryFigures } from './figures.ts'
import { releaseLeases } from './lease.ts'
import type { DeliveryContext } from './round.ts'
import { sharedReads } from './shared-reads.ts'
import { fairSlots, slots, slotsByKey } from './slots.ts'

/** Delivers events to the listeners that this process has leased. */
export interface Dispatcher {
  /** Says why no events are delivered; undefined while they are. */
  standstill(): string | undefined
  figures(): Promise<DeliveryFigures>
  /** Begins no more posts, waits at most `limitMs` for those under way, and gives the listeners back. */
  stop(limitMs: number): Promise<void>
}

export interface DispatcherParts extends Pick<DeliveryContext, 'clock' | 'newId' | 'keys' | 'payloadOf' | 'client'> {
  readonly database: Database
  readonly random?: Random
  readonly timeoutMs?: number
}

/** Between two looks for new events. */
const LOOK_MS = 100

const POST_TIMEOUT_MS = 10_000
const POSTS_MAX = 256
const POSTS_PER_TENANT_MAX = 192
/** Connections of the pool; the others are for requests. */
const DATABASE_MAX = 2

const RANDOM_STEPS = 1_000_000
const STANDSTILL_MS = 30_000
/** Share of the time of a stop that posts under way get. */
const SHARE_OF_POSTS = 0.7

/** Delivers events until it is stopped. Several processes may do so on one database. */
export function startDispatcher(parts: DispatcherParts, logger: Pick<Logger, 'warn'>): Dispatcher {
  const warnings = rateLimited(logger)
  const giveUp = new AbortController()
  let isStopping = false
  const context = contextOf(parts, giveUp.signal, () => isStopping)
  const desk = openDesk()
  let [looking, answeredAt]: [Promise<void> | undefined, number] = [undefined, performance.now()]
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined
    })
  }, LOOK_MS).unref()
  return {
    standstill: () => {
      const ms = performance.now() - answeredAt
      return ms < STANDSTILL_MS ? undefined : `no event was looked for for ${Math.round(ms / 1_000)} s`
    },
    figures: () => deliveryFigures(context.database),
    stop: async (limitMs) => {
      const deadline = performance.now() + limitMs
      isStopping = true
      clearInterval(timer)
      await within(limitMs * SHARE_OF_POSTS, Promise.all([looking, whenIdle(desk)]))
      giveUp.abort()
      await within(deadline - performance.now(), whenIdle(desk))
      await within(deadline - performance.now(), releaseLeases(context.database, linesOf(desk)))
      await within(deadline - performance.now(), context.client.close())
    }
  }

  async function look(): Promise<void> {
    try {
      await lookAround(context, desk, warnings)
      answeredAt = performance.now()
    } catch (error) {
      warnings.warn('Looking for events failed and will be tried again', error)
      // The database is to blame, and says so itself.
      if (isOutage(error)) answeredAt = performance.now()
    }
  }
}

function contextOf(parts: DispatcherParts, signal: AbortSignal, isStopping: () => boolean): DeliveryContext {
  const { database, random = randomShare, timeoutMs = POST_TIMEOUT_MS } = parts
  const few = slots(DATABASE_MAX)
  const limited: DeliveryContext['database'] = {
    run: (statement) => few(() => database.run(statement)),
    transaction: (work) => few(() => database.transaction(work))
  }
  return {
    ...parts,
    database: limited,
    readEvents: sharedReads(limited),
    random,
    timeoutMs,
    signal,
    isStopping,
    ofHost: slotsByKey(CONNECTIONS_PER_HOST),
    ofTenant: fairSlots(POSTS_MAX, POSTS_PER_TENANT_MAX)
  }
}

function randomShare(): number {
  return randomInt(RANDOM_STEPS) / RANDOM_STEPS
}
