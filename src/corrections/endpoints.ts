import type { z } from 'zod'
import { type Kind, listCorrections, type Roots, readCorrection, writeCorrection } from '../billing/corrections/list.ts'
import type { Row, Transaction } from '../db/database.ts'
import { entityTag } from '../http/conditional.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { type Json, schemaRef } from '../tmf/openapi/schemas.ts'
import {
  type Answer,
  anyQuery,
  type Endpoint,
  endpoint,
  listQuery,
  noBody,
  versioned
} from '../tmf/serving/endpoint.ts'
import { answerPage, type Requested } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import type { WriteContext } from '../tmf/write.ts'
import { readApproval, writeApproval } from './approval-list.ts'
import { APPROVAL_SCHEMA } from './approval-schema.ts'
import type { Made, Reasoned } from './known.ts'
import { submit } from './submit.ts'

/** A kind of corrections as a resource; its path is its name. */
export interface CorrectionKind<Body extends object, Wanted extends Reasoned> {
  readonly path: Kind
  readonly type: string
  /** Its name in sentences, in the singular and in the plural. */
  readonly nouns: readonly [one: string, many: string]
  readonly scopes: { readonly read: readonly string[]; readonly write: readonly string[] }
  /** Parameters of its list, with their descriptions. */
  readonly filters: Readonly<Record<string, string>>
  readonly summary: string
  readonly description: string
  readonly body: z.ZodType<Body>
  readonly example: Json
  read(body: Body): Wanted
  make(tx: Transaction, context: WriteContext, wanted: Wanted): Promise<Made>
}

/** Returns the operations on corrections of a kind; bills have their addresses below `apiBase`. */
export function endpointsOf<Body extends object, Wanted extends Reasoned>(
  kind: CorrectionKind<Body, Wanted>,
  apiBase: string
): readonly Endpoint[] {
  return [list(kind, apiBase), create(kind, apiBase), retrieve(kind, apiBase)]
}

function create<Body extends object, Wanted extends Reasoned>(
  kind: CorrectionKind<Body, Wanted>,
  apiBase: string
): Endpoint {
  const { path, type, nouns, scopes, summary, description, body, example } = kind
  const schema = schemaRef(type)
  return endpoint({
    ...{ tag: path, query: anyQuery, method: 'POST', path: `/${path}`, operationId: `create${type}` },
    ...{ summary, body, example, failures: [409] },
    description: `${description} Above the limit of the tenant it waits for the approval of another user, with nothing
booked. The same reference with the same content means the earlier one.`,
    access: { scopes: scopes.write, supportsProxy: false },
    replies: {
      200: { description: `The earlier ${nouns[0]}`, schema, headers: ['ETag'] },
      201: { description: `The ${nouns[0]}`, schema, headers: ['ETag', 'Location'] },
      202: { description: 'Its approval', schema: APPROVAL_SCHEMA, headers: ['ETag', 'Location'] }
    },
    handle: async (asked, context) => {
      const { author, body: sent, view } = asked
      if (view.partnerId !== undefined) throw CORRECTIONS.providerCorrects()
      const [wanted, own] = [kind.read(sent), { ...context, author, view }]
      const submitted = await context.database.transaction((tx) =>
        submit(tx, own, { kind: path, wanted, body: sent, make: (inner) => kind.make(inner, own, wanted) })
      )
      const roots = rootsOf(asked, context, apiBase)
      if ('approvalId' in submitted)
        return waiting(await readApproval(context.database, view, submitted.approvalId), roots)
      const { id, isNew } = submitted.correction
      const { version, json } = await readCorrection(context.database, view, path, id, roots)
      const location = isNew && { Location: `${roots.billing}/${path}/${id}` }
      return { status: isNew ? 201 : 200, headers: { ETag: entityTag(version), ...location }, json }
    }
  })
}

function retrieve<Body extends object, Wanted extends Reasoned>(
  { path, type, nouns, scopes }: CorrectionKind<Body, Wanted>,
  apiBase: string
): Endpoint {
  return endpoint({
    ...{ tag: path, query: anyQuery, body: noBody, method: 'GET', path: `/${path}/{id}` },
    operationId: `retrieve${type}`,
    summary: `Read one ${nouns[0]}`,
    description: `Returns one of the ${nouns[1]}.`,
    access: { scopes: scopes.read, supportsProxy: true },
    headers: ['IfNoneMatch'],
    replies: {
      200: { description: `The ${nouns[0]}`, schema: schemaRef(type), headers: ['ETag'] },
      304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag'] }
    },
    handle: async (asked, context) => {
      const roots = rootsOf(asked, context, apiBase)
      const found = await readCorrection(context.database, asked.view, path, String(asked.params.id), roots)
      return versioned(asked.request, found.version, found.json)
    }
  })
}

function waiting(row: Row, roots: Roots): Answer {
  const { id, version, json } = writeApproval(row, roots)
  const headers = { ETag: entityTag(version), Location: `${roots.billing}/correctionApproval/${id}` }
  return { status: 202, headers, json }
}

export const INSTANTS = {
  createdAt: `Made on this day (2026-01-15) or at this date-time; \`createdAt.gt\`, \`createdAt.gte\`, \`createdAt.lt\`
and \`createdAt.lte\` are the ends of a range`
} as const

function list<Body extends object, Wanted extends Reasoned>(
  { path, type, nouns: [noun, many], scopes, filters }: CorrectionKind<Body, Wanted>,
  apiBase: string
) {
  return endpoint({
    tag: path,
    body: noBody,
    method: 'GET',
    path: `/${path}`,
    operationId: `list${type}`,
    summary: `Find ${many}`,
    description: `Returns ${many}, the oldest first.`,
    access: { scopes: scopes.read, supportsProxy: true },
    query: listQuery<string>(noun, filters, INSTANTS),
    replies: pagesOf(schemaRef(type)),
    handle: async (asked, context) => {
      const { values } = asked.query
      const roots = rootsOf(asked, context, apiBase)
      const filter = {
        kind: path,
        ...{ accounts: values['billingAccount.id'], bills: values['bill.id'], notes: values['customerBill.id'] },
        newBills: values['newBill.id'],
        ...{ payments: values['payment.id'], reasons: values.reason, references: values.reference },
        instants: asked.query.instants
      }
      return answerPage(
        asked,
        context,
        path,
        (queryable, range) => listCorrections(queryable, asked.view, filter, range),
        (row) => writeCorrection(row, roots).json
      )
    }
  })
}

export function rootsOf({ request, base }: Requested, { address }: RouteContext, apiBase: string): Roots {
  return { billing: address(request, base).url, api: address(request, apiBase).url }
}
