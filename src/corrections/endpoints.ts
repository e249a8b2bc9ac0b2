import type { z } from 'zod'
import { type Kind, listCorrections, type Roots, readCorrection, writeCorrection } from '../billing/corrections/list.ts'
import type { Transaction } from '../db/database.ts'
import { entityTag } from '../http/conditional.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { type Json, schemaRef } from '../tmf/openapi/schemas.ts'
import { anyQuery, type Endpoint, endpoint, listQuery, noBody, versioned } from '../tmf/serving/endpoint.ts'
import { answerPage, type Requested } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import type { WriteContext } from '../tmf/write.ts'
import type { Made } from './known.ts'

/** A kind of corrections as a resource; its path is its name. */
export interface CorrectionKind<Body> {
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
  make(tx: Transaction, context: WriteContext, body: Body): Promise<Made>
}

/** Returns the operations on corrections of a kind; bills have their addresses below `apiBase`. */
export function endpointsOf<Body>(kind: CorrectionKind<Body>, apiBase: string): readonly Endpoint[] {
  return [list(kind, apiBase), create(kind, apiBase), retrieve(kind, apiBase)]
}

function create<Body>(kind: CorrectionKind<Body>, apiBase: string): Endpoint {
  const { path, type, nouns, scopes, summary, description, body, example } = kind
  const schema = schemaRef(type)
  return endpoint({
    ...{ tag: path, query: anyQuery, method: 'POST', path: `/${path}`, operationId: `create${type}` },
    ...{ summary, body, example, failures: [409] },
    description: `${description} The same reference with the same content means the earlier one.`,
    access: { scopes: scopes.write, supportsProxy: false },
    replies: {
      200: { description: `The earlier ${nouns[0]}`, schema, headers: ['ETag'] },
      201: { description: `The ${nouns[0]}`, schema, headers: ['ETag', 'Location'] }
    },
    handle: async (asked, context) => {
      const { author, body: sent, view } = asked
      if (view.partnerId !== undefined) throw CORRECTIONS.providerCorrects()
      const { id, isNew } = await context.database.transaction((tx) =>
        kind.make(tx, { ...context, author, view }, sent)
      )
      const roots = rootsOf(asked, context, apiBase)
      const { version, json } = await readCorrection(context.database, view, path, id, roots)
      const location = isNew && { Location: `${roots.billing}/${path}/${id}` }
      return { status: isNew ? 201 : 200, headers: { ETag: entityTag(version), ...location }, json }
    }
  })
}

function retrieve<Body>({ path, type, nouns, scopes }: CorrectionKind<Body>, apiBase: string): Endpoint {
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

const INSTANTS = {
  createdAt: `Made on this day (2026-01-15) or at this date-time; \`createdAt.gt\`, \`createdAt.gte\`, \`createdAt.lt\`
and \`createdAt.lte\` are the ends of a range`
} as const

function list<Body>({ path, type, nouns: [noun, many], scopes, filters }: CorrectionKind<Body>, apiBase: string) {
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

function rootsOf({ request, base }: Requested, { address }: RouteContext, apiBase: string): Roots {
  return { billing: address(request, base).url, api: address(request, apiBase).url }
}
