import type { FastifyInstance } from 'fastify'
import { isStorable } from '../base/code-points.ts'
import { Problem } from '../base/problem.ts'

const NOTHING_SUCH = new Problem('notFound', 'There is nothing with this id: no id has a NUL character')

/**
 * Refuses what no database can look for, on every route, before its handler sees it. Call it after the hook that asks
 * who it is: a stranger learns nothing of paths.
 */
export function registerPathParameters(app: FastifyInstance): void {
  app.addHook('onRequest', ({ params }, _, done) => {
    const values = typeof params === 'object' && params !== null ? Object.values(params) : []
    done(values.every((value) => isStorable(String(value))) ? undefined : NOTHING_SUCH)
  })
}
