import { RESOURCES } from '../messages/resource.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { anyQuery, type Endpoint, endpoint, listQuery, noBody, versioned } from '../tmf/serving/endpoint.ts'
import { answerPage, type Requested } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { listSteps, readSteps, writeStep } from './list.ts'
import { promiseEndpoints } from './promise-endpoints.ts'

const READ = {
  tag: 'dunning',
  body: noBody,
  method: 'GET',
  access: { scopes: ['account:read'], supportsProxy: true }
} as const

const FILTERS = {
  'billingAccount.id': 'Any of these accounts, by id or alias, separated by commas',
  'bill.id': 'Any of these bills',
  action: 'Any of these actions'
} as const

const INSTANTS = {
  createdAt: `Done on this day (2026-01-15) or at this date-time; \`createdAt.gt\`, \`createdAt.gte\`, \`createdAt.lt\`
and \`createdAt.lte\` are the ends of a range`
} as const

function listEndpoint(apiBase: string): Endpoint {
  return endpoint({
    ...READ,
    path: '/dunningStep',
    operationId: 'listDunningStep',
    summary: 'Find steps of dunning',
    description: 'Returns what was done because bills were not paid, the oldest first.',
    query: listQuery<keyof typeof FILTERS>('dunning step', FILTERS, INSTANTS),
    replies: pagesOf(schemaRef('DunningStep')),
    handle: async (asked, context) => {
      const { values, instants } = asked.query
      const roots = rootsOf(asked, context, apiBase)
      const filter = {
        accounts: values['billingAccount.id'],
        bills: values['bill.id'],
        actions: values.action,
        instants
      }
      return answerPage(
        asked,
        context,
        'dunningStep',
        (queryable, range) => listSteps(queryable, asked.view, filter, range),
        (row) => writeStep(row, roots).json
      )
    }
  })
}

function retrieveEndpoint(apiBase: string): Endpoint {
  return endpoint({
    ...READ,
    path: '/dunningStep/{id}',
    query: anyQuery,
    operationId: 'retrieveDunningStep',
    summary: 'Read one step of dunning',
    description: 'Returns one of the steps that were done. It never changes.',
    headers: ['IfNoneMatch'],
    replies: {
      200: { description: 'The step', schema: schemaRef('DunningStep'), headers: ['ETag'] },
      304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag'] }
    },
    handle: async (asked, context) => {
      const roots = rootsOf(asked, context, apiBase)
      const [step] = await readSteps(context.database, asked.view, [String(asked.params.id)], roots)
      if (!step) throw RESOURCES.notFound('dunningStep')
      return versioned(asked.request, step.version, step.json)
    }
  })
}

function rootsOf({ request, base }: Requested, { address }: RouteContext, apiBase: string) {
  return { billing: address(request, base).url, api: address(request, apiBase).url }
}

/** Below the base path of billing; bills have their addresses below `apiBase`. */
export function dunningEndpoints(apiBase: string): readonly Endpoint[] {
  return [listEndpoint(apiBase), retrieveEndpoint(apiBase), ...promiseEndpoints(apiBase)]
}
