import type { FastifyInstance } from 'fastify'
import { isStorable } from '../base/code-points.ts'
import { HTTP } from '../messages/http.ts'

const NOTHING_SUCH = HTTP.nulInPath()

/**
 * Refuses paths that no database can look up, on every route. Call it after authentication, so that strangers learn
 * nothing of paths.
 */
export function registerPathParameters(app: FastifyInstance): void {
  app.addHook('onRequest', ({ params }, _, done) => {
    const values = typeof params === 'object' && params !== null ? Object.values(params) : []
    done(values.every((value) => isStorable(String(value))) ? undefined : NOTHING_SUCH)
  })
}
