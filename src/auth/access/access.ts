import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Database } from '../../db/database.ts'
import { boolean, rowOf, text } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import { ACCESS } from '../../messages/access.ts'
import { ADMIN } from '../../messages/admin.ts'
import { aboutName, Problem } from '../../messages/problem.ts'
import type { PartnerOf, Principal } from './principal.ts'
import { covers, isScope } from './scopes.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes. */
    principal: Principal | null
  }
  interface FastifyInstance {
    /**
     * Checks a request again whose response goes on for long. Throws a Problem once its credential has expired, is
     * revoked or lacks a scope.
     */
    requireAdmittedStill(request: FastifyRequest): Promise<void>
  }
}

/** By default, proxies such as nginx drop names with an underscore. */
const PROXY_HEADERS = ['proxy_accountNumber', 'proxy-accountNumber'] as const
const CACHING = 'private, no-cache'
const REALM = 'Bearer realm="tmf678"'

/**
 * Authenticates requests before their body is read and enforces each route's declared `access` (RFC 6750, section 3).
 * `admit` may throw a Problem for a known principal. A route without `access` keeps the app from starting.
 */
export function registerAccess(
  app: FastifyInstance,
  database: Database,
  authenticate: (request: FastifyRequest) => Promise<Principal>,
  admit: (request: FastifyRequest, principal: Principal) => void
): void {
  requireDeclarations(app)
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return
    const { access } = request.routeOptions.config
    if (access === 'public') return
    // A cache may know Authorization, but not that the header `token` tells clients apart.
    reply.header('Cache-Control', CACHING)
    const principal = await authenticate(request).catch((error: unknown) => {
      throw challenged(error)
    })
    // A route without `access` is closed.
    requireScope(principal, access?.scopes ?? [])
    admit(request, principal)
    request.principal = principal
    request.principal = await actingAs(database, request, principal, access?.supportsProxy ?? false)
    if (access?.operatorOnly) await requireOperator(database, principal.tenantId)
  })
  app.decorate('requireAdmittedStill', async (request) => {
    const { access } = request.routeOptions.config
    const principal = await authenticate(request)
    const { scopes = [], supportsProxy = false } = access === 'public' ? {} : (access ?? {})
    requireScope(principal, scopes)
    const { partner } = await actingAs(database, request, principal, supportsProxy)
    if (partner?.id !== request.principal?.partner?.id) throw ACCESS.grantTakenBack()
  })
}

export function principalOf({ principal }: FastifyRequest): Principal {
  if (principal) return principal
  throw new Error('a public route asks for its principal')
}

function requireDeclarations(app: FastifyInstance): void {
  const declared: { readonly url: string; readonly scopes: () => readonly string[] | undefined }[] = []
  app.addHook('onRoute', (route) => {
    // Hooks of plugins may still declare `access`.
    const scopes = () => {
      const access = route.config?.access
      return access === 'public' ? [] : access?.scopes
    }
    declared.push({ url: route.url, scopes })
  })
  app.addHook('onReady', async () => {
    for (const { url, scopes } of declared) {
      const wrong = scopes()?.find((scope) => !isScope(scope))
      if (scopes() === undefined) throw new Error(`the route ${url} does not declare its access`)
      if (wrong !== undefined) throw new Error(`the route ${url} declares the unknown scope ${wrong}`)
    }
  })
}

/** Adds the challenge of a 401; without credentials it names no error (RFC 6750, section 3.1). */
function challenged(error: unknown): unknown {
  if (!(error instanceof Problem) || error.status !== 401) return error
  const detail =
    error.kind === 'missingCredentials' ? '' : `, error="invalid_token", error_description="${error.message}"`
  return error.with({ 'WWW-Authenticate': REALM + detail })
}

function requireScope({ scopes }: Principal, wanted: readonly string[]): void {
  if (wanted.some((scope) => isScope(scope) && covers(scopes, scope))) return
  throw ACCESS.scope(wanted.join(' or ')).with({
    'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${wanted.join(' ')}"`
  })
}

const OPERATOR = rowOf('tenant', { isOperator: boolean })

async function requireOperator(database: Database, tenantId: string): Promise<void> {
  const { rows } = await database.run(sql`SELECT ${OPERATOR.columns} FROM "tenant" WHERE "id" = ${tenantId}`)
  const [tenant] = rows.map(OPERATOR.read)
  if (!tenant?.isOperator) throw ADMIN.operatorOnly()
}

async function actingAs(
  database: Database,
  request: FastifyRequest,
  principal: Principal,
  supportsProxy: boolean
): Promise<Principal> {
  const accountNumber = proxiedAccount(request)
  if (principal.partner && !supportsProxy) throw ACCESS.providerOnly()
  if (accountNumber === undefined) return principal
  if (!supportsProxy) throw ACCESS.noProxy()
  return asPartner(database, principal, accountNumber, PROXY_HEADERS[0])
}

/** Lets an admitted request act as the partner that one of its parameters names. A partner may name itself. */
export async function actAs(
  database: Database,
  request: FastifyRequest,
  accountNumber: string,
  parameter: string
): Promise<void> {
  const principal = principalOf(request)
  if (principal.partner?.accountNumber === accountNumber) return
  request.principal = await asPartner(database, principal, accountNumber, parameter)
}

/** `parameter` is the name of what names the partner. */
async function asPartner(
  database: Database,
  principal: Principal,
  accountNumber: string,
  parameter: string
): Promise<Principal> {
  if (principal.partner) throw ACCESS.proxyOfPartner(parameter)
  if (!covers(principal.scopes, 'partner')) {
    throw ACCESS.proxyScope(parameter).with({
      'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="partner"`
    })
  }
  const partner = await partnerNumbered(database, principal.tenantId, accountNumber)
  if (!partner) throw aboutName(ACCESS.unknownPartner(parameter))
  return { ...principal, partner, isProxy: true }
}

function proxiedAccount({ headers }: FastifyRequest): string | undefined {
  const [one, other] = PROXY_HEADERS.map((name) => headers[name.toLowerCase()]?.toString())
  if (one !== undefined && other !== undefined && one !== other) throw ACCESS.twoProxies()
  return one ?? other
}

const PARTNER = rowOf('partner', { id: text, accountNumber: text })

export async function partnerNumbered(
  database: Database,
  tenantId: string,
  accountNumber: string
): Promise<PartnerOf | undefined> {
  const numbered = prepared`SELECT ${PARTNER.columns} FROM "partner"
    WHERE "tenant_id" = ${tenantId} AND "account_number" = ${accountNumber}`
  const { rows } = await database.run(numbered)
  return rows.map(PARTNER.read)[0]
}
