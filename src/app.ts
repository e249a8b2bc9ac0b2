import type { Server } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from 'pino'
import { resolveAccounts } from './accounts/lookup.ts'
import { registerAdmin } from './admin/routes.ts'
import { principalOf, registerAccess } from './auth/access/access.ts'
import { authenticator } from './auth/access/authenticate.ts'
import { keyRing } from './auth/keys/signing-keys.ts'
import { registerAuthorize } from './auth/oauth/authorize.ts'
import type { OauthContext } from './auth/oauth/request.ts'
import { registerOauth } from './auth/oauth/routes.ts'
import { registerWellKnown } from './auth/oauth/well-known.ts'
import { registerRefusals } from './auth/refused-names.ts'
import { ssoSettings } from './auth/sso/settings.ts'
import { ownRoot } from './banner.ts'
import type { Clock } from './base/clock.ts'
import type { SecretKeys } from './base/secret-keys.ts'
import { catalogue } from './billing/catalogue.ts'
import { type Config, callbackNetworks } from './config.ts'
import type { Database } from './db/database.ts'
import { registerDocs } from './docs.ts'
import {
  ADMIN_BASE,
  apiEndpoints,
  apiResources,
  BASE_PATHS,
  BILLING_BASE,
  billingEndpoints,
  FIELD_BASE,
  fieldEndpoints,
  fileEndpoints,
  HEALTH_BASE,
  KEYLESS_PATHS
} from './endpoints.ts'
import { limitsFor } from './fairness/limits.ts'
import { type FairnessOptions, type Owner, registerFairness } from './fairness/request-slot.ts'
import { healthEndpoints } from './health.ts'
import { addressFrom } from './http/address.ts'
import { registerBodies } from './http/body.ts'
import { registerBodyMemory } from './http/body-memory.ts'
import { answerClientError } from './http/client-error.ts'
import { answerFrameworkError, collectMethods, refuseOtherMethods, registerErrors } from './http/errors.ts'
import { warnOfUntrustedProxy } from './http/forwarded.ts'
import { registerHardening, requestLimits } from './http/hardening.ts'
import { isLines } from './http/lines.ts'
import { registerLongAnswers } from './http/long-answers.ts'
import { registerPathParameters } from './http/path-parameters.ts'
import { registerRateLimit } from './http/rate-limit.ts'
import { registerRequestIds, requestId } from './http/request-id.ts'
import type { CustomerSettings } from './partner-api/customers.ts'
import { registerPartnerApi } from './partner-api/routes.ts'
import { registerPortal } from './portal/routes.ts'
import { refuseIdempotencyKeys } from './tmf/serving/no-idempotency-key.ts'
import { type Requester, type RouteContext, registerResource } from './tmf/serving/routes.ts'
import { takeFiles } from './upload/file/body.ts'

/** References to billing accounts may name rows of this service or of other systems. */
const resolvers = new Map([['BillingAccountRef', resolveAccounts]])
const SERVED = { resources: catalogue, resolvers, supportsProxy: true }

const PARAM_MAX_LENGTH = 1_000
const PROBES = /^\/(health|docs|openapi)/

export interface Parts {
  readonly config: Config
  readonly database: Database
  readonly logger: Logger
  readonly clock?: Clock
  readonly secrets: () => SecretKeys
  /** Throws a Problem while the database is not ready for requests. */
  readonly requireReady?: () => Promise<void>
  readonly standstill?: () => string | undefined
}

export async function buildApp(parts: Parts): Promise<FastifyInstance> {
  const { config, database, clock = database.clock } = parts
  const app = newServer(parts)
  registerRequestIds(app)
  registerErrors(app)
  await registerHardening(app, config)
  const methods = collectMethods(app)
  registerBodies(app)
  registerReadiness(app, parts)
  const ring = keyRing(database, clock, parts.secrets())
  const issuer = config.PUBLIC_URL
  const admit = registerRefusals(app, { database, clock, authorOf: (request) => requester(request).author })
  registerAccess(app, database, authenticator({ database, clock, ring, issuer }), admit)
  await registerBounds(app, config)
  const address = addressFrom(issuer)
  const oauth: OauthContext = {
    database,
    clock,
    ring,
    issuer,
    issuerOf: (request) => address(request, '').url,
    takesQueryCredentials: config.OAUTH_QUERY_CREDENTIALS
  }
  await registerOauth(app, oauth)
  registerWellKnown(app, oauth)
  await registerAuthorize(app, oauth)
  const sso = ssoSettings(config)
  if (sso) {
    // Only then loads the libraries of a client.
    const { registerSso } = await import('./auth/sso/sso.ts')
    await registerSso(app, oauth, sso)
  }
  const takesWeakTags = config.IF_MATCH_WEAK
  const context: RouteContext = { ...SERVED, database, clock, newId: database.newId, requester, address, takesWeakTags }
  registerApi(app, parts, context)
  registerHealth(app, parts, context)
  const customers = customerSettings(app, parts)
  await registerAdmin(app, ADMIN_BASE, context, customers)
  await registerBilling(app, context, config.UPLOAD_LIMIT_BYTES)
  await registerPartnerApi(app, context, customers)
  await registerPortal(app, { ...customers, ...context, publicUrl: issuer })
  await registerDocs(app, config.PUBLIC_URL)
  refuseOtherMethods(app, methods)
  return app
}

