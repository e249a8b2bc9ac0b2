import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Metrics } from './catalogue.ts'

const MS_PER_SECOND = 1_000
const HUNDRED = 100

/** Measures every request of an app. Call it before the app is ready. */
export function observeRequests(app: FastifyInstance, { requests }: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    requests.observe(
      { method: request.method, route: routeOf(request), status_class: `${Math.trunc(reply.statusCode / HUNDRED)}xx` },
      reply.elapsedTime / MS_PER_SECOND
    )
    done()
  })
}

/** The pattern, since a path has ids; one name for all paths of no route, which anybody can make up. */
function routeOf({ is404, routeOptions }: FastifyRequest): string {
  return is404 ? 'none' : (routeOptions.url ?? 'none')
}
