import type { ServerOptions } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { registerCors } from './cors.ts'
import { registerShedding } from './load-shedding.ts'
import { registerSecurityHeaders } from './security-headers.ts'

export interface HardeningSettings {
  readonly PUBLIC_URL?: string | undefined
  readonly REQUEST_TIMEOUT_MS: number
  readonly QUEUE_TIMEOUT_MS: number
  readonly DATABASE_STATEMENT_TIMEOUT_MS: number
  readonly MAX_CONNECTIONS: number
  readonly MAX_EVENT_LOOP_DELAY_MS: number
  readonly CORS_ORIGINS?: readonly string[] | undefined
}

/** Limit of the request line and all headers together; more is 431. */
const HEADERS_MAX_BYTES = 16_384
const HEADERS_TIMEOUT_MAX_MS = 10_000
const CHECKS_PER_TIMEOUT = 10
const CHECK_INTERVAL_MAX_MS = 1_000
const SILENCES = 4

/** Returns Node's own limits on requests, for the `http` option of Fastify; `requestTimeout` is a separate option. */
export function requestLimits({ REQUEST_TIMEOUT_MS }: Pick<HardeningSettings, 'REQUEST_TIMEOUT_MS'>): ServerOptions {
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
  app.server.timeout = silenceMs(config)
  await registerSecurityHeaders(app, config)
  if (config.CORS_ORIGINS !== undefined) await registerCors(app, config.CORS_ORIGINS)
  if (config.MAX_EVENT_LOOP_DELAY_MS > 0) await registerShedding(app, config.MAX_EVENT_LOOP_DELAY_MS)
}

/** Limits silence, as of a client that never reads its response, but not the time a response takes in the making. */
function silenceMs({ REQUEST_TIMEOUT_MS, QUEUE_TIMEOUT_MS, DATABASE_STATEMENT_TIMEOUT_MS }: HardeningSettings): number {
  return Math.max(SILENCES * REQUEST_TIMEOUT_MS, QUEUE_TIMEOUT_MS + SILENCES * DATABASE_STATEMENT_TIMEOUT_MS)
}
