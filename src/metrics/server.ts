import { once } from 'node:events'
import { createServer } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { startError } from '../base/start-error.ts'
import { memberOf } from '../base/unknown.ts'
import { rootOf } from '../http/own-root.ts'
import { catalogueOf } from './catalogue.ts'
import { collector, type Sources } from './collect.ts'
import { observeRequests } from './observe.ts'

export interface MetricsSettings {
  readonly host: string
  readonly port: number
}

/** Gauges of the library whose names say that they count; the label of each has the same figures. */
const NOT_BY_CONVENTION = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`)

export interface MetricsServer {
  /** Its address, from this machine. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Measures the requests of an app that is not ready yet, and serves `GET /metrics` in the text format of Prometheus on
 * a port of its own, without credentials. Throws a StartError if it cannot listen.
 */
export async function startMetrics(
  app: FastifyInstance,
  sources: Sources,
  { host, port }: MetricsSettings
): Promise<MetricsServer> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of NOT_BY_CONVENTION) registry.removeSingleMetric(name)
  const metrics = catalogueOf(registry)
  observeRequests(app, metrics)
  const collect = collector(metrics, sources)
  const server = createServer(({ method, url }, response) => {
    if (method !== 'GET' || url !== '/metrics') return void response.writeHead(404).end()
    void collect()
      .then(() => registry.metrics())
      .then((text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text))
      .catch(() => response.destroy())
  })
  server.listen(port, host)
  await once(server, 'listening').catch((error: unknown) => {
    throw startError(`Cannot listen for metrics on ${host}:${port}`, error)
  })
  return {
    url: `${rootOf(host, memberOf(server.address(), 'port'))}/metrics`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}
