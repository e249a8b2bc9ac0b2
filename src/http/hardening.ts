import type { ServerOptions } from 'node:http'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Problem } from '../base/problem.ts'

/** The settings that these limits depend on, as `config.ts` reads them. */
export interface HardeningSettings {
  readonly PUBLIC_URL?: string | undefined
  readonly DATABASE_URL?: string | undefined
  readonly REQUEST_TIMEOUT_MS: number
  readonly MAX_CONNECTIONS: number
  readonly MAX_EVENT_LOOP_DELAY_MS: number
  readonly RATE_LIMIT_PER_MINUTE?: number | undefined
  readonly CORS_ORIGINS?: readonly string[] | undefined
}

/** Answers also when the process is overloaded: a restart would only add to the load. */
const LIVE_PATH = '/health/live'
const HSTS_MAX_AGE_S = 31_536_000
const PREFLIGHT_MAX_AGE_S = 3_600
const RETRY_AFTER_S = '5'

const MINUTE_MS = 60_000
/** Holds in production where RATE_LIMIT_PER_MINUTE says nothing; the embedded database of the demo has no limit. */
const DEFAULT_RATE_PER_MINUTE = 6_000
/** Principals whose requests are counted at the same time; beyond that the one not seen longest starts anew. */
const COUNTED_PRINCIPALS_MAX = 10_000
/** Counts for a request without a principal. */
const NOBODY = ''

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

/**
 * Limits the requests per minute of each key, in this process; undefined is a request that is not limited. Call it
 * after the hook that authenticates was added: it counts before a body is read, and on unknown paths as well.
 */
export async function registerRateLimit(
  app: FastifyInstance,
  config: HardeningSettings,
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

/** Helmet would put its headers together for every request, at a third of the server's time; they never change. */
async function registerSecurityHeaders(app: FastifyInstance, { PUBLIC_URL }: HardeningSettings): Promise<void> {
  const headers = await helmetHeaders(PUBLIC_URL?.startsWith('https:') ?? false)
  app.addHook('onRequest', (_, reply, done) => {
    reply.headers(headers)
    done()
  })
}

async function helmetHeaders(isHttps: boolean): Promise<Readonly<Record<string, string>>> {
  const probe = Fastify()
  await probe.register(helmet, {
    ...HELMET,
    // Not for subdomains: they may be somebody else's.
    strictTransportSecurity: isHttps && { maxAge: HSTS_MAX_AGE_S, includeSubDomains: false }
  })
  probe.get('/', async (_, reply) => reply.raw.getHeaders())
  const headers = (await probe.inject('/')).json<Record<string, string>>()
  await probe.close()
  return headers
}

/** What matters to answers of JSON; the documentation has a content security policy of its own. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }
  },
  frameguard: { action: 'deny' },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  dnsPrefetchControl: false,
  ieNoOpen: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false
} satisfies FastifyHelmetOptions

/** Answers preflights of listed origins before anything else is asked of them: a browser sends no credential along. */
async function registerCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  // The plugin's one route only says 404, to everybody.
  app.addHook('onRoute', (route) => {
    if (route.url === '*' && route.method === 'OPTIONS') route.config = { ...route.config, access: 'public' }
  })
  await app.register(cors, {
    delegator: ({ method, headers }, done) => {
      const origin = allowedOrigin(headers.origin, origins)
      const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
      done(null, { ...CORS, origin, preflight: isPreflight })
    }
  })
}

function allowedOrigin(sent: string | undefined, origins: readonly string[]): string | false {
  if (sent === undefined) return false
  if (origins.includes('*')) return '*'
  return origins.includes(sent) && sent
}

/** No `credentials`: what a browser adds by itself, such as cookies, opens nothing to other origins. */
const CORS: FastifyCorsOptions = {
  methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
  allowedHeaders: [
    'Authorization',
    'token',
    'proxy_accountNumber',
    'proxy-accountNumber',
    'Content-Type',
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'Prefer',
    'X-Request-Id'
  ],
  exposedHeaders: [
    'Accept-Patch',
    'Accept-Post',
    'Allow',
    'ETag',
    'Idempotency-Replayed',
    'Link',
    'Location',
    'Retry-After',
    'WWW-Authenticate',
    'X-RateLimit-Limit',
    'X-RateLimit-Remaining',
    'X-RateLimit-Reset',
    'X-Request-Id',
    'X-Result-Count',
    'X-Total-Count',
    'X-Total-Count-Accuracy'
  ],
  maxAge: PREFLIGHT_MAX_AGE_S
}

/** Refuses requests while the turns of the event loop take longer than this on average. */
async function registerShedding(app: FastifyInstance, maxEventLoopDelay: number): Promise<void> {
  const overloaded = new Problem('unavailable', 'The server is overloaded; try again later', {
    'Retry-After': RETRY_AFTER_S
  })
  await app.register(underPressure, {
    maxEventLoopDelay,
    pressureHandler: async ({ routeOptions }) => {
      if (routeOptions.url !== LIVE_PATH) throw overloaded
    }
  })
}
