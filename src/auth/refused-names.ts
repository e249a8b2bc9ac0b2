import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Author, recordChange } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import { setNewest } from '../base/newest.ts'
import type { Database } from '../db/database.ts'
import { ACCESS } from '../messages/access.ts'
import { isAboutName } from '../messages/problem.ts'
import type { Principal } from './access/principal.ts'
import { countRefusal } from './sign-in/attempts.ts'

export interface Refusals {
  readonly database: Database
  readonly clock: Clock
  readonly authorOf: (request: FastifyRequest) => Author
}

/** Limit of waiting principals kept; beyond it, the oldest may try again. */
const WAITING_MAX = 10_000

/**
 * Slows down guessing of names. Each refusal because of a name leaves a row in the audit; too many on a route make the
 * principal wait there, longer each time. Returns a function that throws `tooManyRequests` during the wait. Processes
 * count together; another one's count takes effect at the next refusal.
 */
export function registerRefusals(
  app: FastifyInstance,
  { database, clock, authorOf }: Refusals
): (request: FastifyRequest, principal: Principal) => void {
  const waiting = new Map<string, number>()
  app.addHook('onError', async (request, _, error) => {
    const { principal } = request
    if (!principal || !isAboutName(error)) return
    await keep(request, principal, error).catch((failure: unknown) => {
      request.log.error({ err: failure }, 'a refusal was not recorded')
    })
  })
  return (request, principal) => {
    if (waiting.size === 0) return
    const seconds = Math.ceil(((waiting.get(keyOf(request, principal)) ?? 0) - Date.parse(clock())) / 1_000)
    if (seconds <= 0) return
    throw ACCESS.tooManyRefused().with({ 'Retry-After': String(seconds) })
  }

  async function keep(request: FastifyRequest, principal: Principal, { message }: Error): Promise<void> {
    const now = clock()
    const key = keyOf(request, principal)
    const after = { reason: message }
    const change = { action: 'refuse', resourceType: 'Request', resourceId: request.id, after } as const
    const until = await database.transaction(async (tx) => {
      await recordChange(tx, { author: authorOf(request), newId: database.newId }, change, now)
      return countRefusal(tx, clock, key)
    })
    if (until <= now) waiting.delete(key)
    else setNewest(waiting, key, Date.parse(until), WAITING_MAX)
  }
}

function keyOf({ method, routeOptions }: FastifyRequest, { tenantId, actor }: Principal): string {
  const path = routeOptions.url?.split('/').filter((segment) => !segment.startsWith(':'))
  return JSON.stringify([tenantId, actor.type, actor.id, method, path?.slice(-1)])
}
