import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HTTP } from '../messages/http.ts'

const MINUTE_MS = 60_000
/** Default in production; the embedded database of the demo has no limit. */
const DEFAULT_RATE_PER_MINUTE = 6_000
/** Principals counted at the same time; beyond it, the least recent starts anew. */
const COUNTED_PRINCIPALS_MAX = 10_000
const NOBODY = ''

export interface RateSettings {
  readonly DATABASE_URL?: string | undefined
  readonly RATE_LIMIT_PER_MINUTE?: number | undefined
}

/**
 * Limits the requests per minute of each key in this process; an undefined key is not limited. Call it after the
 * authentication hook: it counts before a body is read, and on unknown paths.
 */
export async function registerRateLimit(
  app: FastifyInstance,
  config: RateSettings,
  keyOf: (request: FastifyRequest) => string | undefined
): Promise<void> {
  const max = config.RATE_LIMIT_PER_MINUTE ?? (config.DATABASE_URL === undefined ? 0 : DEFAULT_RATE_PER_MINUTE)
  if (max === 0) return
  const exceeded = HTTP.rateLimit(max)
  await app.register(rateLimit, {
    global: false,
    max,
    timeWindow: MINUTE_MS,
    cache: COUNTED_PRINCIPALS_MAX,
    keyGenerator: (request) => keyOf(request) ?? NOBODY,
    allowList: (_, key) => key === NOBODY,
    // The plugin has set the headers, Retry-After included.
    errorResponseBuilder: () => exceeded
  })
  app.addHook('onRequest', app.rateLimit())
}
