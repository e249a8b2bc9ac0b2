import { entityTag, expectedVersion } from '../../http/conditional.ts'
import { RESOURCES } from '../../messages/resource.ts'
import { pagesOf } from '../../tmf/openapi/endpoint.ts'
import { type Endpoint, endpoint, listQuery } from '../../tmf/serving/endpoint.ts'
import { answerPage, type Requested } from '../../tmf/serving/pages.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import { COMMON, READ, WRITE } from '../payments/common.ts'
import { ASSIGNMENT, assign } from './assign.ts'
import { type Guess, guessesFor } from './guesses.ts'
import { findUnmatched, listUnmatched, type Roots, STATES, type StoredUnmatched, writeUnmatched } from './list.ts'
import { UNMATCHED_SCHEMA } from './schema.ts'

const TAGGED = { schema: UNMATCHED_SCHEMA, headers: ['ETag'] } as const

/** Money that came in and has no account yet: listed for a person, and assigned. */
export function unmatchedEndpoints(apiBase: string): readonly Endpoint[] {
  return [list(apiBase), retrieve(apiBase), patch(apiBase)]
}

function rootsOf({ request, base }: Requested, { address }: RouteContext, apiBase: string): Roots {
  return { billing: address(request, base).url, api: address(request, apiBase).url }
}

/** Guesses for what is open; undefined for the others. */
async function guessed(
  { database }: RouteContext,
  { view }: Requested,
  rows: readonly StoredUnmatched[]
): Promise<readonly (readonly [StoredUnmatched, readonly Guess[] | undefined])[]> {
  const open = rows.filter(({ state, type }) => state === 'open' && type === 'payment')
  const guesses = open.length > 0 ? await guessesFor(database, view, open) : []
  const byId = new Map(open.map(({ id }, at) => [id, guesses[at]]))
  return rows.map((row) => [row, byId.get(row.id)] as const)
}

function list(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
    method: 'GET',
    path: '/unmatchedPayment',
    operationId: 'listUnmatchedPayment',
    summary: 'Find payments without an account',
    description: `Returns money that came in and was matched with no bill and no account, the oldest first, each with
guesses whose it may be.`,
    access: READ,
    query: listQuery('unmatched payment', { state: 'Any of these states, separated by commas; open by default' }),
    replies: pagesOf(UNMATCHED_SCHEMA),
    handle: async (asked, context) => {
      const roots = rootsOf(asked, context, apiBase)
      const states = asked.query.values.state ?? [STATES[0]]
      return answerPage(
        asked,
        context,
        'unmatchedPayment',
        async (queryable, range) => {
          const { rows, total } = await listUnmatched(queryable, asked.view, states, range)
          return { rows: await guessed(context, asked, rows), total }
        },
        ([row, guesses]) => writeUnmatched(row, roots, guesses)
      )
    }
  })
}

async function one(asked: Requested, context: RouteContext, apiBase: string, id: string) {
  const found = await findUnmatched(context.database, asked.view, id)
  if (!found) throw RESOURCES.notFound('unmatchedPayment')
  const [[row, guesses] = [found, undefined]] = await guessed(context, asked, [found])
  return {
    headers: { ETag: entityTag(row.version) },
    json: writeUnmatched(row, rootsOf(asked, context, apiBase), guesses)
  }
}

function retrieve(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
    method: 'GET',
    path: '/unmatchedPayment/{id}',
    operationId: 'retrieveUnmatchedPayment',
    summary: 'Read one payment without an account',
    description: 'Returns it with guesses whose it may be.',
    access: READ,
    replies: { 200: { description: 'The money that came in', ...TAGGED } },
    handle: (asked, context) => one(asked, context, apiBase, String(asked.params.id))
  })
}

function patch(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
    method: 'PATCH',
    path: '/unmatchedPayment/{id}',
    operationId: 'patchUnmatchedPayment',
    summary: 'Assign a payment without an account',
    description: `Assigns it to an account or a bill, which makes the payment; or dismisses it with a reason, or opens
it again.`,
    access: WRITE,
    body: ASSIGNMENT,
    example: { state: 'dismissed', reason: 'A refund of a supplier' },
    headers: ['IfMatch'],
    failures: [409, 412],
    replies: { 200: { description: 'It, as it is now', ...TAGGED } },
    handle: async (asked, context) => {
      const { view, author, body, request } = asked
      const id = String(asked.params.id)
      const expect = expectedVersion(request.headers['if-match'])
      await context.database.transaction((tx) => assign(tx, { ...context, author }, view, { id, body, expect }))
      return one(asked, context, apiBase, id)
    }
  })
}
