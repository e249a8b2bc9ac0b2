import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HTTP } from '../../messages/http.ts'

/**
 * Refuses `Idempotency-Key` on a path and those below it, e.g. `/billing/v1`, registered afterwards. They need no key,
 * and ignoring one would break its promise.
 */
export function refuseIdempotencyKeys(app: FastifyInstance, base: string): void {
  app.addHook('onRoute', (route) => {
    if (!`${route.url}/`.startsWith(`${base}/`) || ![route.method].flat().includes('POST')) return
    route.preHandler = [route.preHandler ?? [], refuseKey].flat()
  })
}

async function refuseKey({ headers }: FastifyRequest): Promise<void> {
  if (headers['idempotency-key'] === undefined) return
  throw HTTP.noIdempotencyKey()
}
