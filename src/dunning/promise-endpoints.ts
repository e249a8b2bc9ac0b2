import { dayOf } from '../base/time-zone.ts'
import type { Roots } from '../billing/corrections/list.ts'
import { timeZoneOf } from '../billing/cycles/cycle.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { anyQuery, type Endpoint, endpoint, listQuery, noBody } from '../tmf/serving/endpoint.ts'
import { answerPage, type Requested } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { cancelPromise, createPromise, PROMISE_BODY } from './promise.ts'
import { listPromises, type PromiseView, readPromise, writePromise } from './promise-list.ts'

const TAG = 'dunning'
const READ = { scopes: ['account:read'], supportsProxy: true } as const
const WRITE = { scopes: ['account:write'], supportsProxy: true } as const
const PATH = 'paymentPromise'
const SCHEMA = schemaRef('PaymentPromise')

async function viewOf({ view }: Requested, { database, clock }: RouteContext): Promise<PromiseView> {
  return { ...view, today: dayOf(Date.parse(clock()), await timeZoneOf(database, view.tenantId)) }
}

const FILTERS = {
  'billingAccount.id': 'Any of these accounts, by id or alias, separated by commas',
  'bill.id': 'Any of these promised bills',
  state: 'Any of these states'
} as const

function rootsOf({ request, base }: Requested, { address }: RouteContext, apiBase: string): Roots {
  return { billing: address(request, base).url, api: address(request, apiBase).url }
}

function listEndpoint(apiBase: string): Endpoint {
  return endpoint({
    ...{ tag: TAG, body: noBody, method: 'GET', path: `/${PATH}`, access: READ },
    operationId: 'listPaymentPromise',
    summary: 'Find promises to pay',
    description: 'Returns promises to pay, the oldest first.',
    query: listQuery<keyof typeof FILTERS>('promise to pay', FILTERS),
    replies: pagesOf(SCHEMA),
    handle: async (asked, context) => {
      const { values } = asked.query
      const [view, roots] = [await viewOf(asked, context), rootsOf(asked, context, apiBase)]
      const filter = { accounts: values['billingAccount.id'], bills: values['bill.id'], states: values.state }
      return answerPage(
        asked,
        context,
        PATH,
        (queryable, range) => listPromises(queryable, view, filter, range),
        (row) => writePromise(row, view, roots).json
      )
    }
  })
}

function createEndpoint(apiBase: string): Endpoint {
  return endpoint({
    ...{ tag: TAG, query: anyQuery, method: 'POST', path: `/${PATH}`, access: WRITE },
    operationId: 'createPaymentPromise',
    summary: 'Note a promise to pay',
    description: `Pauses the dunning of a bill, or of all bills of an account, up to and with a day. If nothing is paid
by then, dunning goes on with the next step.`,
    body: PROMISE_BODY,
    example: { billingAccount: { id: 'BA-100031' }, until: '2027-01-31', description: 'Half in December' },
    replies: { 201: { description: 'The promise', schema: SCHEMA, headers: ['Location'] } },
    handle: async (asked, context) => {
      const view = await viewOf(asked, context)
      const { author, body } = asked
      const id = await context.database.transaction((tx) => createPromise(tx, { ...context, author }, view, body))
      const roots = rootsOf(asked, context, apiBase)
      const { json } = await readPromise(context.database, view, id, roots)
      return { status: 201, headers: { Location: `${roots.billing}/${PATH}/${id}` }, json }
    }
  })
}

function retrieveEndpoint(apiBase: string): Endpoint {
  return endpoint({
    ...{ tag: TAG, query: anyQuery, body: noBody, method: 'GET', path: `/${PATH}/{id}`, access: READ },
    operationId: 'retrievePaymentPromise',
    summary: 'Read one promise to pay',
    description: 'Returns one of the promises to pay, with its state as it is today.',
    replies: { 200: { description: 'The promise', schema: SCHEMA } },
    handle: async (asked, context) => {
      const view = await viewOf(asked, context)
      const { json } = await readPromise(
        context.database,
        view,
        String(asked.params.id),
        rootsOf(asked, context, apiBase)
      )
      return { json }
    }
  })
}

function cancelEndpoint(apiBase: string): Endpoint {
  return endpoint({
    ...{ tag: TAG, query: anyQuery, body: noBody, method: 'POST', path: `/${PATH}/{id}/cancel`, access: WRITE },
    operationId: 'cancelPaymentPromise',
    summary: 'Cancel a promise to pay',
    description: 'Ends the pause: dunning goes on with the next walk. A second time it does nothing.',
    replies: { 200: { description: 'The promise', schema: SCHEMA } },
    handle: async (asked, context) => {
      const [view, id, { author }] = [await viewOf(asked, context), String(asked.params.id), asked]
      await context.database.transaction((tx) => cancelPromise(tx, { ...context, author }, view, id))
      return { json: (await readPromise(context.database, view, id, rootsOf(asked, context, apiBase))).json }
    }
  })
}

/** Below the base path of billing; bills have their addresses below `apiBase`. */
export function promiseEndpoints(apiBase: string): readonly Endpoint[] {
  return [listEndpoint(apiBase), createEndpoint(apiBase), retrieveEndpoint(apiBase), cancelEndpoint(apiBase)]
}
