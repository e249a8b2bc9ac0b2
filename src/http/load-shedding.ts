import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { SERVER } from '../messages/server.ts'

/** Responds even under overload: a restart would only add to the load. */
const LIVE_PATH = '/health/live'
const RETRY_AFTER_S = '5'

/** Refuses requests while turns of the event loop take longer than this on average. */
export async function registerShedding(app: FastifyInstance, maxEventLoopDelay: number): Promise<void> {
  const overloaded = SERVER.overloaded().with({ 'Retry-After': RETRY_AFTER_S })
  await app.register(underPressure, {
    maxEventLoopDelay,
    pressureHandler: async ({ routeOptions }) => {
      if (routeOptions.url !== LIVE_PATH) throw overloaded
    }
  })
}
