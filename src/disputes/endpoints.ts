import type { z } from 'zod'
import { DISPUTE_STATES, listDisputes, OPENERS, readDispute, writeDispute } from '../billing/disputes/list.ts'
import type { Transaction } from '../db/database.ts'
import { entityTag } from '../http/conditional.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { type Json, schemaRef } from '../tmf/openapi/schemas.ts'
import { type Asked, anyQuery, type Endpoint, endpoint, listQuery, noBody, versioned } from '../tmf/serving/endpoint.ts'
import { answerPage, type Requested } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import type { View } from '../tmf/view.ts'
import { cancelDispute, rejectDispute, resolveDispute, startDispute } from './end.ts'
import { openDispute } from './open.ts'
import { DISPUTE_BODY, REJECTION_BODY, RESOLUTION_BODY, readDisputed, readResolution } from './wanted.ts'

const TAG = 'dispute'
const PATH = '/dispute'
const SCHEMA = schemaRef('Dispute')
const READ = { scopes: ['bill:read'], supportsProxy: true } as const
/** Of the provider; a partner opens disputes, and cancels those that it opened. */
const DECIDE = { scopes: ['bill:write'], supportsProxy: false } as const
const WRITE = { scopes: ['bill:write'], supportsProxy: true } as const
const COMMON = { tag: TAG, query: anyQuery } as const

/** Below the base path of billing; bills have their addresses below `apiBase`. */
export function disputeEndpoints(apiBase: string): readonly Endpoint[] {
  return [list(apiBase), open(apiBase), retrieve(apiBase), ...ends(apiBase)]
}

function open(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
    method: 'POST',
    path: PATH,
    operationId: 'createDispute',
    summary: 'Dispute a bill',
    description: `Disputes what remains of an issued bill: all of it, an amount, or lines with their tax. What is
disputed is not due until the dispute ends. A partner disputes the bills of its own accounts. The same reference with
the same content means the earlier one.`,
    access: WRITE,
    body: DISPUTE_BODY,
    example: {
      bill: { id: '01M7ADBH80B4TPYHKCZWMBD85V' },
      ...{ reason: 'unknownCharge', description: 'I was not abroad in May' },
      amount: { unit: 'EUR', value: 10 }
    },
    failures: [409],
    replies: {
      200: { description: 'The earlier dispute', schema: SCHEMA, headers: ['ETag'] },
      201: { description: 'The dispute', schema: SCHEMA, headers: ['ETag', 'Location'] }
    },
    handle: async (asked, context) => {
      const { author, body, view } = asked
      const wanted = readDisputed(body, view.partnerId === undefined ? 'provider' : 'partner')
      const { id, isNew } = await context.database.transaction((tx) =>
        openDispute(tx, { ...context, author }, view, wanted)
      )
      const { headers, json } = await answer(asked, context, id, apiBase)
      const location = isNew && { Location: `${rootsOf(asked, context, apiBase).billing}${PATH}/${id}` }
      return { status: isNew ? 201 : 200, headers: { ...headers, ...location }, json }
    }
  })
}

function retrieve(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
    body: noBody,
    method: 'GET',
    path: `${PATH}/{id}`,
    operationId: 'retrieveDispute',
    summary: 'Read one dispute',
    description: 'Returns one of the disputes.',
    access: READ,
    headers: ['IfNoneMatch'],
    replies: {
      200: { description: 'The dispute', schema: SCHEMA, headers: ['ETag'] },
      304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag'] }
    },
    handle: async (asked, context) => {
      const roots = rootsOf(asked, context, apiBase)
      const found = await readDispute(context.database, asked.view, String(asked.params.id), roots)
      return versioned(asked.request, found.version, found.json)
    }
  })
}

const FILTERS = {
  state: `Any of these states: ${DISPUTE_STATES.join(', ')}`,
  'bill.id': 'Any of these bills',
  'billingAccount.id': 'Any of these accounts, by id or alias, separated by commas',
  reason: 'Any of these reasons',
  openedBy: `Opened by any of these: ${OPENERS.join(', ')}`,
  reference: 'Any of these references'
} as const
const INSTANTS = {
  createdAt: `Opened on this day (2026-01-15) or at this date-time; \`createdAt.gt\`, \`createdAt.gte\`,
\`createdAt.lt\` and \`createdAt.lte\` are the ends of a range`
} as const

