import type { Server } from 'node:http'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import { type Clock, systemClock } from './base/clock.ts'
import type { Config } from './base/config.ts'
import { newId } from './base/ulid.ts'
import type { Database } from './db/database.ts'
import { registerDocs } from './docs.ts'
import { registerHealth } from './health.ts'
import { resources } from './resources/index.ts'
import { addressFrom } from './tmf/address.ts'
import { registerBodies } from './tmf/body.ts'
import {
  answerClientError,
  answerFrameworkError,
  collectMethods,
  refuseOtherMethods,
  registerErrors
} from './tmf/errors.ts'
import { registerRequestIds, requestId } from './tmf/request-id.ts'
import { type RouteContext, registerResource } from './tmf/routes.ts'

/** The API stands under both: the standard's path and the one with TM Forum's prefix. */
export const BASE_PATHS = ['/customerBillManagement/v4', '/tmf-api/customerBillManagement/v4'] as const

const PARAM_MAX_LENGTH = 1_000

export interface Parts {
  readonly config: Config
  readonly database: Database
  readonly logger: Logger
  readonly clock?: Clock
}

/** Puts the server together: the only place that knows every module. */
export async function buildApp({ config, database, logger, clock = systemClock }: Parts): Promise<FastifyInstance> {
  const app = Fastify<Server>({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    trustProxy: config.TRUST_PROXY,
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT_MS,
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
    http: { requireHostHeader: false },
    return503OnClosing: false,
    // The machinery reads query strings itself, undecoded.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: PARAM_MAX_LENGTH, querystringParser: () => ({}) }
  }) as unknown as FastifyInstance
  const methods = collectMethods(app)
  registerRequestIds(app)
  registerErrors(app)
  registerBodies(app)
  registerHealth(app, database)
  const context: RouteContext = {
    database,
    clock,
    newId,
    resources,
    guard: () => ({ tenantId: config.TENANT_ID }),
    address: addressFrom(config.PUBLIC_URL)
  }
  for (const base of BASE_PATHS) {
    for (const resource of resources.values()) registerResource(app, base, resource, context)
  }
  await registerDocs(app, { basePaths: BASE_PATHS, resources, publicUrl: config.PUBLIC_URL })
  refuseOtherMethods(app, methods)
  return app
}
