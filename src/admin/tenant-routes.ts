import { slotOf } from '../fairness/request-slot.ts'
import { type EndpointDescription, pagesOf } from '../tmf/openapi/endpoint.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { anyQuery, type Endpoint, endpoint, listQuery, noBody } from '../tmf/serving/endpoint.ts'
import { answerPage, type Requested, urlOf } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { createTenant } from './tenant-creation.ts'
import type { Tenant } from './tenant-row.ts'
import { requireChange, requireLogo, TENANT_CHANGE, TENANT_CREATION } from './tenant-settings.ts'
import { changeTenant, findTenant, listTenants } from './tenants.ts'

const TENANT = {
  tag: 'tenant',
  access: { scopes: ['admin'], supportsProxy: false },
  query: anyQuery,
  body: noBody
} as const satisfies Partial<EndpointDescription>

const ONE = schemaRef('Tenant')

const list = endpoint({
  ...TENANT,
  method: 'GET',
  path: '/tenant',
  operationId: 'listTenant',
  summary: 'Find tenants',
  description: 'Administrators see their own tenant; an operator sees all, sorted by id. Logos are left out.',
  query: listQuery('tenant', {}),
  replies: pagesOf(ONE, 'All of them, or the first page'),
  handle: async (asked, context) => {
    return answerPage(
      asked,
      context,
      'tenant',
      (queryable, range) => listTenants(queryable, asked.view.tenantId, range),
      (tenant, url) => JSON.stringify(represent(tenant, url))
    )
  }
})

const retrieve = endpoint({
  ...TENANT,
  method: 'GET',
  path: '/tenant/{id}',
  operationId: 'retrieveTenant',
  summary: 'Read one tenant',
  description: 'A tenant with all of its settings.',
  replies: { 200: { description: 'The tenant', schema: ONE } },
  handle: async (asked, context) => {
    const tenant = await findTenant(context.database, asked.view.tenantId, String(asked.params.id))
    return answerOf(asked, context, tenant)
  }
})

const patch = endpoint({
  ...TENANT,
  method: 'PATCH',
  path: '/tenant/{id}',
  operationId: 'patchTenant',
  summary: 'Change one tenant',
  description: `A merge patch of at least one setting (RFC 7396). It affects later work only: an issued bill keeps its
number and its document.`,
  body: TENANT_CHANGE,
  bodyTypes: ['application/merge-patch+json', 'application/json'],
  example: { language: 'de', branding: { colour: '#0b6b5d', contact: ['+49 40 123'] } },
  failures: [409],
  replies: { 200: { description: 'The tenant as it is now', schema: ONE } },
  handle: async (asked, context) => {
    const { request, body, author, params } = asked
    requireChange(body)
    if (body.branding?.logo !== undefined) await slotOf(request).become('expensive')
    await requireLogo(body.branding)
    const changing = { ...context, author }
    const tenant = await context.database.transaction((tx) => changeTenant(tx, changing, String(params.id), body))
    return answerOf(asked, context, tenant)
  }
})

const create = endpoint({
  ...TENANT,
  access: { ...TENANT.access, operatorOnly: true },
  method: 'POST',
  path: '/tenant',
  operationId: 'createTenant',
  summary: 'Create one tenant',
  description: `Only administrators of an operator may create tenants. The response has the first client and user of the
new tenant, with their secrets, which are shown once.`,
  body: TENANT_CREATION,
  examples: { provider: { value: { id: 'acme', name: 'Acme Telecom', timeZone: 'Europe/Berlin' } } },
  work: 'expensive',
  failures: [409],
  replies: {
    201: {
      description: 'The tenant, with its first client and user',
      schema: schemaRef('Tenant_Created'),
      headers: ['Location']
    }
  },
  handle: async (asked, context) => {
    const { author, body } = asked
    await requireLogo(body.branding)
    const created = await createTenant(context.database, { ...context, author }, { ...body, isOperator: false })
    const { tenant, ...shown } = created
    const url = urlOf(asked, context, 'tenant')
    return {
      status: 201,
      headers: { Location: `${url}/${tenant.id}` },
      json: JSON.stringify({ ...represent(tenant, url), ...shown })
    }
  }
})

export const tenantEndpoints: readonly Endpoint[] = [list, create, retrieve, patch]

function answerOf(asked: Requested, context: RouteContext, tenant: Tenant) {
  return { json: JSON.stringify(represent(tenant, urlOf(asked, context, 'tenant'))) }
}

export function represent({ id, ...others }: Tenant, url: string): object {
  return { id, href: `${url}/${id}`, ...others }
}
