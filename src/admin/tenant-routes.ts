import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { slotOf } from '../fairness/request-slot.ts'
import { rawQuery } from '../http/address.ts'
import { ADMIN } from '../messages/admin.ts'
import { QUERIES } from '../messages/query.ts'
import { weighed } from '../tmf/cost.ts'
import { parseQuery } from '../tmf/query/query.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { createTenant } from './tenant-creation.ts'
import type { Tenant } from './tenant-row.ts'
import { readTenantCreation, readTenantPatch, requireLogo } from './tenant-settings.ts'
import { changeTenant, findTenant, listTenants } from './tenants.ts'

type ItemRequest = FastifyRequest<{ Params: { id: string } }>

const DEFAULT_LIMIT = 100
const LIMIT_MAX = 1_000

/** Registers the routes of tenants: administrators see their own; an operator's see all. */
export function registerTenants(app: FastifyInstance, base: string, context: RouteContext): void {
  const config = { access: { scopes: ['admin'], supportsProxy: context.supportsProxy } }
  const { database } = context
  const url = (request: FastifyRequest) => `${context.address(request, base).url}/tenant`
  const ownId = (request: FastifyRequest) => context.requester(request).view.tenantId
  app.get(`${base}/tenant`, { config }, async (request, reply) => {
    const page = readPage(rawQuery(request))
    const { tenants, total } = await listTenants(weighed(slotOf(request), database), ownId(request), page)
    reply.header('X-Total-Count', total).header('X-Result-Count', tenants.length)
    const isPart = page.isAsked && tenants.length < total
    return reply.code(isPart ? 206 : 200).send(tenants.map((tenant) => represent(tenant, url(request))))
  })
  app.get(`${base}/tenant/:id`, { config }, async (request: ItemRequest) => {
    return represent(await findTenant(database, ownId(request), request.params.id), url(request))
  })
  app.patch(`${base}/tenant/:id`, { config }, async (request: ItemRequest) => {
    const patch = readTenantPatch(request.body)
    if (patch.branding?.logo !== undefined) await slotOf(request).become('expensive')
    await requireLogo(patch.branding)
    const { author } = context.requester(request)
    const { id } = request.params
    const tenant = await database.transaction((tx) => changeTenant(tx, { ...context, author }, id, patch))
    return represent(tenant, url(request))
  })
  app.post(`${base}/tenant`, { config: { ...config, work: 'expensive' } }, (request, reply) =>
    create(request, reply, context, url(request))
  )
}

async function create(
  request: FastifyRequest,
  reply: FastifyReply,
  context: RouteContext,
  url: string
): Promise<FastifyReply> {
  const { author } = context.requester(request)
  const own = await findTenant(context.database, author.tenantId, author.tenantId)
  if (!own.isOperator) throw ADMIN.operatorOnly()
  const posted = { ...readTenantCreation(request.body), isOperator: false }
  await requireLogo(posted.branding)
  const { tenant, ...shown } = await createTenant(context.database, { ...context, author }, posted)
  return reply
    .code(201)
    .header('Location', `${url}/${tenant.id}`)
    .send({ ...represent(tenant, url), ...shown })
}

export function represent({ id, ...others }: Tenant, url: string): object {
  return { id, href: `${url}/${id}`, ...others }
}

function readPage(raw: string): { offset: number; limit: number; isAsked: boolean } {
  const { offset, limit, fields, where, sort, after } = parseQuery(raw)
  if (fields || where || sort.length > 0 || after) throw QUERIES.onlyThese('tenant', ['offset'])
  const isAsked = offset !== undefined || limit !== undefined
  return { offset: offset ?? 0, limit: Math.min(limit ?? DEFAULT_LIMIT, LIMIT_MAX), isAsked }
}
