import type { ServerOptions } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { registerCors } from './cors.ts'
import { registerShedding } from './load-shedding.ts'
import { registerSecurityHeaders } from './security-headers.ts'

export interface HardeningSettings {
  readonly PUBLIC_URL?: string | undefined
  readonly REQUEST_TIMEOUT_MS: number
  readonly MAX_CONNECTIONS: number
  readonly MAX_EVENT_LOOP_DELAY_MS: number
  readonly CORS_ORIGINS?: readonly string[] | undefined
}

/** Limit of the request line and all headers together; more is 431. */
const HEADERS_MAX_BYTES = 16_384
const HEADERS_TIMEOUT_MAX_MS = 10_000
const CHECKS_PER_TIMEOUT = 10
const CHECK_INTERVAL_MAX_MS = 1_000
/** A response may be as long in the making as a few requests may take to arrive. */
const SILENCES = 4

/** Returns Node's own limits on requests, for the `http` option of Fastify; `requestTimeout` is a separate option. */
export function requestLimits({ REQUEST_TIMEOUT_MS }: HardeningSettings): ServerOptions {
  return {
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: Math.min(REQUEST_TIMEOUT_MS, HEADERS_TIMEOUT_MAX_MS),
    connectionsCheckingInterval: Math.min(REQUEST_TIMEOUT_MS / CHECKS_PER_TIMEOUT, CHECK_INTERVAL_MAX_MS)
  }
}

/**
 * Bounds connections, sheds load, and adds the security headers, with CORS if CORS_ORIGINS is set. Call it after the
 * hooks of request ids, whose header every refusal carries, and before any route is registered or noted.
 */
export async function registerHardening(app: FastifyInstance, config: HardeningSettings): Promise<void> {
  app.server.maxConnections = config.MAX_CONNECTIONS
  // Closes a connection on which nothing moves, as when a client never reads its response.
  app.server.timeout = SILENCES * config.REQUEST_TIMEOUT_MS
  await registerSecurityHeaders(app, config)
  if (config.CORS_ORIGINS !== undefined) await registerCors(app, config.CORS_ORIGINS)
  if (config.MAX_EVENT_LOOP_DELAY_MS > 0) await registerShedding(app, config.MAX_EVENT_LOOP_DELAY_MS)
}
