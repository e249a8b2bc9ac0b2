import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

const PREFLIGHT_MAX_AGE_S = 3_600

/** Responds to preflights of listed origins first, since browsers send no credential with them. */
export async function registerCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  // The plugin's one route only returns 404.
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

/** No `credentials`: cookies and the like open nothing to other origins. */
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
    'Preference-Applied',
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
