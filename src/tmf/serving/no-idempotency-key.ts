import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../base/problem.ts'

/**
 * Refuses `Idempotency-Key` on the routes below a base path, e.g. `/billing/v1`, that are registered afterwards: they
 * need none, and a key that is ignored would promise what is not kept.
 */
export function refuseIdempotencyKeys(app: FastifyInstance, base: string): void {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith(`${base}/`) || ![route.method].flat().includes('POST')) return
    route.preHandler = [route.preHandler ?? [], refuseKey].flat()
  })
}

async function refuseKey({ headers }: FastifyRequest): Promise<void> {
  if (headers['idempotency-key'] === undefined) return
  throw new Problem(
    'invalidHeader',
    'Idempotency-Key is not taken here: a payment is known by its reference, and all else can be sent again as it is'
  )
}
