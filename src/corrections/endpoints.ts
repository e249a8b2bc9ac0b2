import { entityTag } from '../http/conditional.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { anyQuery, type Endpoint, endpoint, listQuery, noBody, versioned } from '../tmf/serving/endpoint.ts'
import { answerPage, type Requested } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { createCreditNote } from './credit-note.ts'
import { listCorrections, type Roots, readCorrection, type Written, writeCorrection } from './list.ts'
import { CREDIT_NOTE_SCHEMA } from './schema.ts'
import { CREDIT_NOTE_BODY, readCreditNote } from './wanted.ts'

const EXAMPLE = {
  bill: { id: '01M7ADBH80B4TPYHKCZWMBD85V' },
  reason: 'wrongAmount',
  amount: { unit: 'EUR', value: 10 }
}

const ONE = { tag: 'creditNote', query: anyQuery, body: noBody } as const
const READ = { scopes: ['bill:read'], supportsProxy: true } as const
const WRITE = { scopes: ['bill:write'], supportsProxy: false } as const
const TAGGED = { schema: CREDIT_NOTE_SCHEMA, headers: ['ETag'] } as const

/** Below the base path of billing; bills have their addresses below `apiBase`. */
export function correctionEndpoints(apiBase: string): readonly Endpoint[] {
  return [list(apiBase), create(apiBase), retrieve(apiBase)]
}

function rootsOf({ request, base }: Requested, { address }: RouteContext, apiBase: string): Roots {
  return { billing: address(request, base).url, api: address(request, apiBase).url }
}

function one(asked: Requested, context: RouteContext, apiBase: string, id: string): Promise<Written> {
  return readCorrection(context.database, asked.view, id, rootsOf(asked, context, apiBase))
}

function list(apiBase: string): Endpoint {
  return endpoint({
    ...ONE,
    method: 'GET',
    path: '/creditNote',
    operationId: 'listCreditNote',
    summary: 'Find credit notes',
    description: 'Returns credit notes, the oldest first.',
    access: READ,
    query: listQuery('credit note', {
      'billingAccount.id': 'Any of these accounts, by id or alias, separated by commas',
      'bill.id': 'Any of these corrected bills',
      'customerBill.id': 'Any of these bills that are the credit notes',
      reason: 'Any of these reasons',
      reference: 'Any of these references'
    }),
    replies: pagesOf(CREDIT_NOTE_SCHEMA),
    handle: async (asked, context) => {
      const { values } = asked.query
      const roots = rootsOf(asked, context, apiBase)
      const filter = {
        ...{ accounts: values['billingAccount.id'], bills: values['bill.id'], notes: values['customerBill.id'] },
        ...{ reasons: values.reason, references: values.reference }
      }
      return answerPage(
        asked,
        context,
        'creditNote',
        (queryable, range) => listCorrections(queryable, asked.view, filter, range),
        (row) => writeCorrection(row, roots).json
      )
    }
  })
}

function create(apiBase: string): Endpoint {
  return endpoint({
    ...ONE,
    method: 'POST',
    path: '/creditNote',
    operationId: 'createCreditNote',
    summary: 'Correct a bill by a credit note',
    description: `Gives back all of an issued bill, an amount of it or some of its lines, with their tax. The credit
note is a bill with a number of its own series and amounts below zero. It pays its bill, and what was paid before
becomes credit of the account. The same reference with the same content means the earlier credit note.`,
    access: WRITE,
    body: CREDIT_NOTE_BODY,
    example: EXAMPLE,
    failures: [409],
    replies: {
      200: { description: 'The earlier credit note', ...TAGGED },
      201: { description: 'The credit note', schema: CREDIT_NOTE_SCHEMA, headers: ['ETag', 'Location'] }
    },
    handle: async (asked, context) => {
      const { author, body, view } = asked
      if (view.partnerId !== undefined) throw CORRECTIONS.providerCorrects()
      const wanted = readCreditNote(body)
      const { id, isNew } = await context.database.transaction((tx) =>
        createCreditNote(tx, { ...context, author }, wanted)
      )
      const { version, json } = await one(asked, context, apiBase, id)
      const location = isNew && { Location: `${rootsOf(asked, context, apiBase).billing}/creditNote/${id}` }
      return { status: isNew ? 201 : 200, headers: { ETag: entityTag(version), ...location }, json }
    }
  })
}

function retrieve(apiBase: string): Endpoint {
  return endpoint({
    ...ONE,
    method: 'GET',
    path: '/creditNote/{id}',
    operationId: 'retrieveCreditNote',
    summary: 'Read one credit note',
    description: 'Returns a credit note with its bill and its lines.',
    access: READ,
    headers: ['IfNoneMatch'],
    replies: {
      200: { description: 'The credit note', ...TAGGED },
      304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag'] }
    },
    handle: async (asked, context) => {
      const { version, json } = await one(asked, context, apiBase, String(asked.params.id))
      return versioned(asked.request, version, json)
    }
  })
}
