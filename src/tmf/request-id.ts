import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { newId } from '../base/ulid.ts'

const ACCEPTED = /^[\w.-]{1,64}$/

/** The id of a request: the caller's X-Request-Id where it is harmless to repeat, else a new one. */
export function requestId(request: IncomingMessage): string {
  const sent = request.headers['x-request-id']
  return typeof sent === 'string' && ACCEPTED.test(sent) ? sent : newId()
}

/** Puts the id on every response, and one line per request into the log: no query, which may hold personal data. */
export function registerRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const url = request.raw.url ?? ''
    const end = url.indexOf('?')
    request.log.info(
      {
        method: request.method,
        path: end < 0 ? url : url.slice(0, end),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 100) / 100
      },
      'request'
    )
  })
}