/** Builds the app of a process that serves nothing but its probes. */
export async function buildProbes(parts: Parts): Promise<FastifyInstance> {
  const { config, database, clock = database.clock } = parts
  const app = newServer(parts)
  registerRequestIds(app)
  registerErrors(app)
  await registerHardening(app, config)
  const methods = collectMethods(app)
  const context = { ...SERVED, database, clock, newId: database.newId, requester, takesWeakTags: config.IF_MATCH_WEAK }
  registerHealth(app, parts, { ...context, address: addressFrom(config.PUBLIC_URL) })
  refuseOtherMethods(app, methods)
  return app
}

function registerHealth(app: FastifyInstance, { standstill }: Parts, context: RouteContext): void {
  for (const { register } of healthEndpoints(standstill ?? (() => undefined))) register(app, HEALTH_BASE, context)
}

function registerApi(app: FastifyInstance, { config, secrets }: Parts, context: RouteContext): void {
  const hub = { secrets, networks: callbackNetworks(config), retentionDays: config.EVENT_RETENTION_DAYS }
  for (const base of BASE_PATHS) {
    refuseIdempotencyKeys(app, `${base}/hub/:id`)
    for (const resource of apiResources(hub).values()) registerResource(app, base, resource, context)
    for (const { register } of apiEndpoints(hub)) register(app, base, context)
  }
}

function customerSettings(app: FastifyInstance, { config, secrets }: Parts): CustomerSettings {
  const limits = {
    network: config.CUSTOMER_REQUESTS_PER_NETWORK,
    address: config.CUSTOMER_REQUESTS_PER_ADDRESS,
    partner: config.CUSTOMER_REQUESTS_PER_PARTNER
  }
  const root = () => config.PUBLIC_URL ?? ownRoot(app, config)
  return { secrets, root, limits, captchaUrl: config.CAPTCHA_VERIFY_URL }
}

async function registerBilling(app: FastifyInstance, context: RouteContext, limitBytes: number): Promise<void> {
  for (const path of KEYLESS_PATHS) refuseIdempotencyKeys(app, path)
  for (const { register } of billingEndpoints) register(app, BILLING_BASE, context)
  await app.register(async (files) => {
    takeFiles(files, limitBytes)
    for (const { register } of fileEndpoints) register(files, BILLING_BASE, context)
  })
  for (const { register } of fieldEndpoints) register(app, FIELD_BASE, context)
}

async function registerBounds(app: FastifyInstance, config: Config): Promise<void> {
  registerLongAnswers(app)
  await registerRateLimit(app, config, principalKey)
  registerPathParameters(app)
  warnOfUntrustedProxy(app)
  registerBodyMemory(app, { max: config.BODIES_LIMIT_BYTES, largest: config.BODY_LIMIT_BYTES }, principalKey)
  registerFairness(app, fairness(config))
}

function newServer({ config, logger }: Parts): FastifyInstance {
  return Fastify<Server>({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    trustProxy: config.TRUST_PROXY,
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT_MS,
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
    http: { requireHostHeader: false, ...requestLimits(config) },
    return503OnClosing: false,
    // The server reads query strings undecoded.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: PARAM_MAX_LENGTH, querystringParser: () => ({}) }
  }) as unknown as FastifyInstance
}

/** Refuses requests until the database is migrated, except probes and the documentation. */
function registerReadiness(app: FastifyInstance, { requireReady = async () => undefined }: Parts): void {
  app.addHook('onRequest', async ({ is404, routeOptions }) => {
    if (!is404 && !PROBES.test(routeOptions.url ?? '')) await requireReady()
  })
}

/** Counts requests and bodies by sender; public routes are not counted. */
function principalKey(request: FastifyRequest): string | undefined {
  const owner = ownerOf(request)
  return owner && `${owner.tenant}/${owner.principal}`
}

function ownerOf({ principal, customer }: FastifyRequest): Owner | undefined {
  if (customer) return { tenant: customer.tenantId, principal: `customer/${customer.customerId}` }
  return principal
    ? { tenant: principal.tenantId, principal: `${principal.actor.type}/${principal.actor.id}` }
    : undefined
}

function fairness(config: Config): FairnessOptions {
  return {
    limits: limitsFor(config.DATABASE_POOL_SIZE),
    queueTimeoutMs: config.QUEUE_TIMEOUT_MS,
    expensiveSecondsPerMinute: config.EXPENSIVE_SECONDS_PER_MINUTE,
    answerTimeoutMs: config.REQUEST_TIMEOUT_MS,
    ownerOf,
    classOf: ({ body }) => (isLines(body) ? 'transfer' : undefined)
  }
}

function requester(request: FastifyRequest): Requester {
  const { tenantId, actor, partner, isProxy } = principalOf(request)
  const onBehalfOf = isProxy ? partner?.accountNumber : undefined
  return {
    view: { tenantId, partnerId: partner?.id },
    author: { tenantId, actor, onBehalfOf, address: request.ip, requestId: request.id }
  }
}
