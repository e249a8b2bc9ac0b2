import { z } from 'zod'
import { CORRECTION_KINDS, type Roots } from '../billing/corrections/list.ts'
import type { Row, Transaction } from '../db/database.ts'
import { entityTag } from '../http/conditional.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { requireKnown } from '../tmf/query/list-query.ts'
import { anyQuery, type Endpoint, endpoint, listQuery, noBody, versioned } from '../tmf/serving/endpoint.ts'
import { answerPage } from '../tmf/serving/pages.ts'
import type { Requester, RouteContext } from '../tmf/serving/routes.ts'
import type { WriteContext } from '../tmf/write.ts'
import { listApprovals, APPROVAL_PATH as PATH, readApproval, writeApproval } from './approval-list.ts'
import { APPROVAL_SCHEMA, APPROVAL_STATES } from './approval-schema.ts'
import { words } from './asked.ts'
import { approve, type Remake, reject } from './decide.ts'
import { INSTANTS, rootsOf } from './endpoints.ts'

const READ = {
  tag: PATH,
  body: noBody,
  method: 'GET',
  access: { scopes: ['bill:read', 'account:read', 'correction:approve'], supportsProxy: false }
} as const
const DECIDE = {
  tag: PATH,
  query: anyQuery,
  method: 'POST',
  failures: [409],
  access: { scopes: ['correction:approve'], supportsProxy: false },
  replies: { 200: { description: 'The approval, decided', schema: APPROVAL_SCHEMA, headers: ['ETag'] } }
} as const
const COMMENT_MAX_LENGTH = 1_000

/** The operations on approvals of corrections; `remake` makes those that are approved. */
export function approvalEndpoints(apiBase: string, remake: Remake): readonly Endpoint[] {
  return [list(apiBase), retrieve(apiBase), approval(apiBase, remake), rejection(apiBase)]
}

function list(apiBase: string): Endpoint {
  return endpoint({
    ...READ,
    path: `/${PATH}`,
    operationId: 'listCorrectionApproval',
    summary: 'Find approvals of corrections',
    description: 'Returns approvals, the oldest first: those that wait, and those that are decided.',
    query: listQuery(
      'approval',
      {
        state: `Any of these states, separated by commas: ${APPROVAL_STATES.join(', ')}`,
        correctionType: `Any of these kinds: ${CORRECTION_KINDS.join(', ')}`,
        'billingAccount.id': 'Any of these accounts, by id or alias',
        'correction.id': 'Any of these corrections',
        reason: 'Any of these reasons',
        reference: 'Any of these references'
      },
      INSTANTS
    ),
    replies: pagesOf(APPROVAL_SCHEMA),
    handle: async (asked, context) => {
      const { values, instants } = asked.query
      requireKnown('state', values.state, APPROVAL_STATES, CORRECTIONS.unknownState)
      const roots = rootsOf(asked, context, apiBase)
      const filter = {
        ...{ states: values.state, kinds: values.correctionType, accounts: values['billingAccount.id'] },
        ...{ corrections: values['correction.id'], reasons: values.reason, references: values.reference, instants }
      }
      return answerPage(
        asked,
        context,
        PATH,
        (queryable, range) => listApprovals(queryable, asked.view, filter, range),
        (row) => writeApproval(row, roots).json
      )
    }
  })
}

function retrieve(apiBase: string): Endpoint {
  return endpoint({
    ...READ,
    query: anyQuery,
    path: `/${PATH}/{id}`,
    operationId: 'retrieveCorrectionApproval',
    summary: 'Read one approval of a correction',
    description: 'Returns an approval: who asked for which correction, and who decided.',
    headers: ['IfNoneMatch'],
    replies: {
      200: { description: 'The approval', schema: APPROVAL_SCHEMA, headers: ['ETag'] },
      304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag'] }
    },
    handle: async (asked, context) => {
      const row = await readApproval(context.database, asked.view, String(asked.params.id))
      const { version, json } = writeApproval(row, rootsOf(asked, context, apiBase))
      return versioned(asked.request, version, json)
    }
  })
}

function approval(apiBase: string, remake: Remake): Endpoint {
  return endpoint({
    ...DECIDE,
    body: noBody,
    path: `/${PATH}/{id}/approve`,
    operationId: 'approveCorrection',
    summary: 'Approve a correction',
    description: `Makes the correction, after all its checks. Another user than who asked for it approves; a client or a
key does not. If it can no longer be made, or would be of another amount, it goes on waiting (409).`,
    handle: async (asked, context) => {
      const id = String(asked.params.id)
      const row = await decided(asked, context, id, (tx, own) => approve(tx, own, id, remake))
      return answered(row, rootsOf(asked, context, apiBase))
    }
  })
}

function rejection(apiBase: string): Endpoint {
  return endpoint({
    ...DECIDE,
    body: z.strictObject({ comment: words(COMMENT_MAX_LENGTH).meta({ description: 'Why it is rejected' }) }),
    isBodyOptional: true,
    example: { comment: 'The bill is right' },
    path: `/${PATH}/{id}/reject`,
    operationId: 'rejectCorrection',
    summary: 'Reject a correction',
    description: 'Ends the request: nothing is booked, and its reference is used.',
    handle: async (asked, context) => {
      const id = String(asked.params.id)
      const row = await decided(asked, context, id, (tx, own) => reject(tx, own, id, asked.body.comment))
      return answered(row, rootsOf(asked, context, apiBase))
    }
  })
}

/** Decides in one transaction, and reads what the approval is then. */
function decided(
  { author, view }: Requester,
  context: RouteContext,
  id: string,
  work: (tx: Transaction, context: WriteContext) => Promise<void>
): Promise<Row> {
  if (view.partnerId !== undefined) throw CORRECTIONS.providerCorrects()
  return context.database.transaction(async (tx) => {
    await work(tx, { ...context, author, view })
    return readApproval(tx, view, id)
  })
}

function answered(row: Row, roots: Roots) {
  const { version, json } = writeApproval(row, roots)
  return { headers: { ETag: entityTag(version) }, json }
}
