import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { newId } from '../base/ulid.ts'

const ACCEPTED = /^[\w.-]{1,64}$/

/** Returns the caller's X-Request-Id if it is safe to repeat, else a new one. */
export function requestId(request: IncomingMessage): string {
  const sent = request.headers['x-request-id']
  return typeof sent === 'string' && ACCEPTED.test(sent) ? sent : newId()
}

/**
 * Puts the id on every response and logs one line per request. The line has the route's pattern, since ids in a path
 * may be phone numbers, and no query, which may hold personal data.
 */
export function registerRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id)
    done()
  })
  app.addHook('onResponse', ({ log, method, is404, routeOptions }, reply, done) => {
    const route = (is404 ? undefined : routeOptions.url) ?? 'none'
    log.info({ method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 100) / 100 }, 'request')
    done()
  })
}
