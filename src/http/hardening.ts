import type { ServerOptions } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { registerCors } from './cors.ts'
import { registerShedding } from './load-shedding.ts'
import { registerSecurityHeaders } from './security-headers.ts'

/** The settings that these limits depend on, as `config.ts` reads them. */
export interface HardeningSettings {
  readonly PUBLIC_URL?: string | undefined
  readonly REQUEST_TIMEOUT_MS: number
  readonly MAX_CONNECTIONS: number
  readonly MAX_EVENT_LOOP_DELAY_MS: number
  readonly CORS_ORIGINS?: readonly string[] | undefined
}

/** Of the request line and all headers together; beyond it is 431. Credentials of a megabyte get no further. */
const HEADERS_MAX_BYTES = 16_384
const HEADERS_TIMEOUT_MAX_MS = 10_000
/** How often Node looks for late requests: a share of the timeout, so that it holds by and large. */
const CHECKS_PER_TIMEOUT = 10
const CHECK_INTERVAL_MAX_MS = 1_000

/** Node's own limits on what arrives, for the `http` option of Fastify; `requestTimeout` is an option of its own. */
export function requestLimits({ REQUEST_TIMEOUT_MS }: HardeningSettings): ServerOptions {
  return {
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: Math.min(REQUEST_TIMEOUT_MS, HEADERS_TIMEOUT_MAX_MS),
    connectionsCheckingInterval: Math.min(REQUEST_TIMEOUT_MS / CHECKS_PER_TIMEOUT, CHECK_INTERVAL_MAX_MS)
  }
}

/**
 * Bounds the connections, adds the security headers, CORS where CORS_ORIGINS is set, and shedding of load.
 * Call it after the hooks of request ids, whose header every refusal has, and before anything that registers or notes
 * routes.
 */
export async function registerHardening(app: FastifyInstance, config: HardeningSettings): Promise<void> {
  app.server.maxConnections = config.MAX_CONNECTIONS
  await registerSecurityHeaders(app, config)
  if (config.CORS_ORIGINS !== undefined) await registerCors(app, config.CORS_ORIGINS)
  if (config.MAX_EVENT_LOOP_DELAY_MS > 0) await registerShedding(app, config.MAX_EVENT_LOOP_DELAY_MS)
}
