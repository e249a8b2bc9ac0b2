import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../base/problem.ts'

const MINUTE_MS = 60_000
/** Holds in production where RATE_LIMIT_PER_MINUTE says nothing; the embedded database of the demo has no limit. */
const DEFAULT_RATE_PER_MINUTE = 6_000
/** Principals whose requests are counted at the same time; beyond that the one not seen longest starts anew. */
const COUNTED_PRINCIPALS_MAX = 10_000
/** Counts for a request without a principal. */
const NOBODY = ''

/** The settings that the limit depends on. */
export interface RateSettings {
  readonly DATABASE_URL?: string | undefined
  readonly RATE_LIMIT_PER_MINUTE?: number | undefined
}

/**
 * Limits the requests per minute of each key, in this process; undefined is a request that is not limited. Call it
 * after the hook that authenticates was added: it counts before a body is read, and on unknown paths as well.
 */
export async function registerRateLimit(
  app: FastifyInstance,
  config: RateSettings,
  keyOf: (request: FastifyRequest) => string | undefined
): Promise<void> {
  const max = config.RATE_LIMIT_PER_MINUTE ?? (config.DATABASE_URL === undefined ? 0 : DEFAULT_RATE_PER_MINUTE)
  if (max === 0) return
  const exceeded = new Problem('tooManyRequests', `At most ${max} requests per minute are answered; try again later`)
  await app.register(rateLimit, {
    global: false,
    max,
    timeWindow: MINUTE_MS,
    cache: COUNTED_PRINCIPALS_MAX,
    keyGenerator: (request) => keyOf(request) ?? NOBODY,
    allowList: (_, key) => key === NOBODY,
    // The plugin has set the headers, Retry-After among them.
    errorResponseBuilder: () => exceeded
  })
  app.addHook('onRequest', app.rateLimit())
}