function list(apiBase: string): Endpoint {
  return endpoint({
    tag: TAG,
    body: noBody,
    method: 'GET',
    path: PATH,
    operationId: 'listDispute',
    summary: 'Find disputes',
    description: 'Returns disputes, the oldest first.',
    access: READ,
    query: listQuery('dispute', FILTERS, INSTANTS),
    replies: pagesOf(SCHEMA),
    handle: async (asked, context) => {
      const { values, instants } = asked.query
      const roots = rootsOf(asked, context, apiBase)
      const filter = {
        ...{ states: values.state, bills: values['bill.id'], accounts: values['billingAccount.id'] },
        ...{ reasons: values.reason, openers: values.openedBy, references: values.reference, instants }
      }
      return answerPage(
        asked,
        context,
        TAG,
        (queryable, range) => listDisputes(queryable, asked.view, filter, range),
        (row) => writeDispute(row, roots).json
      )
    }
  })
}

interface Step<Body> {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly body: z.ZodType<Body>
  readonly example?: Json
  /** A partner may do it, too. */
  readonly isForOpener?: boolean
  take(tx: Transaction, context: ChangeContext, view: View, id: string, body: Body): Promise<void>
}

function ends(apiBase: string): readonly Endpoint[] {
  return [
    step(apiBase, {
      name: 'start',
      summary: 'Take up a dispute',
      description: 'Tells the customer that somebody works on the dispute: its state becomes `inProgress`.',
      body: noBody,
      take: startDispute
    }),
    step(apiBase, {
      name: 'resolve',
      summary: 'Resolve a dispute by a credit note',
      description: `Makes a credit note of all that is disputed, or of a part, in the same transaction. What it does not
give back is due again.`,
      body: RESOLUTION_BODY,
      example: { all: true, reason: 'wrongAmount', answer: 'The roaming of May was not yours; we gave it back.' },
      take: (tx, context, view, id, body) => resolveDispute(tx, context, view, id, readResolution(body))
    }),
    step(apiBase, {
      name: 'reject',
      summary: 'Reject a dispute with an answer',
      description: 'Ends the dispute with an answer to the customer. What was disputed is due again.',
      body: REJECTION_BODY,
      example: { answer: 'The calls were made from your line on 12 May.' },
      take: (tx, context, view, id, { answer: words }) => rejectDispute(tx, context, view, id, words)
    }),
    step(apiBase, {
      name: 'cancel',
      summary: 'Cancel a dispute',
      description: `Withdraws a dispute. A partner cancels those that it opened, the provider any. What was disputed is
due again.`,
      body: noBody,
      isForOpener: true,
      take: cancelDispute
    })
  ]
}

function step<Body>(apiBase: string, { name, body, example, isForOpener, take, ...words }: Step<Body>): Endpoint {
  return endpoint({
    ...{ ...COMMON, ...words, method: 'POST', path: `${PATH}/{id}/${name}`, operationId: `${name}Dispute`, body },
    ...(example !== undefined && { example }),
    ...(body === noBody && { isBodyOptional: true }),
    failures: [404, 409],
    access: isForOpener ? WRITE : DECIDE,
    replies: { 200: { description: 'The dispute', schema: SCHEMA, headers: ['ETag'] } },
    handle: async (asked, context) => {
      const { author, body: sent, view, params } = asked
      const id = String(params.id)
      await context.database.transaction((tx) => take(tx, { ...context, author }, view, id, sent))
      return answer(asked, context, id, apiBase)
    }
  })
}

async function answer(
  asked: Pick<Asked<unknown, unknown>, 'view'> & Requested,
  context: RouteContext,
  id: string,
  apiBase: string
) {
  const { version, json } = await readDispute(context.database, asked.view, id, rootsOf(asked, context, apiBase))
  return { headers: { ETag: entityTag(version) }, json }
}

function rootsOf({ request, base }: Requested, { address }: RouteContext, apiBase: string) {
  return { billing: address(request, base).url, api: address(request, apiBase).url }
}
